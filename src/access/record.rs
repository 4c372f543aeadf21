//! What is put on record of one request or subscription, before anything of it is shown.

use smol_str::SmolStr;

use super::{Fields, Purpose};
use crate::clinical::ids::{PatientId, PersonId};
use crate::time::Timestamp;

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Answered.
    Shown,
    /// The person may not, or it does not exist for them.
    Refused,
    /// It would have been answered, but what was asked for cannot be done or read.
    Failed,
}

/// One access to data of patients, or an attempt at it: who, what, when, where from, why, with which outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessRecord {
    /// Receipt time.
    pub now: Timestamp,
    /// Who; `None`: a token that is nobody's.
    pub person: Option<PersonId>,
    /// Their roles at the time.
    pub roles: Vec<SmolStr>,
    /// What was asked, for example `alerts.list`.
    pub what: SmolStr,
    /// Whose data; empty where it is about nobody.
    pub patients: Vec<PatientId>,
    /// What else it is about: an alert, a device, a unit, a person. Opaque.
    pub about: SmolStr,
    /// Why.
    pub purpose: Purpose,
    /// From which address.
    pub from: SmolStr,
    /// What became of it.
    pub outcome: Outcome,
    /// Which fields were shown.
    pub fields: Fields,
    /// Journal position of what was shown: with it, the picture can be made again. 0 where it shows none.
    pub position: u64,
    /// Of a subscription that comes to show another patient: the stream sequence of its first record.
    pub continues: Option<u64>,
}
