//! What becomes of a reading, or of a declared gap, that arrives.

use smallvec::{SmallVec, smallvec};
use smol_str::SmolStr;

use super::decoding::Received;
use super::event::{ConditionChange, DeviceEvent, StoredReading};
use super::lane::Order;
use super::liveness::{DEVICE_SILENT, clock_change, technical};
use super::state::DeviceState;
use crate::clinical::condition::{Priority, built_in_rule};
use crate::clinical::ids::DeviceId;
use crate::clinical::reading::{Lane, ReadingKey};
use crate::time::Timestamp;

/// A device clock that is off by more than this is not believed: readings are judged by receipt time.
pub const CLOCK_SKEW_US_MAX: i64 = 300_000_000;
/// Rule of a device that holds a receipt of ours for what the journal does not have.
pub const JOURNAL_BEHIND: &str = "journal_behind_receipt";

/// What became of a reading that arrived.
#[allow(clippy::large_enum_variant)] // The large one is the usual one.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrival {
    /// It is new: these events follow.
    New(SmallVec<[DeviceEvent; 1]>),
    /// It came before.
    Duplicate,
    /// It came before with other content: set aside by this event.
    Conflict(Box<DeviceEvent>),
    /// Something before it is missing; it was not taken. `say`: the sender has not been told yet.
    Gap {
        /// Boot, lane and the sequence that is expected.
        resume_from: ReadingKey,
        /// Whether the sender is yet to be told.
        say: bool,
    },
}

impl DeviceState {
    /// Judges a reading that arrived.
    #[must_use]
    pub fn receive(&self, device: &DeviceId, received: Received, now: Timestamp) -> Arrival {
        let (key, fingerprint) = (received.reading.key, received.fingerprint);
        match self.order(key, fingerprint) {
            Order::Next => self.take(device, received, now),
            Order::Duplicate => Arrival::Duplicate,
            Order::Conflict => {
                let reading = Box::new(received.into_verbatim());
                Arrival::Conflict(Box::new(DeviceEvent::Conflicted { reading, fingerprint }))
            }
            Order::Gap => Arrival::Gap {
                resume_from: ReadingKey { sequence: self.through(key.boot, key.lane) + 1, ..key },
                say: !self.told_to_resume.contains(&(key.boot, key.lane)),
            },
        }
    }

    /// Judges a declaration that `from.sequence` to `through` are lost.
    #[must_use]
    pub fn declare_gap(&self, from: ReadingKey, through: u64) -> Arrival {
        let known = self.through(from.boot, from.lane);
        if through <= known {
            return Arrival::Duplicate;
        }
        if from.sequence > known + 1 {
            let resume_from = ReadingKey { sequence: known + 1, ..from };
            return Arrival::Gap { resume_from, say: !self.told_to_resume.contains(&(from.boot, from.lane)) };
        }
        let from = ReadingKey { sequence: known + 1, ..from };
        Arrival::New(smallvec![DeviceEvent::GapDeclared { from, through }])
    }

    /// Judges a receipt of ours that the device shows, which a proof has authenticated. One that is ahead of what is
    /// stored says that the journal went back: a latched alert that stops nothing. Empty: it is borne out.
    #[must_use]
    pub fn shown_receipt(&self, device: &DeviceId, receipt: ReadingKey, now: Timestamp) -> Vec<DeviceEvent> {
        if receipt.sequence <= self.through(receipt.boot, receipt.lane) {
            return Vec::new();
        }
        let text = SmolStr::new_static("the device holds a receipt for readings that the journal does not have");
        let mut began = technical(device, JOURNAL_BEHIND, Priority::High, now, now, text);
        began.latching = true;
        let changes = [ConditionChange::Began(began), ConditionChange::Ended(built_in_rule(JOURNAL_BEHIND), now)];
        changes.into_iter().map(|change| self.condition(change)).collect()
    }

    /// Notes that the sender of a lane was told to resume; until it does, it is not told again.
    pub fn note_told(&mut self, boot: u64, lane: Lane) {
        if !self.told_to_resume.contains(&(boot, lane)) {
            self.told_to_resume.push((boot, lane));
        }
    }

    /// A new stream knows nothing of what an older one was told.
    pub fn forget_told(&mut self) {
        self.told_to_resume.clear();
    }

    fn order(&self, key: ReadingKey, fingerprint: u64) -> Order {
        match self.lanes.iter().find(|state| (state.boot, state.lane) == (key.boot, key.lane)) {
            Some(state) => state.order(key.sequence, fingerprint),
            None if key.sequence == 1 => Order::Next,
            None => Order::Gap,
        }
    }

    fn take(&self, device: &DeviceId, received: Received, now: Timestamp) -> Arrival {
        let skew_us = now.since_us(received.reading.sent_at);
        // A difference of two instants at the far ends of the calendar does not fit; it is off by any measure.
        let off = skew_us.checked_abs().is_none_or(|skew_us| skew_us > CLOCK_SKEW_US_MAX);
        let shift_us = if off { skew_us } else { 0 };
        let judged_time = received.reading.device_time.plus_us(shift_us);
        let hand_over = self.assignments.owner(judged_time).map(|patient| self.link(patient));
        let changes = self.decoding.changes(device, &received, now);
        let Received { reading, fingerprint, decoding, rejections } = received;
        let stored = StoredReading { reading, fingerprint, hand_over, shift_us, rejections, decoding };
        let mut events: SmallVec<[DeviceEvent; 1]> = smallvec![DeviceEvent::Reading(Box::new(stored))];
        if self.silent {
            events.push(self.condition(ConditionChange::Ended(built_in_rule(DEVICE_SILENT), now)));
        }
        if off != self.clock_off {
            events.push(self.condition(clock_change(device, off, now)));
        }
        events.extend(changes.into_iter().map(|change| self.condition(change)));
        Arrival::New(events)
    }
}
