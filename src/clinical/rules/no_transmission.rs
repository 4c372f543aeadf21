//! A device that sends rarely and has not sent for too long: technical.

use super::fields::Fields;
use super::slot::Turn;
use crate::time::Timestamp;

/// No reading of the device for `after_s`. Onset: the newest reading + that time; ends with the next reading. In a
/// recording it is found with the reading that ends it; the device's actor finds it by receipt time.
///
/// Slot: `since` is the newest reading.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct NoTransmission {
    pub(super) after_us: i64,
}

impl NoTransmission {
    pub(super) fn parse(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self { after_us: fields.window_s("after_s", 0)? })
    }

    pub(super) fn hear(&self, turn: &mut Turn<'_>, at: Timestamp) {
        let newest = turn.slot.since.get().unwrap_or(at);
        turn.slot.since.set(at);
        let onset = newest.plus_us(self.after_us);
        if at >= onset {
            turn.begin(newest, onset, None);
        }
        turn.end(at);
    }
}
