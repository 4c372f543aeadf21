//! What reaches an alert book from outside, as it stands in the journal: the same for every kind of subject.

use super::book::BookInput;
use super::command::Command;
use crate::clinical::ids::PersonId;

/// What the care team says of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamAnswer {
    /// The alert.
    pub ordinal: u32,
    /// Its round.
    pub round: u32,
    /// The step.
    pub step: u32,
    /// Who; empty: nobody is on call.
    pub people: Vec<PersonId>,
    /// How long they have.
    pub delay_ms: u32,
    /// Whether it is the last step.
    pub last: bool,
    /// Version of the ladder that answered.
    pub policy_version: u32,
}

/// An input to an alert book that is no condition.
#[derive(Clone, Debug, PartialEq)]
pub enum AlertInput {
    /// Time came to look at deadlines.
    Tick {
        /// Whom to page where the care team names nobody.
        fallback: Vec<PersonId>,
    },
    /// The care team's answer for a step.
    TeamAnswered {
        /// What it said.
        answer: TeamAnswer,
        /// Whom to page if nobody is on call.
        fallback: Vec<PersonId>,
    },
    /// A person's command.
    Command(Command),
    /// Every open alert is closed, on record.
    Withdrawn,
}

impl AlertInput {
    /// The input as the book takes it.
    #[must_use]
    pub fn ask(&self) -> BookInput<'_> {
        match self {
            Self::Tick { fallback } => BookInput::Tick { fallback },
            Self::TeamAnswered { answer, fallback } => BookInput::TeamAnswered { answer, fallback },
            Self::Command(command) => BookInput::Command(command),
            Self::Withdrawn => BookInput::Withdraw,
        }
    }
}
