//! The care team's answer for a step.

use serde::{Deserialize, Serialize};

use super::terms::Term;
use crate::clinical::ids::PersonId;

/// Who answers for a step of an alert, as the care team said. It is an input, and journaled as such: what a policy or a
/// rotation said then is in it, so that history never changes when they do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamAnswer {
    /// The alert.
    pub ordinal: u32,
    /// Its round.
    pub round: u32,
    /// The step.
    pub step: u32,
    /// Who; empty: nobody is on call, and the fallback follows at once.
    pub people: Vec<PersonId>,
    /// How long they have; 0: the care team did not say.
    pub delay_ms: u32,
    /// How many of them must accept before the ladder stops; 0 counts as 1.
    pub accepts: u32,
    /// How long an answer holds; `None`: as long as answers of the priority do.
    pub answer: Option<Term>,
    /// Whether it is the last step.
    pub last: bool,
    /// Version of what was asked.
    pub policy_version: u32,
    /// Whom to page if nobody is on call.
    pub fallback: Vec<PersonId>,
}
