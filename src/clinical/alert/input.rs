//! What reaches an alert book from outside, as it stands in the journal: the same for every kind of subject.

use super::answer::TeamAnswer;
use super::book::BookInput;
use super::command::Command;
use crate::clinical::ids::PersonId;

/// An input to an alert book that is no condition.
#[derive(Clone, Debug, PartialEq)]
pub enum AlertInput {
    /// Time came to look at deadlines.
    Tick {
        /// Whom to page where the care team names nobody.
        fallback: Vec<PersonId>,
    },
    /// The care team's answer for a step.
    TeamAnswered(TeamAnswer),
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
            Self::TeamAnswered(said) => BookInput::TeamAnswered(said),
            Self::Command(command) => BookInput::Command(command),
            Self::Withdrawn => BookInput::Withdraw,
        }
    }
}
