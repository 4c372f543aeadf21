//! What the rules remember of one device.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::beats::{Beats, Heard};
use super::kind::Kind;
use super::limit::Sample;
use super::set::{CodeRules, RuleSet};
use super::slot::{Changes, Slot, Turn};
use crate::clinical::codes::Code;
use crate::clinical::ids::DeviceId;
use crate::clinical::reading::{Lane, Observation, Reading, ReadingKey, Validity, Value};
use crate::time::Timestamp;

/// Samples this close follow each other without a gap, whatever the period.
const GAP_AT_LEAST_US: i64 = 2_500_000;

/// One device of a patient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct DeviceState {
    pub(super) id: DeviceId,
    /// Newest device time that was judged.
    newest: Timestamp,
    /// Key of the newest reading, to see that none is missing.
    key: Option<ReadingKey>,
    /// Slots of rules on the signal as a whole.
    signal: SmallVec<[Slot; 1]>,
    /// Made by the first beat.
    beats: Option<Box<Beats>>,
    /// One per code that the device has sent and that a rule is about.
    codes: Vec<CodeState>,
}

/// One code of a device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct CodeState {
    code: Code,
    /// Newest sample, valid or not.
    newest: Timestamp,
    /// Newest valid sample; the first sample, where none has been valid.
    heard: Timestamp,
    /// Time between the two newest samples.
    step_us: i64,
    /// Period that the device declared with the newest sample.
    period_ms: u32,
    /// In the order of the code's rules.
    slots: SmallVec<[Slot; 3]>,
}

impl DeviceState {
    pub(super) fn new(rules: &RuleSet, id: DeviceId) -> Self {
        let signal = SmallVec::from_elem(Slot::default(), rules.signal_rules.len());
        Self { id, newest: Timestamp::MIN, key: None, signal, beats: None, codes: Vec::new() }
    }

    /// Whether the reading lies before what was judged already. Late data does not touch the windows: until it is
    /// judged by replaying the windows, this is the one place that turns it away.
    fn is_late(&self, reading: &Reading) -> bool {
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
    pub(super) fn observe(&mut self, rules: &RuleSet, reading: &Reading, changes: &mut Changes) -> bool {
        let late = self.is_late(reading);
        if self.restarted(reading) {
            self.interrupt(rules, reading.device_time, changes);
        } else if self.lost_some(reading) {
            self.interrupt(rules, reading.device_time.max(self.newest), changes);
        }
        if !late || self.key.is_some_and(|key| (key.boot, key.lane) == (reading.key.boot, reading.key.lane)) {
            self.key = Some(reading.key);
        }
        if late {
            return true;
        }
        self.newest = reading.device_time;
        for (slot, &rule) in self.signal.iter_mut().zip(&rules.signal_rules) {
            if let Kind::SignalLoss(kind) = rules.kind(rule) {
                kind.hear(&mut Turn { rule, slot, changes }, reading);
            }
        }
        self.observe_beats(rules, reading, changes);
        if !rules.by_code.is_empty() {
            self.observe_samples(rules, reading, changes);
        }
        false
    }

    /// What was not seen cannot be judged: chains of beats end, and no sample follows another.
    fn interrupt(&mut self, rules: &RuleSet, at: Timestamp, changes: &mut Changes) {
        if let Some(beats) = &mut self.beats {
            beats.interrupt(rules, at, changes);
        }
        for state in &mut self.codes {
            state.slots.iter_mut().for_each(|slot| slot.since = None);
            // A clock that was set back must not make a silence of the past.
            state.newest = state.newest.min(at);
            state.heard = state.heard.min(at);
        }
    }

    fn observe_beats(&mut self, rules: &RuleSet, reading: &Reading, changes: &mut Changes) {
        if rules.beat_rules.is_empty() {
            return;
        }
        let heard = Heard::of(reading);
        if self.beats.is_none() && heard.any() {
            self.beats = Some(Box::new(Beats::new(rules)));
        }
        if let Some(beats) = &mut self.beats {
            beats.observe(rules, reading, &heard, changes);
        }
    }

    fn observe_samples(&mut self, rules: &RuleSet, reading: &Reading, changes: &mut Changes) {
        // Before the sample that ends a silence, if both come together.
        self.watch(rules, reading.device_time, changes);
        for observation in &reading.observations {
            if let Some(code_rules) = rules.of_code(observation.code) {
                let sample = SampleOf { observation, reading };
                self.code_mut(code_rules, &sample).observe(rules, code_rules, &sample, changes);
            }
        }
        if let Some(until) = reading.observed_until {
            self.watch(rules, until, changes);
        }
    }

    /// The device has watched until then: codes that are not heard fall silent.
    fn watch(&mut self, rules: &RuleSet, until: Timestamp, changes: &mut Changes) {
        if !rules.has_silence {
            return;
        }
        for state in &mut self.codes {
            let Some(code_rules) = rules.of_code(state.code) else { continue };
            for (slot, &rule) in state.slots.iter_mut().zip(&code_rules.rules) {
                if let Kind::Silence(kind) = rules.kind(rule) {
                    kind.watched(&mut Turn { rule, slot, changes }, state.heard, state.period_ms, until);
                }
            }
        }
    }

    fn code_mut(&mut self, code_rules: &CodeRules, sample: &SampleOf<'_>) -> &mut CodeState {
        let at = self.codes.iter().position(|state| state.code == code_rules.code).unwrap_or_else(|| {
            self.codes.push(CodeState::new(code_rules, sample.reading));
            self.codes.len() - 1
        });
        &mut self.codes[at]
    }

    /// About how many bytes of memory the device's state holds.
    pub(super) fn bytes_held(&self) -> usize {
        let beats = self.beats.as_ref().map_or(0, |_| size_of::<Beats>());
        size_of::<Self>() + beats + self.codes.capacity() * size_of::<CodeState>()
    }

    /// Lays the slots out for other rules, all of them empty.
    pub(super) fn lay_out(&mut self, rules: &RuleSet) {
        self.signal = SmallVec::from_elem(Slot::default(), rules.signal_rules.len());
        if let Some(beats) = &mut self.beats {
            beats.slots = SmallVec::from_elem(Slot::default(), rules.beat_rules.len());
        }
        self.codes.retain(|state| rules.of_code(state.code).is_some());
        for state in &mut self.codes {
            let count = rules.of_code(state.code).map_or(0, |code_rules| code_rules.rules.len());
            state.slots = SmallVec::from_elem(Slot::default(), count);
        }
    }

    /// The slot of a rule of the set by which this state is laid out.
    pub(super) fn slot_mut(&mut self, rules: &RuleSet, rule: u16) -> Option<&mut Slot> {
        let place = |rules: &[u16]| rules.iter().position(|other| *other == rule);
        let kind = rules.kind(rule);
        if let Some(code) = kind.code() {
            let at = place(&rules.of_code(code)?.rules)?;
            return self.codes.iter_mut().find(|state| state.code == code)?.slots.get_mut(at);
        }
        if kind.is_on_beats() {
            self.beats.as_mut()?.slots.get_mut(place(&rules.beat_rules)?)
        } else {
            self.signal.get_mut(place(&rules.signal_rules)?)
        }
    }
}

/// An observation and the reading in which it came.
struct SampleOf<'a> {
    observation: &'a Observation,
    reading: &'a Reading,
}

