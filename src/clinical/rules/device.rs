//! What the rules remember of one device.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::applies::Subject;
use super::beats::{Beats, Heard};
use super::code_state::CodeState;
use super::joint::Joint;
use super::kind::Kind;
use super::limits::Limits;
use super::memory::Memory;
use super::sample::Sample;
use super::slot::{Changes, Slot, Turn};
use super::view::View;
use crate::clinical::ids::DeviceId;
use crate::clinical::reading::{Lane, Reading, ReadingKey};
use crate::time::Timestamp;

/// One device, as far as the rules of one view are concerned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct DeviceState {
    pub(super) id: DeviceId,
    /// Newest device time that was judged.
    pub(super) newest: Timestamp,
    /// Key of the newest reading, to see that none is missing.
    key: Option<ReadingKey>,
    /// Slots of rules on every reading.
    readings: SmallVec<[Slot; 1]>,
    /// Made by the first beat.
    beats: Option<Box<Beats>>,
    /// Made by the first value that a joint rule is about.
    joint: Option<Box<Joint>>,
    /// One per code that the device has sent and that a rule is about.
    codes: Vec<CodeState>,
}

/// What judging needs beside the reading: the rules, whom they judge, and limits that are other than the rules' own.
#[derive(Clone, Copy)]
pub(super) struct Bench<'a> {
    pub(super) rules: &'a View,
    pub(super) subject: Subject<'a>,
    pub(super) limits: &'a Limits,
}

impl DeviceState {
    pub(super) fn new(bench: Bench<'_>, id: DeviceId) -> Self {
        let readings = slots(bench, &bench.rules.reading_rules);
        Self { id, newest: Timestamp::MIN, key: None, readings, beats: None, joint: None, codes: Vec::new() }
    }

    /// Whether the reading lies before what was judged already. It does not touch the windows: whoever keeps the readings
    /// judges it by judging them anew.
    pub(super) fn is_late(&self, reading: &Reading) -> bool {
        reading.device_time < self.newest && !self.restarted(reading)
    }

    /// Whether the device started anew, which may set its clock back.
    fn restarted(&self, reading: &Reading) -> bool {
        reading.key.lane == Lane::Live && self.key.is_some_and(|key| key.boot != reading.key.boot)
    }

    /// Whether readings between the newest one and this are missing.
    fn lost_some(&self, reading: &Reading) -> bool {
        let follows = |key: ReadingKey| (key.boot, key.lane) == (reading.key.boot, reading.key.lane);
        self.key.is_some_and(|key| follows(key) && reading.key.sequence > key.sequence.saturating_add(1))
    }

    /// Judges a reading; whether it was late, so that it was not judged.
    pub(super) fn observe(&mut self, bench: Bench<'_>, reading: &Reading, changes: &mut Changes) -> bool {
        let rules = bench.rules;
        let late = self.is_late(reading);
        if self.restarted(reading) {
            self.interrupt(bench, reading.device_time, changes);
        } else if self.lost_some(reading) {
            self.interrupt(bench, reading.device_time.max(self.newest), changes);
        }
        if !late || self.key.is_some_and(|key| (key.boot, key.lane) == (reading.key.boot, reading.key.lane)) {
            self.key = Some(reading.key);
        }
        if late {
            return true;
        }
        self.newest = reading.device_time;
        self.observe_reading(rules, reading, changes);
        self.observe_beats(bench, reading, changes);
        if !rules.by_code.is_empty() {
            self.observe_samples(bench, reading, changes);
        }
        if Joint::concerns(rules, reading) {
            let joint = self.joint.get_or_insert_with(|| {
                let mut joint = Joint::new(rules);
                joint.slots = slots(bench, &rules.joint_rules);
                Box::new(joint)
            });
            joint.observe(rules, reading, changes);
        }
        false
    }

    fn observe_reading(&mut self, rules: &View, reading: &Reading, changes: &mut Changes) {
        for (slot, &rule) in self.readings.iter_mut().zip(&rules.reading_rules) {
            if slot.off {
                continue;
            }
            let mut turn = Turn { rule, slot, changes };
            match rules.kind(rule) {
                Kind::SignalLoss(kind) => kind.hear(&mut turn, reading),
                Kind::NoTransmission(kind) => kind.hear(&mut turn, reading.device_time),
                _ => {}
            }
        }
    }

    /// What was not seen cannot be judged: chains of beats end, and no sample follows another.
    fn interrupt(&mut self, bench: Bench<'_>, at: Timestamp, changes: &mut Changes) {
        if let Some(beats) = &mut self.beats {
            beats.interrupt(bench, at, changes);
        }
        if let Some(joint) = &mut self.joint {
            joint.interrupt();
        }
        self.codes.iter_mut().for_each(|state| state.interrupt(at));
    }

    fn observe_beats(&mut self, bench: Bench<'_>, reading: &Reading, changes: &mut Changes) {
        let rules = bench.rules;
        if rules.beat_rules.is_empty() {
            return;
        }
        let heard = Heard::of(reading);
        if self.beats.is_none() && heard.any() {
            let mut beats = Beats::new(rules);
            beats.slots = slots(bench, &rules.beat_rules);
            self.beats = Some(Box::new(beats));
        }
        if let Some(beats) = &mut self.beats {
            beats.observe(bench, reading, &heard, changes);
        }
    }

