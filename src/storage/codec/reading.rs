//! A reading's body.

use prost::Message;
use smol_str::SmolStr;

use super::error::DecodeError;
use crate::clinical::codes::Code;
use crate::clinical::reading::{Lane, Observation, RawPayload, Reading, ReadingKey, Validity, Value};
use crate::clinical::units::Unit;
use crate::proto;
use crate::time::Timestamp;

const WHAT: &str = "reading";

/// Encodes all of a reading but its key, which stands in the bookkeeping.
#[must_use]
pub fn encode_reading(reading: &Reading) -> Vec<u8> {
    let at = reading.device_time;
    let stored = proto::StoredReading {
        device_time_us: at.micros(),
        sent_after_us: reading.sent_at.micros().wrapping_sub(at.micros()),
        observed_after_us: reading.observed_until.map(|until| until.micros().wrapping_sub(at.micros())),
        period_ms: reading.period_ms,
        signal: encode_validity(reading.signal),
        observations: reading.observations.iter().map(encode_observation).collect(),
        payload: reading.payload.as_ref().map(|payload| proto::RawPayload {
            content_type: payload.content_type.to_string(),
            body: payload.bytes.clone(),
        }),
    };
    stored.encode_to_vec()
}

/// Decodes the body of the reading with this key.
///
/// # Errors
/// [`DecodeError`].
pub fn decode_reading(key: ReadingKey, body: &[u8]) -> Result<Reading, DecodeError> {
    let stored = proto::StoredReading::decode(body).map_err(|error| DecodeError::because(WHAT, error))?;
    let at = stored.device_time_us;
    Ok(Reading {
        key,
        device_time: Timestamp(at),
        sent_at: Timestamp(at.wrapping_add(stored.sent_after_us)),
        observed_until: stored.observed_after_us.map(|after| Timestamp(at.wrapping_add(after))),
        period_ms: stored.period_ms,
        signal: decode_validity(stored.signal)?,
        observations: stored.observations.into_iter().map(decode_observation).collect::<Result<_, _>>()?,
        decoder: None,
        payload: stored.payload.map(|payload| {
            Box::new(RawPayload { content_type: SmolStr::new(payload.content_type), bytes: payload.body })
        }),
    })
}

fn encode_observation(observation: &Observation) -> proto::StoredObservation {
    use proto::stored_observation::Value as Stored;
    let value = match &observation.value {
        Value::Number(number) => Stored::Number(*number),
        Value::Text(text) => Stored::Text(text.to_string()),
        Value::Samples { period_us, values } => {
            Stored::Samples(proto::SampledArray { period_us: *period_us, values: values.to_vec() })
        }
    };
    proto::StoredObservation {
        code: observation.code.0,
        value: Some(value),
        unit: observation.unit.ucum().to_owned(),
        validity: encode_validity(observation.validity),
    }
}

fn decode_observation(stored: proto::StoredObservation) -> Result<Observation, DecodeError> {
    use proto::stored_observation::Value as Stored;
    let code = Code(stored.code);
    let value = match stored.value.ok_or_else(|| DecodeError::missing(WHAT, "value"))? {
        Stored::Number(number) => Value::Number(number),
        Stored::Text(text) => Value::Text(SmolStr::new(text)),
        Stored::Samples(samples) => {
            Value::Samples { period_us: samples.period_us, values: samples.values.into_boxed_slice() }
        }
    };
    Ok(Observation { code, value, unit: Unit::from_ucum(&stored.unit), validity: decode_validity(stored.validity)? })
}

pub(super) fn encode_validity(validity: Validity) -> i32 {
    match validity {
        Validity::Valid => proto::Validity::Unspecified,
        Validity::Questionable => proto::Validity::Questionable,
        Validity::Invalid => proto::Validity::Invalid,
        Validity::NoSignal => proto::Validity::NoSignal,
    }
    .into()
}

fn decode_validity(stored: i32) -> Result<Validity, DecodeError> {
    match proto::Validity::try_from(stored) {
        Ok(proto::Validity::Unspecified | proto::Validity::Valid) => Ok(Validity::Valid),
        Ok(proto::Validity::Questionable) => Ok(Validity::Questionable),
        Ok(proto::Validity::Invalid) => Ok(Validity::Invalid),
        Ok(proto::Validity::NoSignal) => Ok(Validity::NoSignal),
        Err(error) => Err(DecodeError::because(WHAT, error)),
    }
}

pub(super) fn encode_lane(lane: Lane) -> i32 {
    match lane {
        Lane::Live => proto::Lane::Live,
        Lane::Backlog => proto::Lane::Backlog,
    }
    .into()
}

pub(super) fn decode_lane(stored: i32) -> Result<Lane, DecodeError> {
    match proto::Lane::try_from(stored) {
        Ok(proto::Lane::Live) => Ok(Lane::Live),
        Ok(proto::Lane::Backlog) => Ok(Lane::Backlog),
        _ => Err(DecodeError::because(WHAT, "the lane is neither live nor backlog")),
    }
}
