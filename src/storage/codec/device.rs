//! Records of a device's stream: bookkeeping in the head, the reading in the body.

use prost::Message;
use smol_str::SmolStr;

use super::error::DecodeError;
use super::reading::{decode_lane, decode_reading, encode_lane, encode_reading};
use super::{condition, custody};
use crate::clinical::codes::Code;
use crate::clinical::decoder::DecodedBy;
use crate::clinical::device::{
    Announcement, ConditionChange, Decoding, DeviceEvent, HandOver, Registration, StoredReading,
};
use crate::clinical::ids::{GatewayId, IdError, PatientId, UnitId};
use crate::clinical::judge::Rejection;
use crate::clinical::reading::ReadingKey;
use crate::proto::{self, device_record::Event as Stored};
use crate::time::Timestamp;

const WHAT: &str = "device record";

/// The head of a device's record. Readings need the body as well: see [`DeviceRecord::with_body`].
#[derive(Clone, Debug, PartialEq)]
pub struct DeviceRecord {
    /// Receipt time of the decision.
    pub now: Timestamp,
    event: Stored,
}

/// What became of a sequence that was receipted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipted {
    /// It is stored, and counts.
    Stored,
    /// It is stored, and set aside: its payload cannot be decoded.
    Undecodable,
    /// The device declared it lost.
    DeclaredMissing,
}

/// Encodes an event decided at `now` into head and body; the body is empty for all but readings.
#[must_use]
pub fn encode_device(event: &DeviceEvent, now: Timestamp) -> (Vec<u8>, Vec<u8>) {
    let (stored, body) = match event {
        DeviceEvent::Registered(registration) => (Stored::Registered(encode_registration(registration)), Vec::new()),
        DeviceEvent::Announced(said) => {
            let (model, firmware) = (said.model.to_string(), said.firmware.to_string());
            (Stored::Announced(proto::DeviceAnnounced { model, firmware }), Vec::new())
        }
        DeviceEvent::Custody(custody) => (custody::encode(custody), Vec::new()),
        DeviceEvent::Reading(stored) => (Stored::Reading(encode_stored(stored)), encode_reading(&stored.reading)),
        DeviceEvent::GapDeclared { from, through } => (
            Stored::Gap(proto::GapDeclared {
                boot: from.boot,
                lane: encode_lane(from.lane),
                from_sequence: from.sequence,
                through_sequence: *through,
            }),
            Vec::new(),
        ),
        DeviceEvent::Conflicted { reading, fingerprint } => (
            Stored::Conflict(proto::ReadingConflicted {
                boot: reading.key.boot,
                lane: encode_lane(reading.key.lane),
                sequence: reading.key.sequence,
                fingerprint: *fingerprint,
            }),
            encode_reading(reading),
        ),
        DeviceEvent::RulesAdopted { hash, engine } => {
            (Stored::RulesAdopted(proto::RulesAdopted { hash: hash.to_vec(), engine: *engine }), Vec::new())
        }
        DeviceEvent::Condition { hand_over, change } => (encode_change(hand_over.as_ref(), change), Vec::new()),
    };
    let record = proto::DeviceRecord { now_us: now.micros(), event: Some(stored) };
    (record.encode_to_vec(), body)
}

/// Decodes the head of a record.
///
/// # Errors
/// [`DecodeError`].
pub fn decode_device(head: &[u8]) -> Result<DeviceRecord, DecodeError> {
    let record = proto::DeviceRecord::decode(head).map_err(|error| DecodeError::because(WHAT, error))?;
    let event = record.event.ok_or_else(|| DecodeError::missing(WHAT, "event"))?;
    Ok(DeviceRecord { now: Timestamp(record.now_us), event })
}

impl DeviceRecord {
    /// To whom the body belongs: under this patient's key it is sealed. `None`: the device's own.
    ///
    /// # Errors
    /// [`DecodeError`]: the patient's id is none.
    pub fn body_of(&self) -> Result<Option<PatientId>, DecodeError> {
        match &self.event {
            Stored::Reading(reading) => Ok(decode_link(reading.hand_over.as_ref())?.map(|link| link.patient)),
            _ => Ok(None),
        }
    }

