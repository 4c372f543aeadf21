//! The patients of one recording under the rules.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use smol_str::SmolStr;

use crate::cli::recording::Row;
use crate::clinical::condition::{Condition, ConditionKey, Evidence};
use crate::clinical::ids::{DeviceId, PatientId};
use crate::clinical::judge::judge;
use crate::clinical::patient::Profile;
use crate::clinical::rules::{RuleSet, RuleStates, Subject, Transition};
use crate::time::Timestamp;

use super::line::{Event, Explanation, Line, ScoreLine, seconds};

/// What was not judged, over all recordings.
#[derive(Debug, Default)]
pub(super) struct Tally {
    rejected: BTreeMap<String, u64>,
    late: u64,
}

impl Tally {
    /// Says on standard error what was not judged.
    pub(super) fn report(&self) {
        for (reason, count) in &self.rejected {
            eprintln!("vigil: {count} observations rejected: {reason}");
        }
        if self.late > 0 {
            eprintln!("vigil: {} rows came out of the order of their device's time and were not judged", self.late);
        }
    }
}

/// The patients of one recording.
pub(super) struct Watch<'a> {
    rules: &'a RuleSet,
    hash: String,
    subjects: Subjects,
    patients: HashMap<PatientId, Patient>,
    /// What the devices' own rules remember.
    devices: HashMap<DeviceId, RuleStates>,
    tally: &'a mut Tally,
}

/// What a recording does not say of its patients and devices.
#[derive(Clone, Debug)]
pub(super) struct Subjects {
    pub(super) profile: Profile,
    pub(super) model: SmolStr,
}

#[derive(Default)]
struct Patient {
    states: RuleStates,
    /// Conditions that are present, with the onset that was printed and the device that showed it.
    open: HashMap<ConditionKey, (Condition, DeviceId)>,
}

impl<'a> Watch<'a> {
    pub(super) fn new(rules: &'a RuleSet, subjects: Subjects, tally: &'a mut Tally) -> Self {
        let hash = hex::encode(rules.hash());
        Self { rules, hash, subjects, patients: HashMap::new(), devices: HashMap::new(), tally }
    }

    /// Judges a row and prints what follows from it.
    pub(super) fn row(&mut self, mut row: Row, out: &mut impl Write) -> io::Result<()> {
        for rejection in judge(&mut row.reading) {
            *self.tally.rejected.entry(rejection.reason).or_default() += 1;
        }
        let source = Evidence::of(&row.device, row.reading.key.sequence, &row.reading);
        let patient = self.patients.entry(row.patient.clone()).or_default();
        let late = patient.states.late_readings();
        let Subjects { profile, model } = &self.subjects;
        let mut transitions = patient.states.observe(self.rules, Subject::Patient(profile), &row.reading, &source);
        self.tally.late += patient.states.late_readings() - late;
        if self.rules.has_device_rules() {
            let device = self.devices.entry(row.device.clone()).or_default();
            transitions.extend(device.observe(self.rules, Subject::Device { model }, &row.reading, &source));
        }
        let printer = Printer { rules: self.rules, hash: &self.hash, row: &row };
        for shown in patient.states.scores(self.rules, profile) {
            let line = ScoreLine::new(&shown, row.patient.as_str(), row.device.as_str(), &self.hash);
            writeln!(out, "{}", serde_json::to_string(&line)?)?;
        }
        for transition in transitions {
            match transition {
                Transition::Began { condition, alerts } => {
                    printer.began(patient, &condition, out)?;
                    if alerts {
                        printer.alert(&condition, out)?;
                    }
                }
                Transition::Ended { key, at } => printer.ended(patient, &key, at, out)?,
            }
        }
        Ok(())
    }
}

/// Prints what one row brought.
struct Printer<'a> {
    rules: &'a RuleSet,
    hash: &'a str,
    row: &'a Row,
}

impl Printer<'_> {
    /// An onset, unless it is one that was printed and is only no longer hidden.
    fn began(&self, patient: &mut Patient, condition: &Condition, out: &mut impl Write) -> io::Result<()> {
        let known = patient.open.get(&condition.key);
        if known.is_some_and(|(open, _)| (open.start, open.onset) == (condition.start, condition.onset)) {
            return Ok(());
        }
        let fresh = known.is_none();
        self.print(Event::Onset, condition, self.row.device.as_str(), None, out)?;
        if fresh {
            patient.open.insert(condition.key.clone(), (condition.clone(), self.row.device.clone()));
        }
        Ok(())
    }

    /// An alert is raised, or the onset folded into the one that is open.
    fn alert(&self, condition: &Condition, out: &mut impl Write) -> io::Result<()> {
        self.print(Event::Alert, condition, self.row.device.as_str(), None, out)
    }

    fn ended(&self, patient: &mut Patient, key: &ConditionKey, at: Timestamp, out: &mut impl Write) -> io::Result<()> {
        match patient.open.remove(key) {
            Some((condition, device)) => self.print(Event::End, &condition, device.as_str(), Some(at), out),
            None => Ok(()),
        }
    }

    fn print(
        &self,
        event: Event,
        condition: &Condition,
        device: &str,
        end: Option<Timestamp>,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let source = self.rules.get(&condition.key.rule).map_or("", |rule| &rule.source);
        let explanation =
            (event != Event::End).then(|| Explanation::new(condition, source, self.hash, &self.row.reading));
        let line = Line {
            event,
            rule: condition.key.rule.as_str(),
            rule_version: condition.rule_version,
            patient: self.row.patient.as_str(),
            device,
            start_s: seconds(condition.start),
            onset_s: seconds(condition.onset),
            end_s: end.map(seconds),
            time_s: seconds(self.row.reading.device_time),
            kind: condition.kind,
            priority: condition.priority,
            value: condition.value,
            limit: condition.limit,
            explanation,
        };
        writeln!(out, "{}", serde_json::to_string(&line)?)
    }
}
