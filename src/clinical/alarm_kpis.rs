//! Figures about alarms: how many, how they were answered, how they are spread over patients (`clinical.md`, "KPIs").

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::alert::{AlertEvent, RoundCause, Verdict};
use super::condition::{ConditionKind, Priority};
use super::ids::PatientId;
use crate::time::Timestamp;

const DAY_US: f64 = 86_400e6;

/// Figures about alarms, as a journal is read from its beginning.
#[derive(Debug, Default)]
pub struct AlarmKpis {
    patients: BTreeMap<PatientId, OfPatient>,
    open: HashMap<(PatientId, u32), Open>,
    times_ms: BTreeMap<Priority, Vec<i64>>,
    alerts: BTreeMap<Priority, OfPriority>,
    technical: u64,
    verdicts: [u64; 3],
    newest: Option<Timestamp>,
}

#[derive(Debug, Default)]
struct OfPatient {
    alerts: u64,
    present_since: Option<Timestamp>,
    present_us: i64,
}

#[derive(Debug)]
struct Open {
    raised_at: Timestamp,
    priority: Priority,
    escalated: bool,
    answered: bool,
}

/// Figures of one priority.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct OfPriority {
    /// Alerts raised.
    pub alerts: u64,
    /// Alerts per patient-day; `None`: there was no patient for any time.
    pub per_patient_day: Option<f64>,
    /// Answered at all.
    pub answered: u64,
    /// Answered before anybody but those of the first step was asked.
    pub answered_before_escalation: u64,
    /// Median time from the alert to the first answer, in seconds.
    pub median_s: Option<f64>,
    /// The 95th percentile of it.
    pub p95_s: Option<f64>,
}

/// What a report says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AlarmReport {
    /// Patients who were admitted for any time of it.
    pub patients: u64,
    /// Days of admission, added up.
    pub patient_days: f64,
    /// By priority.
    pub by_priority: BTreeMap<Priority, OfPriority>,
    /// Share of technical alerts, 0 to 1; `None`: there was no alert.
    pub technical_share: Option<f64>,
    /// Share of all alerts that the busiest tenth of the patients had, 0 to 1.
    pub busiest_tenth_share: Option<f64>,
    /// What people said that alerts were worth.
    pub disposed_true: u64,
    /// Likewise.
    pub disposed_false: u64,
    /// Likewise.
    pub disposed_not_actionable: u64,
}

impl AlarmKpis {
    /// A patient is there from `now` on.
    pub fn admitted(&mut self, patient: &PatientId, now: Timestamp) {
        self.newest = self.newest.max(Some(now));
        self.patients.entry(patient.clone()).or_default().present_since.get_or_insert(now);
    }

    /// A patient left.
    pub fn left(&mut self, patient: &PatientId, now: Timestamp) {
        self.newest = self.newest.max(Some(now));
        if let Some(of) = self.patients.get_mut(patient)
            && let Some(since) = of.present_since.take()
        {
            of.present_us += now.since_us(since).max(0);
        }
    }

    /// Something happened to an alert of a patient, at this receipt time.
    pub fn note(&mut self, patient: &PatientId, now: Timestamp, event: &AlertEvent) {
        self.newest = self.newest.max(Some(now));
        let place = (patient.clone(), event.ordinal());
        match event {
            AlertEvent::Raised { condition, .. } => {
                let priority = condition.priority;
                self.alerts.entry(priority).or_default().alerts += 1;
                self.technical += u64::from(condition.kind == ConditionKind::Technical);
                self.patients.entry(patient.clone()).or_default().alerts += 1;
                let open = Open { raised_at: now, priority, escalated: false, answered: false };
                self.open.insert(place, open);
            }
            AlertEvent::StepDue { step, .. } if *step > 1 => self.escalate(&place),
            AlertEvent::RoundBegan { cause: RoundCause::LadderRepeats, .. } | AlertEvent::Escalated { .. } => {
                self.escalate(&place);
            }
            AlertEvent::Acknowledged { .. } | AlertEvent::Accepted { .. } => self.answer(&place, now),
            AlertEvent::Disposed { verdict, .. } => {
                let at = match verdict {
                    Verdict::True => 0,
                    Verdict::False => 1,
                    Verdict::NotActionable => 2,
                };
                self.verdicts[at] += 1;
            }
            AlertEvent::Closed { .. } => drop(self.open.remove(&place)),
            _ => {}
        }
    }

    fn escalate(&mut self, place: &(PatientId, u32)) {
        if let Some(open) = self.open.get_mut(place) {
            open.escalated = true;
        }
    }

    fn answer(&mut self, place: &(PatientId, u32), now: Timestamp) {
        let Some(open) = self.open.get_mut(place).filter(|open| !open.answered) else { return };
        open.answered = true;
        let of = self.alerts.entry(open.priority).or_default();
        of.answered += 1;
        of.answered_before_escalation += u64::from(!open.escalated);
        self.times_ms.entry(open.priority).or_default().push(now.since_ms(open.raised_at).max(0));
    }

