//! A condition.

use smol_str::SmolStr;

use super::error::DecodeError;
use crate::clinical::condition::{Condition, ConditionKey, ConditionKind, Evidence, Priority};
use crate::clinical::ids::{DeviceId, PatientId, RuleId};
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
    proto::StoredEvidence { device: evidence.device.to_string(), stream_sequence: evidence.stream_sequence }
}

fn decode_evidence(stored: &proto::StoredEvidence) -> Result<Evidence, DecodeError> {
    let device = DeviceId::new(&stored.device).map_err(|error| DecodeError::because(WHAT, error))?;
    Ok(Evidence { device, stream_sequence: stored.stream_sequence })
}
