//! Why an alert was raised, for the wire.

use crate::clinical::codes::{Allowed, Code};
use crate::clinical::condition::{Basis, BasisInput, Condition, Evidence, LimitSource};
use crate::clinical::reading::Lane;
use crate::proto;
use crate::time::Timestamp;

/// What a condition stands on.
pub(super) fn explain(condition: &Condition) -> proto::Explanation {
    let none = Basis::default();
    let basis = condition.basis.as_deref();
    let shown = basis.unwrap_or(&none);
    let (limit_from, limit_by) = match &shown.limit_by {
        None => ("rule", String::new()),
        Some(LimitSource::PrescribedRange) => ("prescribed_range", String::new()),
        Some(LimitSource::Patient(by)) => ("patient", by.to_string()),
        Some(LimitSource::Unit(by)) => ("unit", by.to_string()),
    };
    proto::Explanation {
        quantity: shown.code.map(name).unwrap_or_default(),
        unit: shown.code.map(unit).unwrap_or_default(),
        rules_sha256: basis.map(|basis| hex::encode(basis.rules)).unwrap_or_default(),
        limit_from: if condition.limit.is_some() { limit_from.to_owned() } else { String::new() },
        limit_by,
        readings: condition.evidence.iter().map(reading).collect(),
        inputs: shown.inputs.iter().map(input).collect(),
        missing: shown.missing.iter().map(ToString::to_string).collect(),
    }
}

fn reading(evidence: &Evidence) -> proto::ReadingRef {
    let lane = match evidence.key.map(|key| key.lane) {
        None => proto::Lane::Unspecified,
        Some(Lane::Live) => proto::Lane::Live,
        Some(Lane::Backlog) => proto::Lane::Backlog,
    };
    proto::ReadingRef {
        device: evidence.device.to_string(),
        boot: evidence.key.map_or(0, |key| key.boot),
        lane: lane.into(),
        sequence: evidence.key.map_or(0, |key| key.sequence),
        device_time_us: evidence.at.map_or(0, Timestamp::micros),
        decoder: evidence.decoder.as_ref().map(ToString::to_string).unwrap_or_default(),
        stream_sequence: evidence.stream_sequence,
    }
}

fn input(input: &BasisInput) -> proto::ScoreInput {
    proto::ScoreInput {
        quantity: name(input.code),
        value: value(input),
        unit: unit(input.code),
        points: input.points.into(),
    }
}

fn value(input: &BasisInput) -> String {
    match input.code.info().map(|info| info.allowed) {
        // The place of a word among those that the code knows.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        Some(Allowed::Word(words)) => words.get(input.value as usize).map(ToString::to_string).unwrap_or_default(),
        _ => input.value.to_string(),
    }
}

fn name(code: Code) -> String {
    code.info().map_or_else(|| code.0.to_string(), |info| info.name.to_owned())
}

fn unit(code: Code) -> String {
    code.info().map_or_else(String::new, |info| info.ucum.to_owned())
}