    /// The figures. Who is still there counts until the newest thing that happened.
    #[must_use]
    pub fn report(&self) -> AlarmReport {
        let end = self.newest.unwrap_or(Timestamp::MIN);
        let present_us =
            |of: &OfPatient| of.present_us + of.present_since.map_or(0, |since| end.since_us(since).max(0));
        #[allow(clippy::cast_precision_loss)] // A million years are below 2^53 us.
        let patient_days = self.patients.values().map(|of| present_us(of) as f64 / DAY_US).sum::<f64>();
        let by_priority = self.alerts.iter().map(|(priority, of)| {
            let mut times = self.times_ms.get(priority).cloned().unwrap_or_default();
            times.sort_unstable();
            let per_patient_day = (patient_days > 0.0).then(|| count(of.alerts) / patient_days);
            let (median_s, p95_s) = (quantile(&times, 0.5), quantile(&times, 0.95));
            (*priority, OfPriority { per_patient_day, median_s, p95_s, ..of.clone() })
        });
        let all: u64 = self.alerts.values().map(|of| of.alerts).sum();
        let share = |part: u64| (all > 0).then(|| count(part) / count(all));
        AlarmReport {
            patients: self.patients.len() as u64,
            patient_days,
            by_priority: by_priority.collect(),
            technical_share: share(self.technical),
            busiest_tenth_share: share(self.busiest_tenth()),
            disposed_true: self.verdicts[0],
            disposed_false: self.verdicts[1],
            disposed_not_actionable: self.verdicts[2],
        }
    }

    /// Alerts of the busiest tenth of the patients, of one at least.
    fn busiest_tenth(&self) -> u64 {
        let mut alerts: Vec<u64> = self.patients.values().map(|of| of.alerts).collect();
        alerts.sort_unstable_by(|a, b| b.cmp(a));
        alerts.iter().take(alerts.len().div_ceil(10)).sum()
    }
}

#[allow(clippy::cast_precision_loss)] // Far below 2^53.
fn count(number: u64) -> f64 {
    number as f64
}

/// The nearest-rank quantile of sorted milliseconds, in seconds; `None`: there are none.
fn quantile(sorted_ms: &[i64], share: f64) -> Option<f64> {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // At most the length.
    let rank = (count(sorted_ms.len() as u64) * share).ceil() as usize;
    #[allow(clippy::cast_precision_loss)] // Far below 2^53.
    sorted_ms.get(rank.saturating_sub(1)).map(|ms| *ms as f64 / 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clinical::condition::{Condition, ConditionKey};
    use crate::clinical::ids::{PersonId, RuleId};

    fn at(second: i64) -> Timestamp {
        Timestamp(0).plus_ms(second * 1_000)
    }

    fn patient(id: &str) -> PatientId {
        PatientId::new(id).unwrap()
    }

    fn raised(ordinal: u32, priority: Priority) -> AlertEvent {
        let key = ConditionKey { rule: RuleId::new("a").unwrap(), device: None, patient: None };
        let condition = Condition::built_in(key, priority, at(0), at(0), "a".into());
        AlertEvent::Raised { ordinal, condition, deadline: at(0) }
    }

    fn answered(ordinal: u32) -> AlertEvent {
        AlertEvent::Accepted { ordinal, by: PersonId::new("ada").unwrap(), until: at(0) }
    }

    #[test]
    fn figures_are_per_patient_day_and_count_each_answer_once() {
        let mut kpis = AlarmKpis::default();
        let (p1, p2) = (patient("p1"), patient("p2"));
        kpis.admitted(&p1, at(0));
        kpis.admitted(&p2, at(0));
        kpis.note(&p1, at(100), &raised(1, Priority::High));
        kpis.note(&p1, at(110), &answered(1));
        kpis.note(&p1, at(150), &answered(1));
        kpis.note(&p1, at(200), &raised(2, Priority::High));
        kpis.note(
            &p1,
            at(260),
            &AlertEvent::StepDue { ordinal: 2, round: 1, step: 2, deadline: at(0), lateness_ms: 0 },
        );
        kpis.note(&p1, at(290), &answered(2));
        kpis.note(&p2, at(300), &raised(1, Priority::Low));
        kpis.left(&p2, at(43_200));
        kpis.left(&p1, at(86_400));
        let report = kpis.report();
        assert_eq!((report.patients, report.patient_days), (2, 1.5));
        let high = &report.by_priority[&Priority::High];
        assert_eq!((high.alerts, high.answered, high.answered_before_escalation), (2, 2, 1));
        assert_eq!((high.median_s, high.p95_s), (Some(10.0), Some(90.0)));
        assert_eq!(high.per_patient_day, Some(2.0 / 1.5));
        assert_eq!(report.by_priority[&Priority::Low].answered, 0);
        assert_eq!(report.technical_share, Some(1.0));
        assert_eq!(report.busiest_tenth_share, Some(2.0 / 3.0));
    }

    #[test]
    fn who_is_still_there_counts_until_the_newest_fact_and_nothing_is_divided_by_nothing() {
        let mut kpis = AlarmKpis::default();
        assert_eq!(kpis.report().technical_share, None);
        kpis.admitted(&patient("p1"), at(0));
        kpis.note(&patient("p1"), at(86_400), &raised(1, Priority::Medium));
        let report = kpis.report();
        assert_eq!((report.patient_days, report.by_priority[&Priority::Medium].per_patient_day), (1.0, Some(1.0)));
        assert_eq!(report.by_priority[&Priority::Medium].median_s, None);
    }
}
