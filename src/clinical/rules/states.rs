//! The rolling state of all rules for one patient, or for one device.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::applies::Subject;
use super::device::{self, Bench, DeviceState};
use super::kind::{Kind, Place};
use super::limits::Limits;
use super::present::{Brought, Present};
use super::score::{ScoreShown, Tally};
use super::set::RuleSet;
use super::slot::{Changes, Slot, Turn};
use super::transition::Transition;
use super::view::View;
use crate::clinical::condition::{ConditionKey, Evidence};
use crate::clinical::ids::DeviceId;
use crate::clinical::patient::{Profile, Spo2Scale};
use crate::clinical::reading::Reading;
use crate::time::Timestamp;

/// The rolling state of all rules for one patient, or for one device: per device its chain of beats and its newest samples,
/// the patient's scores, and which conditions are present. Everything moves on device time; the same readings give the
/// same transitions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RuleStates {
    /// Fingerprint of the rules and the age by which the slots are laid out; 0: none yet.
    rules: u64,
    /// For whom they are laid out.
    judged: Judged,
    limits: Limits,
    devices: Vec<DeviceState>,
    /// Made by the first value of which a score is made.
    tally: Option<Box<Tally>>,
    /// Slots of compounds.
    compounds: Vec<Slot>,
    /// Whether the delay of a compound is running.
    waiting: bool,
    present: Present,
    late_readings: u64,
}

/// For whom slots were laid out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
enum Judged {
    #[default]
    Nobody,
    Patient(Profile),
    Device(SmolStr),
}

impl Judged {
    fn is(&self, subject: Subject<'_>) -> bool {
        match (self, subject) {
            (Self::Patient(known), Subject::Patient(profile)) => known == profile,
            (Self::Device(known), Subject::Device { model }) => known == model,
            _ => false,
        }
    }

    fn of(subject: Subject<'_>) -> Self {
        match subject {
            Subject::Patient(profile) => Self::Patient(profile.clone()),
            Subject::Device { model } => Self::Device(model.clone()),
        }
    }
}

impl RuleStates {
    /// Judges one reading that was accepted from `source` about `subject`, by the rules that live with it; transitions in
    /// the order in which they set in. With other rules or another subject than before, what is present is carried over
    /// by name where a rule still applies, and the windows of other rules start anew.
    pub fn observe(
        &mut self,
        rules: &RuleSet,
        subject: Subject<'_>,
        reading: &Reading,
        source: &Evidence,
    ) -> Vec<Transition> {
        let view = rules.at(subject);
        let mut transitions = self.adopt(view, subject, reading.device_time);
        let bench = Bench { rules: view, subject, limits: &self.limits };
        let place = self.devices.iter().position(|device| device.id == source.device).unwrap_or_else(|| {
            self.devices.reserve_exact(1);
            self.devices.push(DeviceState::new(bench, source.device.clone()));
            self.devices.len() - 1
        });
        // Nobody has as many devices; what is beyond shares the last place, and ends together.
        let at = u16::try_from(place).unwrap_or(u16::MAX);
        let mut changes = Changes::new();
        if let Some(tally) = &mut self.tally {
            tally.forget_fresh();
        }
        if self.devices[place].observe(bench, reading, &mut changes) {
            self.late_readings += 1;
        } else {
            self.observe_patient(view, subject, reading, at, &mut changes);
        }
        let scale = if let Subject::Patient(profile) = subject { profile.spo2_scale } else { Spo2Scale::One };
        let brought = Brought {
            rules: view,
            limits: &self.limits,
            devices: &self.devices,
            device: at,
            source,
            scores: self.tally.as_deref().map(|tally| (tally, scale)),
        };
        if !changes.is_empty() {
            let tally = self.tally.as_deref();
            let inputs =
                |rule| view.score_index(rule).and_then(|at| Some(tally?.made(at)?.inputs())).unwrap_or_default();
            transitions.extend(self.present.settle(&brought, changes, inputs));
        }
        transitions
    }

    /// What is the patient's as a whole: scores, and conditions made of other conditions.
    fn observe_patient(
        &mut self,
        view: &View,
        subject: Subject<'_>,
        reading: &Reading,
        device: u16,
        changes: &mut Changes,
    ) {
        if let Subject::Patient(profile) = subject
            && Tally::concerns(view, reading)
        {
            let bench = Bench { rules: view, subject, limits: &self.limits };
            let tally = self.tally.get_or_insert_with(|| {
                let mut tally = Tally::new(view);
                tally.slots = device::slots(bench, &view.score_rules);
                tally.note_missing(view, profile);
                Box::new(tally)
            });
            tally.observe(view, profile, reading, changes);
        }
        if view.compound_rules.is_empty() || (changes.is_empty() && !self.waiting) {
            return;
        }
        self.waiting = false;
        let now = reading.observed_until.unwrap_or(reading.device_time).max(reading.device_time);
        for (slot, &rule) in self.compounds.iter_mut().zip(&view.compound_rules) {
            let Kind::Compound(kind) = view.kind(rule) else { continue };
            if slot.off {
                continue;
            }
            let at = changes.iter().map(|(_, change)| change.at()).max().unwrap_or(now);
            let mut own = Changes::new();
            let standing = |member| self.present.standing(view, changes, member, device);
            let mut turn = Turn { rule, slot, changes: &mut own };
            self.waiting |= kind.judge(&mut turn, &standing, at, now);
            changes.extend(own);
        }
    }

