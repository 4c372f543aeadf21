//! The watched signal as a whole is lost: technical.

use super::fields::Fields;
use super::slot::Turn;
use crate::clinical::reading::{Reading, Validity};

/// The device says for `for_ms` that the signal which it watches is not valid (lead off). Ends with the first reading
/// that says otherwise.
///
/// Slot: `since` is the first reading without a valid signal.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SignalLoss {
    for_us: i64,
}

impl SignalLoss {
    pub(super) fn parse(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self { for_us: fields.duration_ms("for_ms")? })
    }

    pub(super) fn hear(&self, turn: &mut Turn<'_>, reading: &Reading) {
        let at = reading.device_time;
        if reading.signal == Validity::Valid {
            turn.end(at);
            turn.slot.since.clear();
            return;
        }
        let since = turn.slot.since.get_or_set(at);
        let onset = since.plus_us(self.for_us);
        if reading.observed_until.unwrap_or(at).max(at) >= onset {
            turn.begin(since, onset, None);
        }
    }
}
