//! Conditions: what is present in a patient or a device, as opposed to the signals that people perceive.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::codes::Code;
use super::ids::{DeviceId, PatientId, PersonId, RuleId};
use super::reading::{Reading, ReadingKey};
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
    /// When and how it came to be known.
    pub found: Found,
    /// How long after its onset people are paged, in milliseconds; the alert itself stands at once.
    pub signal_delay_ms: u32,
    /// What else it stands on; `None` for what the program finds by itself.
    pub basis: Option<Box<Basis>>,
}

/// When and how a condition came to be known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Found {
    /// As it set in, as far as the network allowed.
    #[default]
    Live,
    /// In readings that came late, or in what they make of others.
    Retrospective,
    /// In readings that had been recorded for the wrong patient.
    Corrected,
}

/// What a condition stands on beside its readings: for whoever asks why.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Basis {
    /// SHA-256 of the rule set: its text is in the journal under this hash.
    pub rules: [u8; 32],
    /// The quantity of the value and the limit, in whose unit they are; `None` where there is no single one.
    pub code: Option<Code>,
    /// Who set the limit, where it is not the rule's own.
    pub limit_by: Option<LimitSource>,
    /// Of a score: what it was made of.
    pub inputs: Vec<BasisInput>,
    /// Of a score: names of the inputs that were missing.
    pub missing: Vec<SmolStr>,
}

/// One value of which a score was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BasisInput {
    /// What it is.
    pub code: Code,
    /// The number, or the number of the word.
    pub value: f64,
    /// Its points.
    pub points: u8,
}

/// Where a limit comes from that is not the rule's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LimitSource {
    /// It moved along with the patient's prescribed range.
    PrescribedRange,
    /// Somebody set it for this patient.
    Patient(PersonId),
    /// Somebody set it for all patients of the unit.
    Unit(PersonId),
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
            found: Found::Live,
            signal_delay_ms: 0,
            basis: None,
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
    /// Position of the reading in the device's stream.
    pub stream_sequence: u64,
    /// Boot, lane and sequence of the reading; `None` in records from before they were stored.
    pub key: Option<ReadingKey>,
    /// Device time of the reading, as it was judged.
    pub at: Option<Timestamp>,
    /// The decoder that made the values of a payload, with its version; `None`: the device sent them coded.
    pub decoder: Option<SmolStr>,
}

impl Evidence {
    /// A reading of which only the place is known.
    #[must_use]
    pub const fn at_place(device: DeviceId, stream_sequence: u64) -> Self {
        Self { device, stream_sequence, key: None, at: None, decoder: None }
    }

    /// A reading that stands at `stream_sequence` of the device's stream.
    #[must_use]
    pub fn of(device: &DeviceId, stream_sequence: u64, reading: &Reading) -> Self {
        Self {
            device: device.clone(),
            stream_sequence,
            key: Some(reading.key),
            at: Some(reading.device_time),
            decoder: reading.decoder.clone(),
        }
    }
}
