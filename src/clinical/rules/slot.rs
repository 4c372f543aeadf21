//! What one rule remembers of one device, and how it says that its condition changed.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::time::Timestamp;

/// What one rule remembers of one device. Every kind of rule says what it keeps here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Slot {
    /// Device time at which what may become a condition began.
    pub(super) since: Option<Timestamp>,
    /// How many of it there have been.
    pub(super) count: u16,
    /// Whether the condition is present.
    pub(super) present: bool,
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
}
