//! Declarative, versioned rules and the rolling state in which they judge readings.

use serde::{Deserialize, Serialize};

use super::condition::{Condition, ConditionKey, Evidence};
use super::reading::Reading;
use crate::time::Timestamp;

/// A validated, immutable set of rules.
#[derive(Debug)]
pub struct RuleSet {}

impl RuleSet {
    /// SHA-256 of the texts it was parsed from: the name under which it is journaled and adopted.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        unimplemented!("built next")
    }

    /// The texts it was parsed from: (file name, content), in order. Parsing them again gives the same set.
    #[must_use]
    pub fn texts(&self) -> &[(String, String)] {
        unimplemented!("built next")
    }
}

/// A change of what is present.
#[derive(Clone, Debug, PartialEq)]
pub enum Transition {
    /// A condition set in, or set in once more while it was present from another device.
    Began {
        /// The condition.
        condition: Condition,
        /// Whether it raises an alert: false for a rule that is off, or one superseded by a condition that is present.
        alerts: bool,
    },
    /// A condition is no longer present.
    Ended {
        /// Which.
        key: ConditionKey,
        /// Device time of the end.
        at: Timestamp,
    },
}

/// The rolling state of all rules for one patient.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RuleStates {}

impl RuleStates {
    /// Judges one reading that was accepted from `source`; transitions in the order in which they set in.
    pub fn observe(&mut self, _rules: &RuleSet, _reading: &Reading, _source: &Evidence) -> Vec<Transition> {
        unimplemented!("built next")
    }
}
