//! What happens in a device's stream.

use serde::{Deserialize, Serialize};
use smol_str::{SmolStr, format_smolstr};

use super::custody_event::CustodyEvent;
use super::decoding::{Announcement, Decoding};
use crate::clinical::condition::Condition;
use crate::clinical::ids::{GatewayId, PatientId, RuleId, UnitId};
use crate::clinical::judge::{Rejection, take_out};
use crate::clinical::reading::{Lane, Reading, ReadingKey, Validity};
use crate::time::Timestamp;

/// What was registered of a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// Model; chooses the decoder.
    pub model: SmolStr,
    /// Firmware; chooses the decoder's version.
    pub firmware: SmolStr,
    /// The unit whose technicians care for it.
    pub unit: UnitId,
    /// The gateway that speaks for it; `None`: it speaks for itself.
    pub gateway: Option<GatewayId>,
}

/// Where an item stands in what this device hands to one patient. The chain lets the patient's actor see what it missed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandOver {
    /// To whom.
    pub patient: PatientId,
    /// Stream sequence of the item before it for the same patient; 0 for the first.
    pub previous: u64,
}

/// A reading as it stands in the device's stream.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredReading {
    /// As received, with what its payload was decoded to; observations that were rejected are still in it.
    pub reading: Reading,
    /// Hash of its content as received, without `sent_at`.
    pub fingerprint: u64,
    /// To whom it was handed; `None`: the device belonged to nobody.
    pub hand_over: Option<HandOver>,
    /// Added to the device's times where its clock is off by more than the bound; otherwise 0.
    pub shift_us: i64,
    /// What of it does not count, in the order of the observations.
    pub rejections: Vec<Rejection>,
    /// Where the observations come from.
    pub decoding: Decoding,
}

impl StoredReading {
    /// The reading as it is judged: in judged time, without the observations that do not count. One whose payload
    /// cannot be decoded says that there was something which nobody could read: its signal is not valid, and nothing
    /// was watched.
    #[must_use]
    pub fn into_judged(self) -> Reading {
        let mut reading = self.reading;
        take_out(&mut reading, &self.rejections);
        reading.payload = None;
        if let Decoding::By(by) = &self.decoding {
            reading.decoder = Some(format_smolstr!("{} v{}", by.id, by.version));
        }
        if let Decoding::Undecodable(_) = self.decoding {
            reading.signal = Validity::Invalid;
            reading.observed_until = None;
            reading.observations.clear();
        }
        if self.shift_us != 0 {
            let shift = |at: Timestamp| at.plus_us(self.shift_us);
            reading.device_time = shift(reading.device_time);
            reading.sent_at = shift(reading.sent_at);
            reading.observed_until = reading.observed_until.map(shift);
        }
        reading
    }
}

/// A condition of the device set in or ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ConditionChange {
    /// It set in.
    Began(Condition),
    /// It ended at this receipt time.
    Ended(RuleId, Timestamp),
}

/// A fact of a device's stream.
#[derive(Clone, Debug, PartialEq)]
pub enum DeviceEvent {
    /// The device became known, or its registration was replaced.
    Registered(Registration),
    /// The device says what it is: new to us, or other than before.
    Announced(Announcement),
    /// Whose it is changed.
    Custody(CustodyEvent),
    /// A reading was stored.
    Reading(Box<StoredReading>),
    /// The device declared sequences lost.
    GapDeclared {
        /// First sequence lost, with its boot and lane.
        from: ReadingKey,
        /// Last sequence lost.
        through: u64,
    },
    /// A sequence came again with other content: set aside.
    Conflicted {
        /// The content.
        reading: Box<Reading>,
        /// Its hash.
        fingerprint: u64,
    },
    /// From here on these rules and this version of the engine judge the device.
    RulesAdopted {
        /// Hash of the rule set.
        hash: [u8; 32],
        /// Version of the engine.
        engine: u32,
    },
    /// A condition of the device itself; handed to the patient to whom it is assigned.
    Condition {
        /// To whom; `None`: nobody.
        hand_over: Option<HandOver>,
        /// What changed.
        change: ConditionChange,
    },
}

impl From<CustodyEvent> for DeviceEvent {
    fn from(event: CustodyEvent) -> Self {
        Self::Custody(event)
    }
}

impl DeviceEvent {
    /// To whom this is handed, if to anybody.
    #[must_use]
    pub fn hand_over(&self) -> Option<&HandOver> {
        match self {
            Self::Custody(custody) => custody.hand_over(),
            Self::Reading(stored) => stored.hand_over.as_ref(),
            Self::Condition { hand_over, .. } => hand_over.as_ref(),
            Self::Registered(_)
            | Self::Announced(_)
            | Self::RulesAdopted { .. }
            | Self::GapDeclared { .. }
            | Self::Conflicted { .. } => None,
        }
    }

    /// The (boot, lane) and last sequence that this event receipts, if it does.
    #[must_use]
    pub fn receipts(&self) -> Option<(u64, Lane, u64)> {
        match self {
            Self::Reading(stored) => {
                let key = stored.reading.key;
                Some((key.boot, key.lane, key.sequence))
            }
            Self::GapDeclared { from, through } => Some((from.boot, from.lane, *through)),
            _ => None,
        }
    }
}