    /// The scores that were made with the newest reading.
    #[must_use]
    pub fn scores<'a>(&self, rules: &'a RuleSet, profile: &Profile) -> Vec<ScoreShown<'a>> {
        let tally = self.tally.as_ref();
        tally.map(|tally| tally.shown(rules.at(Subject::Patient(profile)), profile.spo2_scale)).unwrap_or_default()
    }

    /// Whether a reading lies before what was judged of its device already.
    #[must_use]
    pub fn is_late(&self, device: &DeviceId, reading: &Reading) -> bool {
        self.devices.iter().find(|state| state.id == *device).is_some_and(|state| state.is_late(reading))
    }

    /// Device time of the newest reading that was judged, of any device.
    #[must_use]
    pub fn newest(&self) -> Option<Timestamp> {
        self.devices.iter().map(|device| device.newest).max()
    }

    /// How many readings came out of the order of their device's time, and were not judged by rules.
    #[must_use]
    pub const fn late_readings(&self) -> u64 {
        self.late_readings
    }

    /// The conditions that are present, once each.
    #[must_use]
    pub fn present(&self) -> Vec<ConditionKey> {
        self.present.keys(&self.devices)
    }

    /// About how many bytes of memory the state holds.
    #[must_use]
    pub fn bytes_held(&self) -> usize {
        let beside = (self.devices.capacity() - self.devices.len()) * size_of::<DeviceState>();
        let devices: usize = beside + self.devices.iter().map(DeviceState::bytes_held).sum::<usize>();
        let tally = self.tally.as_ref().map_or(0, |tally| tally.bytes_held());
        let compounds = self.compounds.capacity() * size_of::<Slot>();
        size_of::<Self>() + devices + tally + compounds + self.present.bytes_held()
    }

    /// Lays the state out for these rules and this subject, if it was made for others. Conditions of rules that are no
    /// more, that no longer apply, or that have become rules of another kind, end.
    fn adopt(&mut self, rules: &View, subject: Subject<'_>, at: Timestamp) -> Vec<Transition> {
        let other_rules = self.rules != rules.fingerprint();
        if !other_rules && self.judged.is(subject) {
            return Vec::new();
        }
        self.rules = rules.fingerprint();
        self.judged = Judged::of(subject);
        self.limits = Limits::new(rules, subject);
        let bench = Bench { rules, subject, limits: &self.limits };
        if other_rules {
            self.devices.iter_mut().for_each(|device| device.lay_out(bench));
            self.compounds = device::slots::<[Slot; 4]>(bench, &rules.compound_rules).into_vec();
            if let Some(tally) = &mut self.tally {
                tally.lay_out(rules);
                tally.slots = device::slots(bench, &rules.score_rules);
            }
        } else {
            self.devices.iter_mut().for_each(|device| device.apply(bench));
            device::apply(bench, &mut self.compounds, &rules.compound_rules);
            if let Some(tally) = &mut self.tally {
                device::apply(bench, &mut tally.slots, &rules.score_rules);
            }
        }
        if let (Some(tally), Subject::Patient(profile)) = (&mut self.tally, subject) {
            tally.note_missing(rules, profile);
        }
        self.carry_over(rules, at)
    }

    fn carry_over(&mut self, rules: &View, at: Timestamp) -> Vec<Transition> {
        let (devices, tally, compounds) = (&mut self.devices, &mut self.tally, &mut self.compounds);
        let gone = self.present.carry_over(|entry| {
            let Some(rule) = rules.index_of(&entry.rule) else { return false };
            let place = |rules: &[u16]| rules.iter().position(|other| *other == rule);
            let slot = match rules.kind(rule).place() {
                Place::Score => tally.as_mut().zip(place(&rules.score_rules)).map(|(tally, at)| &mut tally.slots[at]),
                Place::Compound => place(&rules.compound_rules).map(|at| &mut compounds[at]),
                _ => {
                    let device = devices.get_mut(usize::from(entry.device));
                    device.and_then(|device| device.slot_mut(rules, rule))
                }
            };
            let Some(slot) = slot.filter(|slot| !slot.off) else { return false };
            if !slot.present {
                slot.present = true;
                if rules.score_index(rule).is_some() && matches!(rules.kind(rule), Kind::ScoreBand(_)) {
                    slot.count = entry.inputs.0;
                }
            }
            true
        });
        self.present.ended(&gone, &self.devices, at)
    }
}