    fn observe_samples(&mut self, bench: Bench<'_>, reading: &Reading, changes: &mut Changes) {
        let rules = bench.rules;
        // Before the sample that ends a silence, if both come together.
        self.watch(rules, reading.device_time, changes);
        for observation in &reading.observations {
            let Some(code_rules) = rules.of_code(observation.code) else { continue };
            let Some(sample) = Sample::of(observation, reading) else { continue };
            let at = self.codes.iter().position(|state| state.code == code_rules.code).unwrap_or_else(|| {
                // There are few, and many patients: no room to grow.
                self.codes.reserve_exact(1);
                self.codes.push(CodeState::new(bench, code_rules, reading));
                self.codes.len() - 1
            });
            self.codes[at].observe(bench, code_rules, sample, changes);
        }
        if let Some(until) = reading.observed_until {
            self.watch(rules, until, changes);
        }
    }

    /// The device has watched until then: codes that are not heard fall silent, windows move on.
    fn watch(&mut self, rules: &View, until: Timestamp, changes: &mut Changes) {
        if !rules.watches {
            return;
        }
        for state in &mut self.codes {
            if let Some(code_rules) = rules.of_code(state.code) {
                state.watch(rules, code_rules, until, changes);
            }
        }
    }

    /// About how many bytes of memory the device's state holds.
    pub(super) fn bytes_held(&self) -> usize {
        let beats = self.beats.as_ref().map_or(0, |_| size_of::<Beats>());
        let joint = self.joint.as_ref().map_or(0, |joint| joint.bytes_held());
        let codes: usize = self.codes.iter().map(CodeState::bytes_beside).sum();
        size_of::<Self>() + beats + joint + codes + self.codes.capacity() * size_of::<CodeState>()
    }

    /// Lays the slots out for other rules, all of them empty but for what rules of the same name remember.
    pub(super) fn lay_out(&mut self, bench: Bench<'_>) {
        let rules = bench.rules;
        let mut memories: Vec<Box<Memory>> = Vec::new();
        self.each_slot(|slot| memories.extend(slot.memory.take()));
        self.readings = slots(bench, &rules.reading_rules);
        if let Some(beats) = &mut self.beats {
            beats.slots = slots(bench, &rules.beat_rules);
        }
        if let Some(joint) = &mut self.joint {
            joint.slots = slots(bench, &rules.joint_rules);
        }
        self.codes.retain(|state| rules.of_code(state.code).is_some());
        for state in &mut self.codes {
            state.lay_out(bench);
        }
        for memory in memories {
            let slot = rules.index_of(&memory.rule).and_then(|rule| self.slot_mut(rules, rule));
            if let Some(slot) = slot {
                slot.memory = Some(memory);
            }
        }
    }

    /// Lets apply what applies to whom the rules judge now; what no longer does is forgotten.
    pub(super) fn apply(&mut self, bench: Bench<'_>) {
        let rules = bench.rules;
        apply(bench, &mut self.readings, &rules.reading_rules);
        if let Some(beats) = &mut self.beats {
            apply(bench, &mut beats.slots, &rules.beat_rules);
        }
        if let Some(joint) = &mut self.joint {
            apply(bench, &mut joint.slots, &rules.joint_rules);
        }
        self.codes.iter_mut().for_each(|state| state.apply(bench));
    }

    fn each_slot(&mut self, mut with: impl FnMut(&mut Slot)) {
        self.readings.iter_mut().for_each(&mut with);
        if let Some(joint) = &mut self.joint {
            joint.slots.iter_mut().for_each(&mut with);
        }
        self.codes.iter_mut().for_each(|state| state.slots.iter_mut().for_each(&mut with));
    }

    /// The slot of a rule of the set by which this state is laid out.
    pub(super) fn slot_mut(&mut self, rules: &View, rule: u16) -> Option<&mut Slot> {
        use super::kind::Place;
        let place = |rules: &[u16]| rules.iter().position(|other| *other == rule);
        match rules.kind(rule).place() {
            Place::Code(code) => {
                let at = place(&rules.of_code(code)?.rules)?;
                self.codes.iter_mut().find(|state| state.code == code)?.slots.get_mut(at)
            }
            Place::Beats => self.beats.as_mut()?.slots.get_mut(place(&rules.beat_rules)?),
            Place::Reading => self.readings.get_mut(place(&rules.reading_rules)?),
            Place::Joint(_) => self.joint.as_mut()?.slots.get_mut(place(&rules.joint_rules)?),
            Place::Score | Place::Compound => None,
        }
    }
}

/// Empty slots for these rules; those that do not apply are off.
pub(super) fn slots<A: smallvec::Array<Item = Slot>>(bench: Bench<'_>, rules: &[u16]) -> SmallVec<A> {
    let off = |rule: &u16| !bench.rules.rule(*rule).applies.to(bench.subject);
    rules.iter().map(|rule| Slot { off: off(rule), ..Slot::default() }).collect()
}

/// Turns slots on and off; what was off begins anew, and what is turned off is forgotten.
pub(super) fn apply(bench: Bench<'_>, slots: &mut [Slot], rules: &[u16]) {
    for (slot, rule) in slots.iter_mut().zip(rules) {
        let off = !bench.rules.rule(*rule).applies.to(bench.subject);
        if slot.off != off {
            *slot = Slot { off, memory: slot.memory.take(), ..Slot::default() };
        }
    }
}
