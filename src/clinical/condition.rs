//! Conditions: what is present in a patient or a device, as opposed to the signals that people perceive.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::ids::{DeviceId, PatientId, RuleId};
use crate::time::Timestamp;

/// IEC 60601-1-8 priority. Ordered: `Low < Medium < High`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// Awareness.
    Low,
    /// Prompt response.
    Medium,
    /// Immediate response.
    High,
}

/// What a condition is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConditionKind {
    /// The patient.
    Physiological,
    /// Equipment, signal or data.
    Technical,
}

/// What makes two conditions the same one, so that a second onset folds into the alert of the first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ConditionKey {
    /// The rule that determined it.
    pub rule: RuleId,
    /// The device it is about, for conditions of a device; `None` for conditions of the patient.
    pub device: Option<DeviceId>,
    /// The patient it is about, for conditions of a unit that are about one of its patients; else `None`.
    pub patient: Option<PatientId>,
}

/// A condition at its onset, with what a person needs to understand it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// Identity.
    pub key: ConditionKey,
    /// Version of the rule that determined it.
    pub rule_version: u32,
    /// Physiological or technical.
    pub kind: ConditionKind,
    /// Priority of the alert that it raises.
    pub priority: Priority,
    /// Whether its signal stays after it has gone, until `reset`.
    pub latching: bool,
    /// Whether it may be lethal within minutes, so that a whole unit is called at once.
    pub lethal: bool,
    /// Device time at which the triggering event began (for example the last beat before an asystole).
    pub start: Timestamp,
    /// Device time at which the condition was determined, by the definition of its rule.
    pub onset: Timestamp,
    /// The value that breached, in the unit of the rule; `None` where there is no single value.
    pub value: Option<f64>,
    /// The limit in force.
    pub limit: Option<f64>,
    /// One line for a person, for example `SpO2 84 % < 88 %`.
    pub text: SmolStr,
    /// The reading on which it was determined.
    pub evidence: Vec<Evidence>,
}

impl Condition {
    /// A technical condition that the program finds by itself, without a rule file: version 1, not latching, not lethal.
    #[must_use]
    pub const fn built_in(
        key: ConditionKey,
        priority: Priority,
        start: Timestamp,
        onset: Timestamp,
        text: SmolStr,
    ) -> Self {
        Self {
            key,
            rule_version: 1,
            kind: ConditionKind::Technical,
            priority,
            latching: false,
            lethal: false,
            start,
            onset,
            value: None,
            limit: None,
            text,
            evidence: Vec::new(),
        }
    }
}

/// The name of a rule that is built in.
#[must_use]
pub fn built_in_rule(name: &'static str) -> RuleId {
    // Tests use each of these names.
    RuleId::new(name).unwrap_or_else(|_| unreachable!("{name} is an identifier"))
}

/// A reading on which an alert stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The device.
    pub device: DeviceId,
    /// Position of the reading in the device's stream; the journal holds boot, lane and sequence there.
    pub stream_sequence: u64,
}