    /// The link of the chain of hand-overs that this record is, if it is one.
    ///
    /// # Errors
    /// [`DecodeError`]: the patient's id is none.
    pub fn hand_over(&self) -> Result<Option<HandOver>, DecodeError> {
        match &self.event {
            Stored::Reading(reading) => decode_link(reading.hand_over.as_ref()),
            Stored::ConditionBegan(began) => decode_link(began.hand_over.as_ref()),
            Stored::ConditionEnded(ended) => decode_link(ended.hand_over.as_ref()),
            Stored::Registered(_)
            | Stored::Announced(_)
            | Stored::RulesAdopted(_)
            | Stored::Gap(_)
            | Stored::Conflict(_) => Ok(None),
            of_custody => custody::hand_over(of_custody),
        }
    }

    /// Whether a condition of the device set in or ended.
    #[must_use]
    pub const fn is_condition(&self) -> bool {
        matches!(self.event, Stored::ConditionBegan(_) | Stored::ConditionEnded(_))
    }

    /// What this record receipts: the first key, the last sequence, and what became of them. `None`: nothing.
    ///
    /// # Errors
    /// [`DecodeError`]: the lane is none.
    pub fn receipted(&self) -> Result<Option<(ReadingKey, u64, Receipted)>, DecodeError> {
        match &self.event {
            Stored::Reading(reading) => {
                let key = key(reading.boot, reading.lane, reading.sequence)?;
                let undecodable = !reading.undecodable.is_empty();
                let what = if undecodable { Receipted::Undecodable } else { Receipted::Stored };
                Ok(Some((key, key.sequence, what)))
            }
            Stored::Gap(gap) => {
                let first = key(gap.boot, gap.lane, gap.from_sequence)?;
                Ok(Some((first, gap.through_sequence, Receipted::DeclaredMissing)))
            }
            _ => Ok(None),
        }
    }

    /// The key of the conflicting repeat that this record sets aside, if it does.
    ///
    /// # Errors
    /// [`DecodeError`]: the lane is none.
    pub fn conflicting(&self) -> Result<Option<ReadingKey>, DecodeError> {
        match &self.event {
            Stored::Conflict(conflict) => key(conflict.boot, conflict.lane, conflict.sequence).map(Some),
            _ => Ok(None),
        }
    }

    /// The event, with the plaintext of the body. An erased patient's readings have none: `body` is then `None`, and
    /// the reading comes back with its bookkeeping and no content.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn with_body(self, body: Option<&[u8]>) -> Result<DeviceEvent, DecodeError> {
        match self.event {
            Stored::Registered(stored) => Ok(DeviceEvent::Registered(decode_registration(&stored)?)),
            Stored::Announced(stored) => Ok(DeviceEvent::Announced(Announcement {
                model: SmolStr::new(stored.model),
                firmware: SmolStr::new(stored.firmware),
            })),
            Stored::Reading(stored) => decode_stored(stored, body),
            Stored::Gap(stored) => Ok(DeviceEvent::GapDeclared {
                from: key(stored.boot, stored.lane, stored.from_sequence)?,
                through: stored.through_sequence,
            }),
            Stored::Conflict(stored) => {
                let reading = body_or_empty(key(stored.boot, stored.lane, stored.sequence)?, body)?;
                Ok(DeviceEvent::Conflicted { reading: Box::new(reading), fingerprint: stored.fingerprint })
            }
            Stored::ConditionBegan(stored) => {
                let condition = stored.condition.ok_or_else(|| DecodeError::missing(WHAT, "condition"))?;
                let change = ConditionChange::Began(condition::decode(condition)?);
                Ok(DeviceEvent::Condition { hand_over: decode_link(stored.hand_over.as_ref())?, change })
            }
            Stored::ConditionEnded(stored) => {
                let change = ConditionChange::Ended(condition::rule(&stored.rule)?, Timestamp(stored.at_us));
                Ok(DeviceEvent::Condition { hand_over: decode_link(stored.hand_over.as_ref())?, change })
            }
            Stored::RulesAdopted(stored) => Ok(DeviceEvent::RulesAdopted {
                hash: stored.hash.try_into().map_err(|_| DecodeError::because(WHAT, "hash is not 32 bytes"))?,
                engine: stored.engine,
            }),
            of_custody => Ok(DeviceEvent::Custody(custody::decode(of_custody)?)),
        }
    }
}

fn encode_registration(registration: &Registration) -> proto::DeviceRegistered {
    proto::DeviceRegistered {
        model: registration.model.to_string(),
        firmware: registration.firmware.to_string(),
        unit: registration.unit.to_string(),
        gateway: registration.gateway.as_ref().map(ToString::to_string).unwrap_or_default(),
    }
}

