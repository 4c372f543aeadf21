//! Readings that come late: judged where they belong by their device time, together with all that came after it.
//!
//! A reading is late if it lies before what was judged of its device, or comes by the backlog lane. It waits, for a moment,
//! for others; then what the rules remembered before the earliest of them judges everything since anew, once without and
//! once with what came late. What differs is what they changed. (docs/adr/0024)

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::input::LateBase;
use super::state::PatientState;
use crate::clinical::ids::DeviceId;
use crate::clinical::reading::{Lane, Reading};
use crate::clinical::rules::RuleStates;
use crate::time::Timestamp;

/// Project default: readings older than this against the newest are kept, and not judged.
pub const LATE_BOUND_MS: i64 = 72 * 3_600_000;
/// So long the first late reading waits for others, so that a backlog is judged in few steps: well below the second in
/// which what is found must stand on the worklist.
pub const LATE_WAIT_MS: i64 = 300;
/// What the rules remember is kept so often, in device time: so much more than what came late is judged anew at most.
const KEEP_EVERY_US: i64 = 4 * 3_600_000_000;

/// Where a patient stands with late readings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Late {
    waiting: Vec<Waiting>,
    /// Receipt time of the first of them.
    since: Option<Timestamp>,
    /// What was kept, ascending.
    kept: Vec<Kept>,
    /// How far each device's stream was consumed when the stay began.
    began: Vec<(DeviceId, u64)>,
    /// How many readings were too old to be judged.
    beyond: u64,
}

/// A late reading that was not judged yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Waiting {
    device: DeviceId,
    stream_sequence: u64,
    at: Timestamp,
}

/// What the rules remembered once.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Kept {
    /// Device time of the newest reading that was judged.
    at: Timestamp,
    /// Sequence of its record in the patient's stream.
    sequence: u64,
}

/// What the rules remember at one moment, with all that they had judged by then.
#[derive(Clone, Debug, PartialEq)]
pub struct Windows {
    /// Device time of the newest reading that was judged.
    pub at: Timestamp,
    /// What they remember.
    pub states: RuleStates,
    /// How far each device's stream was consumed.
    pub marks: Vec<(DeviceId, u64)>,
}

/// A reading of the past, as it is judged.
#[derive(Clone, Debug, PartialEq)]
pub struct PastReading {
    /// Its device.
    pub device: DeviceId,
    /// Where it stands in the device's stream.
    pub stream_sequence: u64,
    /// The reading.
    pub reading: Reading,
}

/// What late readings are judged from: what the rules remembered, and every reading since.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// What they remembered.
    pub states: RuleStates,
    /// Every reading since, in any order.
    pub readings: Vec<PastReading>,
}

impl Late {
    /// A new stay begins.
    pub(super) fn begin(&mut self, marks: Vec<(DeviceId, u64)>) {
        *self = Self { began: marks, beyond: self.beyond, ..Self::default() };
    }

    pub(super) fn note(&mut self, device: &DeviceId, stream_sequence: u64, reading: &Reading, now: Timestamp) {
        self.waiting.push(Waiting { device: device.clone(), stream_sequence, at: reading.device_time });
        self.since.get_or_insert(now);
    }

    /// Takes what waits: the places of those that are not too old, and the earliest of their times.
    pub(super) fn take(&mut self, newest: Timestamp, bound_us: i64) -> (HashSet<(DeviceId, u64)>, Option<Timestamp>) {
        self.since = None;
        let oldest_allowed = newest.plus_us(-bound_us);
        let (judged, beyond): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.waiting).into_iter().partition(|waiting| waiting.at >= oldest_allowed);
        self.beyond += beyond.len() as u64;
        let earliest = judged.iter().map(|waiting| waiting.at).min();
        (judged.into_iter().map(|waiting| (waiting.device, waiting.stream_sequence)).collect(), earliest)
    }

    /// What was kept after `earliest` is not what it would have been; what is older than the bound is not needed, but for
    /// the newest of it.
    pub(super) fn forget(&mut self, earliest: Option<Timestamp>, newest: Timestamp, bound_us: i64) {
        if let Some(earliest) = earliest {
            self.kept.retain(|kept| kept.at < earliest);
        }
        let needed_from = newest.plus_us(-bound_us);
        let old = self.kept.iter().filter(|kept| kept.at < needed_from).count();
        self.kept.drain(..old.saturating_sub(1));
    }
}

