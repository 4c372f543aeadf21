//! What a subject's alert book is told, and how it stands in the journal.

use serde::{Deserialize, Serialize};

use crate::clinical::alert::{AlertEvent, AlertInput};
use crate::clinical::condition::{Condition, ConditionKey};
use crate::clinical::ids::UnitId;
use crate::time::Timestamp;

/// What changed for the subject itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Observed {
    /// A condition set in.
    Began(Condition),
    /// A condition is no longer present.
    Ended {
        /// Which.
        key: ConditionKey,
        /// Since when.
        at: Timestamp,
    },
    /// The device was assigned, or taken out of use: what is still the case sets in anew for its patient, and its alerts
    /// here are closed, but for those that are about the journal.
    HandedOver,
}

/// An input as it is journaled.
#[derive(Clone, Debug, PartialEq)]
pub enum SubjectInput {
    /// From here on the people of this unit answer, and this version of the engine decides.
    Adopted {
        /// The unit.
        unit: UnitId,
        /// Version of the engine.
        engine: u32,
    },
    /// Something changed for the subject.
    Observed {
        /// What.
        what: Observed,
        /// Where the source has it: of a device, the stream sequence in its stream; 0 where there is none. Each source
        /// ascends, so that what is told again is known.
        source: u64,
    },
    /// Something for the alert book that was carried out.
    Alert(AlertInput),
}

/// One record of the stream of a subject's alerts.
#[derive(Clone, Debug, PartialEq)]
pub struct SubjectRecord {
    /// Receipt time of the decision.
    pub now: Timestamp,
    /// The input.
    pub input: SubjectInput,
    /// What followed.
    pub events: Vec<AlertEvent>,
}
