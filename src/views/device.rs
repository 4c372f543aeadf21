//! What is known of a device from what it sent.

use serde::{Deserialize, Serialize};

use crate::clinical::codes::Code;
use crate::clinical::device::{DeviceEvent, StoredReading};
use crate::clinical::reading::{Validity, Value};
use crate::time::Timestamp;

/// What is known of a device from what it sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DeviceSum {
    /// Receipt time of the newest reading.
    pub last_reading: Option<Timestamp>,
    /// Receipt time of the newest live reading minus the device's time of sending it: clock skew and transport.
    pub skew_ms: Option<i64>,
    /// Added to its times, because its clock is off by more than the bound; 0: it is believed.
    pub shift_ms: i64,
    /// Its battery, as it says.
    pub battery_percent: Option<f64>,
    /// Readings stored.
    pub readings: u64,
    /// Readings set aside: their payloads cannot be decoded.
    pub undecodable: u64,
    /// Repeats with other content, set aside.
    pub conflicting: u64,
    /// Observations that were rejected.
    pub rejected: u64,
    /// Sequences that it declared lost.
    pub lost: u64,
    /// Journal position of the newest record.
    pub position: u64,
}

impl DeviceSum {
    /// Folds an event in.
    pub(super) fn take(&mut self, event: &DeviceEvent, received: Timestamp, position: u64) {
        self.position = position;
        match event {
            DeviceEvent::Reading(stored) => self.reading(stored, received),
            DeviceEvent::Conflicted { .. } => self.conflicting += 1,
            DeviceEvent::GapDeclared { from, through } => {
                self.lost += through.saturating_sub(from.sequence).saturating_add(1);
            }
            _ => {}
        }
    }

    fn reading(&mut self, stored: &StoredReading, received: Timestamp) {
        use crate::clinical::device::Decoding;
        use crate::clinical::reading::Lane;
        self.last_reading = Some(received);
        self.readings += 1;
        self.undecodable += u64::from(matches!(stored.decoding, Decoding::Undecodable(_)));
        self.rejected += stored.rejections.len() as u64;
        self.shift_ms = stored.shift_us / 1_000;
        // Of an erased patient there is no time of sending any more.
        if stored.reading.key.lane == Lane::Live && stored.reading.sent_at != Timestamp(0) {
            self.skew_ms = Some(received.since_ms(stored.reading.sent_at));
        }
        let battery = Code::by_name("battery_percentage").map(|info| info.code);
        for observation in &stored.reading.observations {
            if let (true, Value::Number(percent)) = (Some(observation.code) == battery, &observation.value)
                && observation.validity == Validity::Valid
            {
                self.battery_percent = Some(*percent);
            }
        }
    }
}
