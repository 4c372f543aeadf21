//! What a patient's actor is told, and how it stands in the journal: each input with the events that follow from it.

use smallvec::SmallVec;
use smol_str::SmolStr;

use super::profile::Profile;
use super::stay::{StandbyEnd, StayChange};
use crate::clinical::alert::{AlertEvent, AlertInput};
use crate::clinical::device::{ConditionChange, Reattribution};
use crate::clinical::ids::{DeviceId, PersonId, UnitId};
use crate::clinical::reading::Reading;
use crate::time::Timestamp;

/// One item that a device hands to its patient.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// The device belongs to the patient from here on, or no longer.
    Assignment {
        /// Which.
        assigned: bool,
    },
    /// A reading, without the observations that do not count, in judged time.
    Reading(Box<Reading>),
    /// A condition of the device.
    Condition(ConditionChange),
    /// Readings that were recorded for this patient are another's.
    Taken(Box<Reattribution>),
    /// Readings that were recorded for another patient are this one's; the patient's stream has a copy.
    Given(Box<Reattribution>),
    /// On record, and nothing more.
    Noted,
}

/// Items of one device that were consumed one after another: all of them for this patient up to `through`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The device.
    pub device: DeviceId,
    /// Stream sequence of the last one.
    pub through: u64,
}

/// An input as it is journaled. Consumed items are named, not copied: they stand in the devices' streams.
#[derive(Clone, Debug, PartialEq)]
pub enum PatientInput {
    /// Items consumed in this order; events follow from the last item alone.
    Consumed(SmallVec<[Run; 1]>),
    /// The patient was admitted. In records from before moves were stored: or moved.
    Admitted {
        /// The care unit.
        unit: UnitId,
        /// The bed.
        bed: SmolStr,
        /// What decides by which limits the patient is judged.
        profile: Profile,
        /// Who said so; `None` in records from before it was stored.
        by: Option<PersonId>,
    },
    /// From here on these rules and this version of the engine decide.
    RulesAdopted {
        /// Hash of the rule set.
        hash: [u8; 32],
        /// Version of the engine.
        engine: u32,
    },
    /// Something for the alert book that was carried out.
    Alert(AlertInput),
    /// What a person did to the stay.
    Stay {
        /// Who.
        by: PersonId,
        /// What.
        change: StayChange,
    },
    /// A standby ended by itself.
    StandbyEnded(StandbyEnd),
    /// Limits that were set until now do not hold any more.
    LimitsEnded,
    /// Late readings that waited were judged: see [`PatientState::judge_late`](super::PatientState::judge_late).
    LateJudged {
        /// From where.
        base: LateBase,
        /// Those older than this against the newest were not.
        bound_us: i64,
    },
}

/// From where late readings are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LateBase {
    /// From what the rules remember now: nothing that was judged comes after them.
    Now,
    /// From the beginning of the stay.
    Stay,
    /// From what is kept at this sequence of the patient's stream.
    Windows(u64),
}

/// One record of a patient's stream.
#[derive(Clone, Debug, PartialEq)]
pub struct PatientRecord {
    /// Receipt time of the decision.
    pub now: Timestamp,
    /// The input.
    pub input: PatientInput,
    /// What followed.
    pub events: Vec<AlertEvent>,
}