fn decode_registration(stored: &proto::DeviceRegistered) -> Result<Registration, DecodeError> {
    let wrong = |error: IdError| DecodeError::because(WHAT, error);
    Ok(Registration {
        model: SmolStr::new(&stored.model),
        firmware: SmolStr::new(&stored.firmware),
        unit: UnitId::new(&stored.unit).map_err(wrong)?,
        gateway: match stored.gateway.as_str() {
            "" => None,
            gateway => Some(GatewayId::new(gateway).map_err(wrong)?),
        },
    })
}

fn encode_stored(stored: &StoredReading) -> proto::ReadingStored {
    let key = stored.reading.key;
    let (decoded_by, undecodable) = match &stored.decoding {
        Decoding::Coded => (None, String::new()),
        Decoding::By(DecodedBy { id, version, set }) => {
            (Some(proto::DecodedBy { decoder: id.to_string(), version: *version, set: *set }), String::new())
        }
        Decoding::Undecodable(why) => (None, why.clone()),
    };
    proto::ReadingStored {
        boot: key.boot,
        lane: encode_lane(key.lane),
        sequence: key.sequence,
        fingerprint: stored.fingerprint,
        hand_over: stored.hand_over.as_ref().map(encode_link),
        shift_us: stored.shift_us,
        period_ms: stored.reading.period_ms,
        rejections: stored
            .rejections
            .iter()
            .map(|rejection| proto::Rejection {
                // A message has fewer observations than this.
                index: rejection.observation.and_then(|index| u32::try_from(index).ok()),
                code: rejection.code.0,
                reason: rejection.reason.clone(),
            })
            .collect(),
        decoded_by,
        undecodable,
    }
}

fn decode_stored(stored: proto::ReadingStored, body: Option<&[u8]>) -> Result<DeviceEvent, DecodeError> {
    let mut reading = body_or_empty(key(stored.boot, stored.lane, stored.sequence)?, body)?;
    reading.period_ms = stored.period_ms;
    let decoding = match stored.decoded_by {
        Some(by) => Decoding::By(DecodedBy { id: SmolStr::new(by.decoder), version: by.version, set: by.set }),
        None if stored.undecodable.is_empty() => Decoding::Coded,
        None => Decoding::Undecodable(stored.undecodable),
    };
    Ok(DeviceEvent::Reading(Box::new(StoredReading {
        reading,
        fingerprint: stored.fingerprint,
        hand_over: decode_link(stored.hand_over.as_ref())?,
        shift_us: stored.shift_us,
        rejections: stored
            .rejections
            .into_iter()
            .map(|rejection| Rejection {
                observation: rejection.index.map(|index| index as usize),
                code: Code(rejection.code),
                reason: rejection.reason,
            })
            .collect(),
        decoding,
    })))
}

fn body_or_empty(key: ReadingKey, body: Option<&[u8]>) -> Result<crate::clinical::reading::Reading, DecodeError> {
    // Without its body a reading has no times and no observations: an empty message decodes to just that.
    decode_reading(key, body.unwrap_or_default())
}

fn encode_change(hand_over: Option<&HandOver>, change: &ConditionChange) -> Stored {
    let hand_over = hand_over.map(encode_link);
    match change {
        ConditionChange::Began(began) => {
            Stored::ConditionBegan(proto::DeviceConditionBegan { hand_over, condition: Some(condition::encode(began)) })
        }
        ConditionChange::Ended(rule, at) => Stored::ConditionEnded(proto::DeviceConditionEnded {
            hand_over,
            rule: rule.to_string(),
            at_us: at.micros(),
        }),
    }
}

pub(super) fn encode_link(link: &HandOver) -> proto::HandOver {
    proto::HandOver { patient: link.patient.to_string(), previous: link.previous }
}

pub(super) fn decode_link(stored: Option<&proto::HandOver>) -> Result<Option<HandOver>, DecodeError> {
    let Some(stored) = stored else { return Ok(None) };
    let patient = PatientId::new(&stored.patient).map_err(|error| DecodeError::because(WHAT, error))?;
    Ok(Some(HandOver { patient, previous: stored.previous }))
}

pub(super) fn required_link(stored: Option<&proto::HandOver>) -> Result<HandOver, DecodeError> {
    decode_link(stored)?.ok_or_else(|| DecodeError::missing(WHAT, "hand_over"))
}

fn key(boot: u64, lane: i32, sequence: u64) -> Result<ReadingKey, DecodeError> {
    Ok(ReadingKey { boot, lane: decode_lane(lane)?, sequence })
}
