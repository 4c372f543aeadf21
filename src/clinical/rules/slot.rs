//! What one rule remembers of one device, and how it says that its condition changed.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::breach::Verdict;
use super::memory::{Memory, Remembered};
use crate::clinical::ids::RuleId;
use crate::time::Timestamp;

/// An instant, or none, in eight bytes: a patient has dozens of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Since(Timestamp);

impl Default for Since {
    fn default() -> Self {
        Self(Timestamp::MIN)
    }
}

impl Since {
    pub(super) fn get(self) -> Option<Timestamp> {
        (self.0 != Timestamp::MIN).then_some(self.0)
    }

    pub(super) fn set(&mut self, at: Timestamp) {
        self.0 = at;
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The instant; `at` from now on, where there is none.
    pub(super) fn get_or_set(&mut self, at: Timestamp) -> Timestamp {
        if self.0 == Timestamp::MIN {
            self.0 = at;
        }
        self.0
    }
}

/// What one rule remembers of one device. Every kind of rule says what it keeps here.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Slot {
    /// Device time at which what may become a condition began.
    pub(super) since: Since,
    /// How many of it there have been.
    pub(super) count: u16,
    /// Whether the condition is present.
    pub(super) present: bool,
    /// Whether the rule does not apply: to this patient's age, to this device's model.
    pub(super) off: bool,
    /// What does not fit into the above; outlives a change of rules.
    pub(super) memory: Option<Box<Memory>>,
}

/// A change of one rule's condition in one device.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Change {
    /// It set in: what began at `start` was determined at `onset`.
    Began { start: Timestamp, onset: Timestamp, value: Option<f64> },
    /// It is no longer present.
    Ended { at: Timestamp },
}

impl Change {
    /// The device time by which changes are ordered.
    pub(super) const fn at(&self) -> Timestamp {
        match self {
            Self::Began { onset, .. } => *onset,
            Self::Ended { at } => *at,
        }
    }
}

/// The changes that one reading brings: rule (index in the set) and change, in the order in which they were found.
pub(super) type Changes = SmallVec<[(u16, Change); 4]>;

/// One rule's slot together with where its changes go.
pub(super) struct Turn<'a> {
    pub(super) rule: u16,
    pub(super) slot: &'a mut Slot,
    pub(super) changes: &'a mut Changes,
}

impl Turn<'_> {
    /// The condition sets in, unless it is present already.
    pub(super) fn begin(&mut self, start: Timestamp, onset: Timestamp, value: Option<f64>) {
        if !self.slot.present {
            self.slot.present = true;
            self.changes.push((self.rule, Change::Began { start, onset, value }));
        }
    }

    /// The condition ends, if it is present.
    pub(super) fn end(&mut self, at: Timestamp) {
        if self.slot.present {
            self.slot.present = false;
            self.changes.push((self.rule, Change::Ended { at }));
        }
    }

    /// One sample of a condition that has to hold for `delay_us`: it sets in at the first breaching sample at or after
    /// (first breaching sample + delay) if every sample between breaches, and ends at the first that clears it. What
    /// nobody vouches for (`None`) ends the run of breaches and clears nothing; what follows a gap is a first sample.
    pub(super) fn hold(
        &mut self,
        at: Timestamp,
        verdict: Option<Verdict>,
        value: Option<f64>,
        after_gap: bool,
        delay_us: i64,
    ) {
        if self.slot.present {
            if verdict == Some(Verdict::Clear) {
                self.end(at);
            }
            self.slot.since.clear();
            return;
        }
        if verdict != Some(Verdict::Breach) {
            self.slot.since.clear();
            return;
        }
        if after_gap {
            self.slot.since.clear();
        }
        let first = self.slot.since.get_or_set(at);
        if at.since_us(first) >= delay_us {
            self.slot.since.clear();
            self.begin(first, at, value);
        }
    }

    /// What the rule remembers, made by `new` where there is nothing yet or something of another kind.
    pub(super) fn memory<T>(
        &mut self,
        id: &RuleId,
        of: fn(&mut Remembered) -> Option<&mut T>,
        new: fn() -> Remembered,
    ) -> Option<&mut T> {
        let memory = self.slot.memory.get_or_insert_with(|| Box::new(Memory { rule: id.clone(), remembered: new() }));
        if of(&mut memory.remembered).is_none() {
            memory.remembered = new();
        }
        of(&mut memory.remembered)
    }
}
