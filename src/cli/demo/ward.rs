//! What the view knows: patients, values with the time at which they came, and alerts.

use std::collections::{BTreeMap, VecDeque};

use crate::cli::simulate::Glimpse;
use crate::clinical::codes::Code;
use crate::proto;
use crate::time::Timestamp;

/// Lines of the log that are kept.
const LOG_LINES: usize = 50;

/// One value of a patient.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shown {
    /// The value; `None`: the device says that it has none.
    pub value: Option<f64>,
    /// Receipt time at which it was seen.
    pub seen_at: Timestamp,
}

/// One patient.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PatientRow {
    /// The bed.
    pub bed: String,
    /// Newest value by code.
    pub values: BTreeMap<Code, Shown>,
    /// Whether the ECG is valid, by the newest reading.
    pub signal_valid: bool,
    /// Receipt time of the newest reading; `None`: none yet.
    pub seen_at: Option<Timestamp>,
}

/// How the view stands with the `AlertService`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feed {
    /// Nothing was heard yet.
    Opening,
    /// What is shown is what stands.
    Live,
    /// What is shown is what stood then.
    LostAt(Timestamp),
}

/// Counts for the summary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Alerts raised: low, medium, high.
    pub raised: [u64; 3],
    /// Onsets folded into open alerts.
    pub folded: u64,
    /// Steps of ladders that were entered.
    pub steps: u64,
    /// Answers of people.
    pub answers: u64,
    /// Onsets that were raised or folded: patient, rule, device time.
    pub onsets: Vec<(String, String, i64)>,
}

/// The ward.
#[derive(Clone, Debug)]
pub struct WardState {
    /// What is shown first.
    pub title: String,
    /// What is shown last.
    pub footer: Vec<String>,
    /// By id.
    pub patients: BTreeMap<String, PatientRow>,
    /// Open alerts by id.
    pub alerts: BTreeMap<String, proto::Alert>,
    /// What happened, newest last.
    pub log: VecDeque<String>,
    /// How current the alerts are.
    pub feed: Feed,
    /// Counts.
    pub tally: Tally,
}

impl WardState {
    /// A ward of these patients, each with a bed.
    #[must_use]
    pub fn new(title: String, patients: impl IntoIterator<Item = (String, String)>) -> Self {
        let row = |bed| PatientRow { bed, ..PatientRow::default() };
        Self {
            title,
            footer: Vec::new(),
            patients: patients.into_iter().map(|(patient, bed)| (patient, row(bed))).collect(),
            alerts: BTreeMap::new(),
            log: VecDeque::new(),
            feed: Feed::Opening,
            tally: Tally::default(),
        }
    }

    /// A reading went out.
    pub fn glimpse(&mut self, glimpse: &Glimpse, now: Timestamp) {
        let row = self.patients.entry(glimpse.patient.clone()).or_default();
        row.seen_at = Some(now);
        row.signal_valid = glimpse.signal_valid;
        for (code, value) in &glimpse.values {
            row.values.insert(*code, Shown { value: *value, seen_at: now });
        }
    }

    /// The alerts that stand now.
    pub fn list(&mut self, alerts: Vec<proto::Alert>) {
        self.feed = Feed::Live;
        self.alerts = alerts.into_iter().map(|alert| (alert.id.clone(), alert)).collect();
    }

    /// Something happened to an alert; returns the line that says so.
    pub fn update(&mut self, update: &proto::AlertUpdate) -> Option<String> {
        self.feed = Feed::Live;
        let (alert, fact) = (update.alert.as_ref()?, update.fact.as_ref()?);
        self.count(alert, fact);
        if alert.closed.is_empty() {
            self.alerts.insert(alert.id.clone(), alert.clone());
        } else {
            self.alerts.remove(&alert.id);
        }
        let line = super::words::fact(alert, fact);
        if self.log.len() == LOG_LINES {
            self.log.pop_front();
        }
        self.log.push_back(line.clone());
        Some(line)
    }

    /// The `AlertService` cannot be reached.
    pub fn feed_lost(&mut self, now: Timestamp) {
        if self.feed == Feed::Live {
            self.feed = Feed::LostAt(now);
        }
    }

    fn count(&mut self, alert: &proto::Alert, fact: &proto::AlertFact) {
        let tally = &mut self.tally;
        let onset = || (alert.patient.clone(), fact.rule.clone(), fact.onset_us);
        match fact.what.as_str() {
            "raised" => {
                let at = usize::try_from(alert.priority).unwrap_or(1).clamp(1, 3) - 1;
                tally.raised[at] += 1;
                tally.onsets.push(onset());
            }
            "folded" => {
                tally.folded += 1;
                tally.onsets.push(onset());
            }
            "step_entered" => tally.steps += 1,
            "acknowledged" | "accepted" | "rejected" | "escalated" => tally.answers += 1,
            _ => {}
        }
    }
}
