//! `vigil backtest`: two versions of the rules over the same history.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use serde_json::json;
use smol_str::SmolStr;

use super::progress::bar;
use super::recording::{Options, Recording};
use super::store::unreadable;
use super::{Failure, exit, rules};
use crate::audit::{Past, read_past};
use crate::clinical::alert::{AlertEvent, Verdict};
use crate::clinical::backtest::{Alerted, Judged, compare};
use crate::clinical::codes::Code;
use crate::clinical::condition::{ConditionKey, Evidence};
use crate::clinical::ids::PatientId;
use crate::clinical::judge::judge;
use crate::clinical::patient::{AgeClass, Profile};
use crate::clinical::reading::Reading;
use crate::clinical::rules::RuleSet;
use crate::storage::{Store, StoreOptions};
use crate::time::Timestamp;

/// Two versions of the rules over the same history: which alerts the one raises and the other does not, or at other times.
///
/// Both judge every reading in the order in which it came, with the patients' profiles and limits of then. Of a data folder
/// it also says what people had made of the alerts that would be gone.
///
/// Example: vigil backtest --rules new --against config/rules/bedside --data-dir data
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The new version: folders of rule files.
    #[arg(long, required = true, num_args = 1.., value_name = "DIR")]
    rules: Vec<PathBuf>,
    /// The version that it is compared with.
    #[arg(long, required = true, num_args = 1.., value_name = "DIR")]
    against: Vec<PathBuf>,
    /// The history of a data folder.
    #[arg(long, value_name = "DIR", required_unless_present = "from", conflicts_with = "from")]
    data_dir: Option<PathBuf>,
    /// The key store of the data folder; by default beside it, in DIR-keys.
    #[arg(long, value_name = "DIR", requires = "data_dir")]
    keys: Option<PathBuf>,
    /// Recordings as CSV; their patients are taken to be adults.
    #[arg(long, num_args = 1.., value_name = "CSV")]
    from: Vec<PathBuf>,
    /// Codes whose devices send 0 where they have no signal, in recordings.
    #[arg(long, value_delimiter = ',', value_name = "CODE", value_parser = super::evaluate::code)]
    zero_is_no_signal: Vec<Code>,
    /// One JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

/// One patient under both versions.
struct OfPatient<'a> {
    old: Judged<'a>,
    new: Judged<'a>,
    first: Timestamp,
    newest: Timestamp,
    /// What people made of stored alerts, by condition and onset.
    verdicts: HashMap<(ConditionKey, Timestamp), Verdict>,
    /// Of open alerts, by ordinal.
    open: HashMap<u32, Vec<(ConditionKey, Timestamp)>>,
}

/// What differs, of one rule or of all.
#[derive(Default)]
struct Sums {
    same: usize,
    added: usize,
    removed: usize,
    earlier: usize,
    later: usize,
    /// Of the removed ones: disposed as true, false, not actionable.
    disposed: [usize; 3],
}

struct History<'a> {
    new: &'a RuleSet,
    old: &'a RuleSet,
    patients: BTreeMap<PatientId, OfPatient<'a>>,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let (new, old) = (rules::load(&args.rules)?, rules::load(&args.against)?);
    let mut history = History { new: &new, old: &old, patients: BTreeMap::new() };
    match &args.data_dir {
        Some(data_dir) => history.of_data(data_dir, args)?,
        None => history.of_recordings(args)?,
    }
    history.report(args.json);
    Ok(())
}

