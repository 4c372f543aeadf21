//! From the vocabulary of the pure core to the wire.

use crate::clinical::reading::{Lane, Observation, Reading, Validity, Value};
use crate::proto;

/// A reading as it goes over the wire. Device, boot, lane and sequence are filled in by the ledger when it is sent.
#[must_use]
pub fn reading(reading: &Reading) -> proto::Reading {
    proto::Reading {
        device: String::new(),
        boot: reading.key.boot,
        lane: lane(reading.key.lane) as i32,
        sequence: reading.key.sequence,
        device_time_us: reading.device_time.micros(),
        sent_at_us: reading.sent_at.micros(),
        observed_until_us: reading.observed_until.map(crate::time::Timestamp::micros),
        period_ms: reading.period_ms,
        signal: validity(reading.signal) as i32,
        observations: reading.observations.iter().map(observation).collect(),
        payload: reading
            .payload
            .as_ref()
            .map(|raw| proto::RawPayload { content_type: raw.content_type.to_string(), body: raw.bytes.clone() }),
        lost_through: 0,
    }
}

/// A lane's number on the wire.
#[must_use]
pub const fn lane(lane: Lane) -> proto::Lane {
    match lane {
        Lane::Live => proto::Lane::Live,
        Lane::Backlog => proto::Lane::Backlog,
    }
}

fn observation(observation: &Observation) -> proto::Observation {
    let value = match &observation.value {
        Value::Number(number) => proto::observation::Value::Number(*number),
        Value::Text(text) => proto::observation::Value::Text(text.to_string()),
        Value::Samples { period_us, values } => {
            proto::observation::Value::Samples(proto::SampledArray { period_us: *period_us, values: values.to_vec() })
        }
    };
    proto::Observation {
        code: observation.code.0,
        value: Some(value),
        unit: observation.unit.ucum().to_owned(),
        validity: validity(observation.validity) as i32,
    }
}

const fn validity(validity: Validity) -> proto::Validity {
    match validity {
        Validity::Valid => proto::Validity::Valid,
        Validity::Questionable => proto::Validity::Questionable,
        Validity::Invalid => proto::Validity::Invalid,
        Validity::NoSignal => proto::Validity::NoSignal,
    }
}

#[cfg(test)]
mod tests {
    use smallvec::smallvec;

    use super::*;
    use crate::clinical::codes::Code;
    use crate::clinical::reading::ReadingKey;
    use crate::clinical::units::Unit;
    use crate::time::Timestamp;

    #[test]
    fn nothing_of_a_reading_is_left_out() {
        let coded = Observation {
            code: Code::SPO2,
            value: Value::Number(88.0),
            unit: Unit::Percent,
            validity: Validity::Questionable,
        };
        let wire = reading(&Reading {
            key: ReadingKey { boot: 3, lane: Lane::Backlog, sequence: 9 },
            device_time: Timestamp(11),
            sent_at: Timestamp(12),
            observed_until: Some(Timestamp(13)),
            period_ms: 14,
            signal: Validity::NoSignal,
            observations: smallvec![coded],
            payload: None,
            decoder: None,
        });
        assert_eq!((wire.boot, wire.lane(), wire.sequence), (3, proto::Lane::Backlog, 9));
        assert_eq!((wire.device_time_us, wire.sent_at_us, wire.observed_until_us), (11, 12, Some(13)));
        assert_eq!((wire.period_ms, wire.signal()), (14, proto::Validity::NoSignal));
        assert_eq!(wire.observations[0].unit, "%");
        assert_eq!(wire.observations[0].validity(), proto::Validity::Questionable);
        assert_eq!(wire.observations[0].value, Some(proto::observation::Value::Number(88.0)));
    }
}
