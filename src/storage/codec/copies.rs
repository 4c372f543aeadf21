//! Copies of readings that were recorded for another patient.

use prost::Message;

use super::error::DecodeError;
use super::reading::{decode_lane, decode_reading, encode_lane, encode_reading};
use crate::clinical::ids::{DeviceId, PatientId};
use crate::clinical::reading::{Reading, ReadingKey};
use crate::proto;
use crate::time::Timestamp;

const WHAT: &str = "copy of readings";

/// Readings of one device that were recorded for another patient.
#[derive(Clone, Debug, PartialEq)]
pub struct Copies {
    /// The device.
    pub device: DeviceId,
    /// For whom they were recorded.
    pub from: PatientId,
    /// The readings, in the order of the device's stream.
    pub readings: Vec<CopiedReading>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq)]
pub struct CopiedReading {
    /// Where the original stands in the device's stream.
    pub stream_sequence: u64,
    /// Receipt time of the original.
    pub received_at: Timestamp,
    /// The reading as it is judged: in judged time, without the observations that do not count.
    pub reading: Reading,
}

/// Encodes copies.
#[must_use]
pub fn encode_copies(copies: &Copies) -> Vec<u8> {
    let reading = |copy: &CopiedReading| proto::CopiedReading {
        stream_sequence: copy.stream_sequence,
        received_at_us: copy.received_at.micros(),
        boot: copy.reading.key.boot,
        lane: encode_lane(copy.reading.key.lane),
        sequence: copy.reading.key.sequence,
        body: encode_reading(&copy.reading),
    };
    proto::CopiedReadings {
        device: copies.device.to_string(),
        from: copies.from.to_string(),
        readings: copies.readings.iter().map(reading).collect(),
    }
    .encode_to_vec()
}

/// Decodes copies.
///
/// # Errors
/// [`DecodeError`].
pub fn decode_copies(plaintext: &[u8]) -> Result<Copies, DecodeError> {
    let stored = proto::CopiedReadings::decode(plaintext).map_err(|error| DecodeError::because(WHAT, error))?;
    let reading = |copy: &proto::CopiedReading| {
        let key = ReadingKey { boot: copy.boot, lane: decode_lane(copy.lane)?, sequence: copy.sequence };
        Ok(CopiedReading {
            stream_sequence: copy.stream_sequence,
            received_at: Timestamp(copy.received_at_us),
            reading: decode_reading(key, &copy.body)?,
        })
    };
    Ok(Copies {
        device: DeviceId::new(&stored.device).map_err(|error| DecodeError::because(WHAT, error))?,
        from: PatientId::new(&stored.from).map_err(|error| DecodeError::because(WHAT, error))?,
        readings: stored.readings.iter().map(reading).collect::<Result<_, _>>()?,
    })
}
