//! A condition.

use smol_str::SmolStr;

use super::basis;
use super::error::DecodeError;
use super::reading::{decode_lane, encode_lane};
use crate::clinical::condition::{Condition, ConditionKey, ConditionKind, Evidence, Found, Priority};
use crate::clinical::ids::{DeviceId, PatientId, RuleId};
use crate::clinical::reading::{Lane, ReadingKey};
use crate::proto;
use crate::time::Timestamp;

const WHAT: &str = "condition";

pub(super) fn encode(condition: &Condition) -> proto::StoredCondition {
    proto::StoredCondition {
        rule: condition.key.rule.to_string(),
        device: condition.key.device.as_ref().map(ToString::to_string).unwrap_or_default(),
        rule_version: condition.rule_version,
        kind: match condition.kind {
            ConditionKind::Physiological => proto::ConditionKind::Physiological,
            ConditionKind::Technical => proto::ConditionKind::Technical,
        }
        .into(),
        priority: match condition.priority {
            Priority::Low => proto::Priority::Low,
            Priority::Medium => proto::Priority::Medium,
            Priority::High => proto::Priority::High,
        }
        .into(),
        latching: condition.latching,
        lethal: condition.lethal,
        start_us: condition.start.micros(),
        onset_us: condition.onset.micros(),
        value: condition.value,
        limit: condition.limit,
        text: condition.text.to_string(),
        evidence: condition.evidence.iter().map(encode_evidence).collect(),
        patient: condition.key.patient.as_ref().map(ToString::to_string).unwrap_or_default(),
        found: match condition.found {
            Found::Live => proto::StoredFound::Live,
            Found::Retrospective => proto::StoredFound::Retrospective,
            Found::Corrected => proto::StoredFound::Corrected,
        }
        .into(),
        signal_delay_ms: condition.signal_delay_ms,
        basis: condition.basis.as_deref().map(basis::encode),
    }
}

pub(super) fn decode(stored: proto::StoredCondition) -> Result<Condition, DecodeError> {
    Ok(Condition {
        key: ConditionKey {
            rule: rule(&stored.rule)?,
            device: optional_device(&stored.device)?,
            patient: optional_patient(&stored.patient)?,
        },
        rule_version: stored.rule_version,
        kind: match stored.kind() {
            proto::ConditionKind::Physiological => ConditionKind::Physiological,
            proto::ConditionKind::Technical => ConditionKind::Technical,
            proto::ConditionKind::Unspecified => return Err(DecodeError::missing(WHAT, "kind")),
        },
        priority: match stored.priority() {
            proto::Priority::Low => Priority::Low,
            proto::Priority::Medium => Priority::Medium,
            proto::Priority::High => Priority::High,
            proto::Priority::Unspecified => return Err(DecodeError::missing(WHAT, "priority")),
        },
        latching: stored.latching,
        lethal: stored.lethal,
        start: Timestamp(stored.start_us),
        onset: Timestamp(stored.onset_us),
        value: stored.value,
        limit: stored.limit,
        found: match stored.found() {
            proto::StoredFound::Live => Found::Live,
            proto::StoredFound::Retrospective => Found::Retrospective,
            proto::StoredFound::Corrected => Found::Corrected,
        },
        signal_delay_ms: stored.signal_delay_ms,
        basis: stored.basis.as_ref().map(basis::decode).transpose()?.map(Box::new),
        text: SmolStr::new(stored.text),
        evidence: stored.evidence.iter().map(decode_evidence).collect::<Result<_, _>>()?,
    })
}

pub(super) fn rule(text: &str) -> Result<RuleId, DecodeError> {
    RuleId::new(text).map_err(|error| DecodeError::because(WHAT, error))
}

pub(super) fn optional_device(text: &str) -> Result<Option<DeviceId>, DecodeError> {
    if text.is_empty() {
        return Ok(None);
    }
    DeviceId::new(text).map(Some).map_err(|error| DecodeError::because(WHAT, error))
}

pub(super) fn optional_patient(text: &str) -> Result<Option<PatientId>, DecodeError> {
    if text.is_empty() {
        return Ok(None);
    }
    PatientId::new(text).map(Some).map_err(|error| DecodeError::because(WHAT, error))
}

fn encode_evidence(evidence: &Evidence) -> proto::StoredEvidence {
    let key = evidence.key.unwrap_or(ReadingKey { boot: 0, lane: Lane::Live, sequence: 0 });
    proto::StoredEvidence {
        device: evidence.device.to_string(),
        stream_sequence: evidence.stream_sequence,
        boot: key.boot,
        lane: evidence.key.map_or(0, |key| encode_lane(key.lane)),
        sequence: key.sequence,
        at_us: evidence.at.map(Timestamp::micros),
        decoder: evidence.decoder.as_ref().map(ToString::to_string).unwrap_or_default(),
    }
}

fn decode_evidence(stored: &proto::StoredEvidence) -> Result<Evidence, DecodeError> {
    let device = DeviceId::new(&stored.device).map_err(|error| DecodeError::because(WHAT, error))?;
    let key = match stored.sequence {
        0 => None,
        sequence => Some(ReadingKey { boot: stored.boot, lane: decode_lane(stored.lane)?, sequence }),
    };
    Ok(Evidence {
        device,
        stream_sequence: stored.stream_sequence,
        key,
        at: stored.at_us.map(Timestamp),
        decoder: Some(&stored.decoder).filter(|decoder| !decoder.is_empty()).map(SmolStr::new),
    })
}
