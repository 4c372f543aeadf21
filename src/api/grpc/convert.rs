//! From the wire to the pure core. Checks the form only; the device's actor judges what a reading says.

use smol_str::SmolStr;

use crate::clinical::codes::Code;
use crate::clinical::reading::{Lane, Observation, RawPayload, Reading, ReadingKey, Validity, Value};
use crate::clinical::units::Unit;
use crate::proto;
use crate::time::Timestamp;

/// The most observations that one reading may carry.
pub(super) const OBSERVATIONS_MAX: usize = 256;
/// The longest text value or media type, in bytes.
const TEXT_MAX: usize = 256;

/// A reading that is well formed.
#[derive(Debug, PartialEq)]
pub(super) struct Arrived {
    pub reading: Reading,
    /// The device lost `reading.key.sequence` up to this one; 0: it lost nothing.
    pub lost_through: u64,
}

/// A reading that is wrong in its form: says what is allowed, without values.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed(pub &'static str);

/// The lane, where it is said.
pub(super) fn lane(lane: i32) -> Option<Lane> {
    match proto::Lane::try_from(lane) {
        Ok(proto::Lane::Live) => Some(Lane::Live),
        Ok(proto::Lane::Backlog) => Some(Lane::Backlog),
        _ => None,
    }
}

/// The lane on the wire.
pub(super) const fn lane_on_wire(lane: Lane) -> i32 {
    match lane {
        Lane::Live => proto::Lane::Live as i32,
        Lane::Backlog => proto::Lane::Backlog as i32,
    }
}

/// Where the reading stands in what its device sent.
pub(super) fn key(reading: &proto::Reading) -> Result<ReadingKey, Malformed> {
    let lane = lane(reading.lane).ok_or(Malformed("the lane must be LANE_LIVE or LANE_BACKLOG"))?;
    if reading.sequence == 0 {
        return Err(Malformed("sequences begin at 1"));
    }
    Ok(ReadingKey { boot: reading.boot, lane, sequence: reading.sequence })
}

/// Takes a reading from the wire.
pub(super) fn reading(key: ReadingKey, wire: proto::Reading) -> Result<Arrived, Malformed> {
    check_form(&wire)?;
    let observations = wire.observations.into_iter().map(observation).collect::<Result<_, _>>()?;
    let payload = wire.payload.map(payload).transpose()?;
    let reading = Reading {
        key,
        device_time: Timestamp(wire.device_time_us),
        sent_at: Timestamp(wire.sent_at_us),
        observed_until: wire.observed_until_us.map(Timestamp),
        period_ms: wire.period_ms,
        signal: validity(wire.signal)?,
        observations,
        payload,
        decoder: None,
    };
    Ok(Arrived { reading, lost_through: wire.lost_through })
}

fn check_form(wire: &proto::Reading) -> Result<(), Malformed> {
    let carries = !wire.observations.is_empty() || wire.payload.is_some();
    if wire.lost_through > 0 {
        return match () {
            () if carries => Err(Malformed("a declared gap carries neither observations nor a payload")),
            () if wire.lost_through < wire.sequence => Err(Malformed("lost_through must not be before the sequence")),
            () => Ok(()),
        };
    }
    if wire.payload.is_some() && !wire.observations.is_empty() {
        return Err(Malformed("a reading carries either observations or a payload, not both"));
    }
    if !carries && wire.observed_until_us.is_none() {
        return Err(Malformed("a reading carries observations, a payload, observed_until_us or lost_through"));
    }
    if wire.observations.len() > OBSERVATIONS_MAX {
        return Err(Malformed("a reading carries at most 256 observations"));
    }
    Ok(())
}

fn payload(wire: proto::RawPayload) -> Result<Box<RawPayload>, Malformed> {
    if wire.content_type.is_empty() || wire.content_type.len() > TEXT_MAX {
        return Err(Malformed("a payload's content_type must have 1 to 256 bytes"));
    }
    Ok(Box::new(RawPayload { content_type: SmolStr::new(wire.content_type), bytes: wire.body }))
}

fn observation(wire: proto::Observation) -> Result<Observation, Malformed> {
    use proto::observation::Value as Wire;
    let value = match wire.value.ok_or(Malformed("an observation must have a value"))? {
        Wire::Number(number) => Value::Number(number),
        Wire::Text(text) if text.len() <= TEXT_MAX => Value::Text(SmolStr::new(text)),
        Wire::Text(_) => return Err(Malformed("a text value has at most 256 bytes")),
        Wire::Samples(samples) if samples.period_us == 0 => {
            return Err(Malformed("samples must have a period_us above 0"));
        }
        Wire::Samples(samples) => {
            Value::Samples { period_us: samples.period_us, values: samples.values.into_boxed_slice() }
        }
    };
    // An unknown unit is not a matter of form: the device's actor rejects that observation, and its neighbours count.
    Ok(Observation {
        code: Code(wire.code),
        value,
        unit: Unit::from_ucum(&wire.unit),
        validity: validity(wire.validity)?,
    })
}

fn validity(wire: i32) -> Result<Validity, Malformed> {
    use proto::Validity as Wire;
    match Wire::try_from(wire) {
        Ok(Wire::Unspecified | Wire::Valid) => Ok(Validity::Valid),
        Ok(Wire::Questionable) => Ok(Validity::Questionable),
        Ok(Wire::Invalid) => Ok(Validity::Invalid),
        Ok(Wire::NoSignal) => Ok(Validity::NoSignal),
        Err(_) => Err(Malformed("the validity must be one of those that the protocol names")),
    }
}

/// Bytes of payload and waveforms: what makes one reading much larger than another.
pub(super) fn content_bytes(wire: &proto::Reading) -> usize {
    let samples = wire.observations.iter().map(|observation| match &observation.value {
        Some(proto::observation::Value::Samples(samples)) => size_of_val(samples.values.as_slice()),
        _ => 0,
    });
    wire.payload.as_ref().map_or(0, |payload| payload.body.len()) + samples.sum::<usize>()
}

/// What a reading takes in memory while it is in flight, in bytes; near enough for a bound.
pub(crate) fn weight(reading: &Reading) -> u64 {
    let observations = reading.observations.iter().map(|observation| {
        let heap = match &observation.value {
            Value::Number(_) => 0,
            Value::Text(text) => text.len(),
            Value::Samples { values, .. } => size_of_val(values.as_ref()),
        };
        size_of::<Observation>() + heap
    });
    let payload = reading.payload.as_ref().map_or(0, |payload| payload.bytes.len() + payload.content_type.len());
    (size_of::<Reading>() + observations.sum::<usize>() + payload) as u64
}

#[cfg(test)]
mod tests;
