//! What the rules remember of one code of one device.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::device::{self, Bench};
use super::kind::Kind;
use super::sample::Sample;
use super::slot::{Changes, Slot, Turn};
use super::view::{CodeRules, View};
use crate::clinical::codes::Code;
use crate::clinical::reading::Reading;
use crate::time::Timestamp;

/// Samples this close follow each other without a gap, whatever the period.
const GAP_AT_LEAST_US: i64 = 2_500_000;

/// One code of a device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct CodeState {
    pub(super) code: Code,
    /// Newest sample, valid or not.
    newest: Timestamp,
    /// Newest valid sample; the first sample, where none has been valid.
    heard: Timestamp,
    /// Time between the two newest samples.
    step_us: i64,
    /// Period that the device declared with the newest sample.
    period_ms: u32,
    /// In the order of the code's rules.
    pub(super) slots: SmallVec<[Slot; 2]>,
}

impl CodeState {
    pub(super) fn new(bench: Bench<'_>, code_rules: &CodeRules, reading: &Reading) -> Self {
        let mut state = Self {
            code: code_rules.code,
            newest: reading.device_time,
            heard: reading.device_time,
            step_us: 0,
            period_ms: reading.period_ms,
            slots: SmallVec::new(),
        };
        state.lay_out(bench);
        state
    }

    /// Lays the slots out for these rules.
    pub(super) fn lay_out(&mut self, bench: Bench<'_>) {
        let Some(code_rules) = bench.rules.of_code(self.code) else { return };
        self.slots = device::slots(bench, &code_rules.rules);
        self.note_missing(bench.rules, code_rules);
    }

    /// Lets apply what applies now.
    pub(super) fn apply(&mut self, bench: Bench<'_>) {
        let Some(code_rules) = bench.rules.of_code(self.code) else { return };
        device::apply(bench, &mut self.slots, &code_rules.rules);
        self.note_missing(bench.rules, code_rules);
    }

    /// Tells the rules on missing limits whether any rule judges this code.
    fn note_missing(&mut self, rules: &View, code_rules: &CodeRules) {
        let judged =
            self.slots.iter().zip(&code_rules.rules).any(|(slot, rule)| !slot.off && rules.kind(*rule).judges());
        for (slot, rule) in self.slots.iter_mut().zip(&code_rules.rules) {
            if matches!(rules.kind(*rule), Kind::LimitsMissing(_)) {
                slot.count = u16::from(!judged);
            }
        }
    }

    pub(super) fn observe(
        &mut self,
        bench: Bench<'_>,
        code_rules: &CodeRules,
        mut sample: Sample<'_>,
        changes: &mut Changes,
    ) {
        self.period_ms = sample.reading.period_ms;
        sample.after_gap = self.step_to(sample.at);
        if sample.is_vouched() {
            self.heard = sample.at;
        }
        for (slot, &rule) in self.slots.iter_mut().zip(&code_rules.rules) {
            if !slot.off {
                tell(bench, Turn { rule, slot, changes }, &sample);
            }
        }
    }

    /// The device has watched until then.
    pub(super) fn watch(&mut self, rules: &View, code_rules: &CodeRules, until: Timestamp, changes: &mut Changes) {
        for (slot, &rule) in self.slots.iter_mut().zip(&code_rules.rules) {
            if slot.off {
                continue;
            }
            let mut turn = Turn { rule, slot, changes };
            match rules.kind(rule) {
                Kind::Silence(kind) => kind.watched(&mut turn, self.heard, self.period_ms, until),
                Kind::Events(kind) => kind.watched(&mut turn, &rules.rule(rule).id, until),
                Kind::Burden(kind) => kind.watched(&mut turn, &rules.rule(rule).id, until),
                _ => {}
            }
        }
    }

    /// What was not seen cannot be judged: no sample follows another.
    pub(super) fn interrupt(&mut self, at: Timestamp) {
        for slot in &mut self.slots {
            slot.since.clear();
        }
        // A clock that was set back must not make a silence of the past.
        self.newest = self.newest.min(at);
        self.heard = self.heard.min(at);
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

    /// About how many bytes it holds beside itself.
    pub(super) fn bytes_beside(&self) -> usize {
        let spilled = if self.slots.spilled() { self.slots.capacity() * size_of::<Slot>() } else { 0 };
        let memories: usize = self.slots.iter().filter_map(|slot| slot.memory.as_ref()).map(|m| m.bytes_held()).sum();
        spilled + memories
    }
}

/// Tells one rule of a sample.
fn tell(bench: Bench<'_>, mut turn: Turn<'_>, sample: &Sample<'_>) {
    let rule = bench.rules.rule(turn.rule);
    match &rule.what {
        Kind::Limit(kind) => {
            let moved = bench.limits.of(turn.rule);
            kind.sample(&mut turn, sample, moved);
        }
        Kind::Change(kind) => kind.sample(&mut turn, &rule.id, sample),
        Kind::FromBaseline(kind) => kind.sample(&mut turn, &rule.id, sample),
        Kind::Repeated(kind) => kind.sample(&mut turn, &rule.id, sample),
        Kind::Status(kind) => kind.sample(&mut turn, sample),
        Kind::Events(kind) => kind.sample(&mut turn, &rule.id, sample),
        Kind::Burden(kind) => kind.sample(&mut turn, &rule.id, sample),
        Kind::Silence(kind) if sample.is_vouched() => kind.heard(&mut turn, sample.at),
        Kind::LimitsMissing(kind) => kind.heard(&mut turn, sample.at),
        _ => {}
    }
}