impl SampleOf<'_> {
    /// The value in the code's canonical unit; `None` where the device does not vouch for it.
    fn value(&self) -> Option<f64> {
        let Value::Number(number) = self.observation.value else { return None };
        let unit = self.observation.code.info()?.unit;
        let value =
            if self.observation.unit == unit { Some(number) } else { self.observation.unit.convert(number, unit) };
        value.filter(|value| self.observation.validity == Validity::Valid && value.is_finite())
    }
}

impl CodeState {
    fn new(code_rules: &CodeRules, reading: &Reading) -> Self {
        Self {
            code: code_rules.code,
            newest: reading.device_time,
            heard: reading.device_time,
            step_us: 0,
            period_ms: reading.period_ms,
            slots: SmallVec::from_elem(Slot::default(), code_rules.rules.len()),
        }
    }

    fn observe(&mut self, rules: &RuleSet, code_rules: &CodeRules, sample: &SampleOf<'_>, changes: &mut Changes) {
        if matches!(sample.observation.value, Value::Samples { .. } | Value::Text(_)) {
            // A waveform is no sample of a limit; it is stored, and judged by none of these kinds.
            return;
        }
        let at = sample.reading.device_time;
        self.period_ms = sample.reading.period_ms;
        let after_gap = self.step_to(at);
        let sample = Sample { at, value: sample.value(), after_gap };
        if sample.value.is_some() {
            self.heard = at;
        }
        for (slot, &rule) in self.slots.iter_mut().zip(&code_rules.rules) {
            let mut turn = Turn { rule, slot, changes };
            match rules.kind(rule) {
                Kind::Limit(kind) => kind.sample(&mut turn, sample),
                Kind::Silence(kind) if sample.value.is_some() => kind.heard(&mut turn, at),
                _ => {}
            }
        }
    }

    /// Steps to the sample at `at`; whether a gap lies before it: more than 2.5 times the declared period and the step
    /// before. A device that comes to send more rarely loses one sample, not all of them.
    fn step_to(&mut self, at: Timestamp) -> bool {
        let step_us = at.since_us(self.newest);
        let usual_us = self.step_us.max(i64::from(self.period_ms) * 1_000);
        self.newest = at;
        self.step_us = step_us.clamp(0, i64::MAX / 4);
        step_us > GAP_AT_LEAST_US.max(usual_us.saturating_mul(5) / 2)
    }
}