impl PatientState {
    /// Receipt time at which late readings are to be judged; `None`: there are none.
    #[must_use]
    pub fn late_due(&self) -> Option<Timestamp> {
        self.late.since.map(|since| since.plus_ms(LATE_WAIT_MS))
    }

    /// How many readings came so late that they were not judged.
    #[must_use]
    pub const fn beyond_bound(&self) -> u64 {
        self.late.beyond
    }

    /// Whether a reading belongs before something that was judged, or must be taken to.
    pub(super) fn is_late(&self, device: &DeviceId, reading: &Reading) -> bool {
        reading.key.lane == Lane::Backlog || self.rules.is_late(device, reading)
    }

    /// From where the late readings that wait are to be judged.
    #[must_use]
    pub fn late_base(&self, bound_us: i64) -> LateBase {
        let judged = self.rules.newest();
        let newest = self.newest_known();
        let oldest_allowed = newest.plus_us(-bound_us);
        let waiting = self.late.waiting.iter().map(|waiting| waiting.at);
        let Some(earliest) = waiting.filter(|at| *at >= oldest_allowed).min() else { return LateBase::Now };
        if judged.is_none_or(|judged| earliest >= judged) {
            return LateBase::Now;
        }
        let before = self.late.kept.iter().rev().find(|kept| kept.at < earliest);
        before.map_or(LateBase::Stay, |kept| LateBase::Windows(kept.sequence))
    }

    /// The readings that must be read to judge from `base`: device, first and last stream sequence. `marks` are those of
    /// the record that the base names.
    #[must_use]
    pub fn late_readings(&self, base: LateBase, marks: &[(DeviceId, u64)]) -> Vec<(DeviceId, u64, u64)> {
        let since = match base {
            LateBase::Now => return self.waiting_ranges(),
            LateBase::Stay => &self.late.began[..],
            LateBase::Windows(_) => marks,
        };
        let after = |device: &DeviceId| since.iter().find(|(known, _)| known == device).map_or(0, |(_, mark)| *mark);
        let ranges = self.marks().map(|(device, through)| (device.clone(), after(device) + 1, through));
        ranges.filter(|(_, first, last)| first <= last).collect()
    }

    fn waiting_ranges(&self) -> Vec<(DeviceId, u64, u64)> {
        let mut ranges: Vec<(DeviceId, u64, u64)> = Vec::new();
        for Waiting { device, stream_sequence, .. } in &self.late.waiting {
            let known = ranges.iter_mut().find(|(known, ..)| known == device);
            let Some((_, first, last)) = known else {
                ranges.push((device.clone(), *stream_sequence, *stream_sequence));
                continue;
            };
            (*first, *last) = ((*first).min(*stream_sequence), (*last).max(*stream_sequence));
        }
        ranges
    }

    /// Device time of the newest reading, judged or waiting.
    pub(super) fn newest_known(&self) -> Timestamp {
        let waiting = self.late.waiting.iter().map(|waiting| waiting.at).max();
        waiting.max(self.rules.newest()).unwrap_or(Timestamp::MIN)
    }

    /// What the rules remember, where it is time to keep it.
    #[must_use]
    pub fn windows_to_keep(&self) -> Option<Windows> {
        let at = self.rules.newest()?;
        let last = self.late.kept.last().map(|kept| kept.at);
        let due = last.is_none_or(|last| at.since_us(last) >= KEEP_EVERY_US);
        (due && self.late.waiting.is_empty()).then(|| self.windows(at))
    }

    /// What the rules remember now.
    #[must_use]
    pub fn windows(&self, at: Timestamp) -> Windows {
        let marks = self.marks().map(|(device, mark)| (device.clone(), mark)).collect();
        Windows { at, states: self.rules.clone(), marks }
    }

    /// What the rules remembered is kept at `sequence` of the patient's stream.
    pub fn note_windows(&mut self, at: Timestamp, sequence: u64) {
        self.late.kept.push(Kept { at, sequence });
    }
}