impl<'a> History<'a> {
    fn patient(&mut self, id: &PatientId, at: Timestamp) -> &mut OfPatient<'a> {
        let (old, new) = (self.old, self.new);
        self.patients.entry(id.clone()).or_insert_with(|| OfPatient {
            old: Judged::new(old),
            new: Judged::new(new),
            first: at,
            newest: at,
            verdicts: HashMap::new(),
            open: HashMap::new(),
        })
    }

    fn of_recordings(&mut self, args: &Args) -> Result<(), Failure> {
        let profile = Profile { age: AgeClass::Adult, ..Profile::default() };
        for path in &args.from {
            let options = Options { anchor: Timestamp(0), boot: 1, zero_is_no_signal: args.zero_is_no_signal.clone() };
            for row in Recording::open(path, options)? {
                let mut row = row?;
                judge(&mut row.reading);
                let source = Evidence::of(&row.device, row.reading.key.sequence, &row.reading);
                let patient = self.patient(&row.patient, row.reading.device_time);
                patient.hear(&profile, &SmolStr::default(), &source, &row.reading);
            }
        }
        Ok(())
    }

    fn of_data(&mut self, data_dir: &PathBuf, args: &Args) -> Result<(), Failure> {
        let mut options = StoreOptions::new(data_dir);
        if let Some(keys) = &args.keys {
            options.keys_dir.clone_from(keys);
        }
        let store = Store::open_read_only(&options).map_err(|error| Failure::new(exit::STORAGE, error))?;
        let progress = bar("records");
        progress.set_length(store.reader().next_position());
        let mut show = |position| progress.set_position(position);
        let read = read_past(&store.reader(), &store.keys(), &mut show, &mut |past| match past {
            Past::Reading { patient, state, device: (id, device), stream_sequence, stored } => {
                let reading = stored.clone().into_judged();
                let source = Evidence::of(id, stream_sequence, &reading);
                let of = self.patient(patient, reading.device_time);
                of.hear(state.stay().profile(), device.model(), &source, &reading);
            }
            Past::Record { patient, record } => {
                if let Some(of) = self.patients.get_mut(patient) {
                    record.events.iter().for_each(|event| of.note(event));
                }
            }
        });
        progress.finish_and_clear();
        read.map_err(unreadable)
    }

    fn report(&self, json: bool) {
        let mut rules: BTreeMap<String, Sums> = BTreeMap::new();
        let (mut all, mut days) = (Sums::default(), 0.0);
        let mut first_alerts = (Vec::new(), Vec::new());
        for patient in self.patients.values() {
            #[allow(clippy::cast_precision_loss)] // A million years are below 2^53 us.
            let of_patient = patient.newest.since_us(patient.first) as f64 / 86_400e6;
            days += of_patient;
            first_alerts.0.extend(patient.first_alert_s(&patient.old));
            first_alerts.1.extend(patient.first_alert_s(&patient.new));
            patient.add_to(&mut rules, &mut all);
        }
        let delays = (median(&mut first_alerts.0), median(&mut first_alerts.1));
        if json {
            let by_rule: BTreeMap<_, _> = rules.iter().map(|(rule, sums)| (rule, sums.as_json(days))).collect();
            let value = json!({
                "patients": self.patients.len(), "patient_days": days, "all": all.as_json(days), "rules": by_rule,
                "first_alert_s": { "old_median": delays.0, "new_median": delays.1 },
            });
            println!("{value}");
            return;
        }
        println!("{} patients, {days:.2} days", self.patients.len());
        println!("{:<28} {:>6} {:>6} {:>8} {:>8} {:>6}", "rule", "same", "added", "removed", "earlier", "later");
        for (rule, sums) in rules.iter().map(|(rule, sums)| (rule.as_str(), sums)).chain([("all", &all)]) {
            let Sums { same, added, removed, earlier, later, .. } = sums;
            println!("{rule:<28} {same:>6} {added:>6} {removed:>8} {earlier:>8} {later:>6}");
        }
        let per_day = |count: usize| if days > 0.0 { format!("{:.2}", number(count) / days) } else { "-".to_owned() };
        println!("per patient-day: {} added, {} removed", per_day(all.added), per_day(all.removed));
        let shown = |delay: Option<f64>| delay.map_or_else(|| "-".to_owned(), |delay| format!("{delay:.0} s"));
        println!("median time to a patient's first alert: {} before, {} now", shown(delays.0), shown(delays.1));
        let [so, not_so, not_actionable] = all.disposed;
        println!("removed ones had been disposed: {so} true, {not_so} false, {not_actionable} not actionable");
    }
}

impl OfPatient<'_> {
    fn hear(&mut self, profile: &Profile, model: &SmolStr, source: &Evidence, reading: &Reading) {
        self.newest = self.newest.max(reading.device_time);
        self.first = self.first.min(reading.device_time);
        self.old.hear(profile, model, source, reading);
        self.new.hear(profile, model, source, reading);
    }

    /// Takes note of what people made of stored alerts.
    fn note(&mut self, event: &AlertEvent) {
        match event {
            AlertEvent::Raised { ordinal, condition, .. } | AlertEvent::Folded { ordinal, condition } => {
                self.open.entry(*ordinal).or_default().push((condition.key.clone(), condition.onset));
            }
            AlertEvent::Disposed { ordinal, verdict, .. } => {
                let onsets = self.open.get(ordinal).into_iter().flatten();
                self.verdicts.extend(onsets.map(|onset| (onset.clone(), *verdict)));
            }
            _ => {}
        }
    }

    /// From the patient's first reading to the first alert, in seconds.
    fn first_alert_s(&self, judged: &Judged<'_>) -> Option<f64> {
        let first = judged.alerts().iter().map(|alert| alert.onset).min()?;
        #[allow(clippy::cast_precision_loss)] // A million years are below 2^53 ms.
        Some(first.since_ms(self.first) as f64 / 1_000.0)
    }

    fn add_to(&self, rules: &mut BTreeMap<String, Sums>, all: &mut Sums) {
        let compared = compare(self.old.alerts(), self.new.alerts());
        all.same += compared.same;
        let mut add = |alert: &Alerted, count: fn(&mut Sums) -> &mut usize| {
            *count(rules.entry(alert.key.rule.to_string()).or_default()) += 1;
            *count(all) += 1;
        };
        compared.added.iter().for_each(|alert| add(alert, |sums| &mut sums.added));
        compared.earlier.iter().for_each(|shifted| add(&shifted.alert, |sums| &mut sums.earlier));
        compared.later.iter().for_each(|shifted| add(&shifted.alert, |sums| &mut sums.later));
        for alert in &compared.removed {
            add(alert, |sums| &mut sums.removed);
            match self.verdicts.get(&(alert.key.clone(), alert.onset)) {
                Some(Verdict::True) => add(alert, |sums| &mut sums.disposed[0]),
                Some(Verdict::False) => add(alert, |sums| &mut sums.disposed[1]),
                Some(Verdict::NotActionable) => add(alert, |sums| &mut sums.disposed[2]),
                None => {}
            }
        }
    }
}

impl Sums {
    fn as_json(&self, days: f64) -> serde_json::Value {
        let per_day = |count: usize| (days > 0.0).then(|| number(count) / days);
        json!({
            "same": self.same, "added": self.added, "removed": self.removed, "earlier": self.earlier,
            "later": self.later, "added_per_patient_day": per_day(self.added),
            "removed_per_patient_day": per_day(self.removed), "removed_disposed_true": self.disposed[0],
            "removed_disposed_false": self.disposed[1], "removed_disposed_not_actionable": self.disposed[2],
        })
    }
}

#[allow(clippy::cast_precision_loss)] // Far below 2^53.
fn number(count: usize) -> f64 {
    count as f64
}

fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied()
}
