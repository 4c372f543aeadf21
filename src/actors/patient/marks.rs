//! Items that were consumed without an event, and are not yet marked in the journal.

use smallvec::SmallVec;

use crate::clinical::ids::DeviceId;
use crate::clinical::patient::Run;
use crate::time::Timestamp;

/// So many uneventful items are marked together at most.
const ITEMS_MAX: u32 = 64;
/// So long an uneventful item waits for its mark at most.
const WAIT_MS_MAX: i64 = 1_000;

/// Uneventful items in the order of consumption.
#[derive(Debug, Default)]
pub(super) struct Marks {
    runs: SmallVec<[Run; 1]>,
    items: u32,
    counted: u64,
    since: Option<Timestamp>,
}

impl Marks {
    /// Adds a consumed item, which was `counted` among the consumed ones or not.
    pub fn add(&mut self, device: &DeviceId, stream_sequence: u64, now: Timestamp, counted: bool) {
        match self.runs.last_mut() {
            Some(run) if run.device == *device => run.through = stream_sequence,
            _ => self.runs.push(Run { device: device.clone(), through: stream_sequence }),
        }
        self.items += 1;
        self.counted += u64::from(counted);
        self.since.get_or_insert(now);
    }

    /// How many of them were counted.
    pub fn counted(&self) -> u64 {
        self.counted
    }

    /// Whether they must be marked now.
    pub fn are_due(&self, now: Timestamp) -> bool {
        self.items >= ITEMS_MAX || self.due_at().is_some_and(|due| due <= now)
    }

    /// When they must be marked; `None`: there are none.
    pub fn due_at(&self) -> Option<Timestamp> {
        self.since.map(|since| since.plus_ms(WAIT_MS_MAX))
    }

    /// Takes them for marking; `None`: there are none.
    pub fn take(&mut self) -> Option<SmallVec<[Run; 1]>> {
        let taken = std::mem::take(self);
        (!taken.runs.is_empty()).then_some(taken.runs)
    }
}
