//! What a person asks of an alert.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::verdict::Verdict;
use crate::clinical::ids::PersonId;

/// What a person can ask of an alert (`oncall.md`, "The verbs, exactly").
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verb {
    /// Accept, and silence the signals.
    Acknowledge,
    /// "I own it".
    Accept,
    /// "Not me".
    Reject,
    /// To a named person, or the next step.
    Escalate {
        /// The person; `None`: the next step of the ladder.
        to: Option<PersonId>,
    },
    /// Ends a latched signal whose condition has gone.
    Reset,
    /// A note.
    Comment,
    /// To a person, who takes it over for good once they have answered it.
    HandOver {
        /// The person.
        to: PersonId,
    },
    /// Silences the signals for a while; the ladder goes on.
    Snooze {
        /// How long, from now.
        ms: u32,
    },
    /// What the alert turned out to be worth. Also of one that is closed.
    Dispose {
        /// The verdict.
        verdict: Verdict,
    },
}

/// A person's command to one alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// The alert.
    pub ordinal: u32,
    /// What is asked.
    pub verb: Verb,
    /// Who asks.
    pub by: PersonId,
    /// Why, or the text of a comment.
    pub reason: SmolStr,
    /// The version that the person saw. A comment may carry any.
    pub seen_version: u32,
}
