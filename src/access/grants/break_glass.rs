//! One time that the glass was broken.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::clinical::ids::{PatientId, PersonId};
use crate::time::Timestamp;

/// One time that the glass was broken: a person sees a patient of another care team until a time, on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakGlass {
    /// 1 for the first of the site, then ascending without a gap.
    pub ordinal: u32,
    /// Who.
    pub person: PersonId,
    /// Whose data.
    pub patient: PatientId,
    /// Why.
    pub reason: SmolStr,
    /// When.
    pub at: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// When compliance must have reviewed it.
    pub review_due: Timestamp,
    /// What compliance found.
    pub review: Option<Review>,
}

/// What compliance found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// Who reviewed it: never the person who broke the glass.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
    /// Whether it was right.
    pub verdict: Verdict,
    /// In words.
    pub note: SmolStr,
}

/// Whether the glass was rightly broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// It was.
    Justified,
    /// It was not.
    Unjustified,
}
