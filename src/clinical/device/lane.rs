//! One contiguous sequence of readings: (boot, lane).

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::clinical::reading::Lane;

/// How many fingerprints are kept per lane: a repeat of an older one counts as a duplicate, unverified.
pub(super) const FINGERPRINTS_KEPT: usize = 16;

/// What a sequence number means at this point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// The next one.
    Next,
    /// Came before, with the same content or too long ago to tell.
    Duplicate,
    /// Came before with other content.
    Conflict,
    /// Something before it is missing.
    Gap,
}

/// How far one (boot, lane) has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LaneState {
    pub boot: u64,
    pub lane: Lane,
    /// Last contiguous sequence; 0: none.
    pub through: u64,
    /// Fingerprints of the newest sequences, the last of them of `through`. A declared gap empties it.
    recent: VecDeque<u64>,
}

impl LaneState {
    pub fn new(boot: u64, lane: Lane) -> Self {
        Self { boot, lane, through: 0, recent: VecDeque::new() }
    }

    /// Judges `sequence` with its content.
    pub fn order(&self, sequence: u64, fingerprint: u64) -> Order {
        if sequence == self.through + 1 {
            return Order::Next;
        }
        if sequence > self.through {
            return Order::Gap;
        }
        let back = usize::try_from(self.through - sequence).unwrap_or(usize::MAX);
        match self.recent.len().checked_sub(back + 1).and_then(|index| self.recent.get(index)) {
            Some(known) if *known != fingerprint => Order::Conflict,
            _ => Order::Duplicate,
        }
    }

    /// Takes the next sequence.
    pub fn advance(&mut self, sequence: u64, fingerprint: u64) {
        self.through = sequence;
        if self.recent.len() == FINGERPRINTS_KEPT {
            self.recent.pop_front();
        }
        self.recent.push_back(fingerprint);
    }

    /// Passes over sequences that the device declared lost.
    pub fn skip_to(&mut self, through: u64) {
        self.through = through;
        self.recent.clear();
    }
}
