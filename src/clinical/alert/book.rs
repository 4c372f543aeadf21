//! The alert book of one subject: which alerts are open, who answers, what is due.
// Fields of the variants are described with the variants.
#![allow(missing_docs)]

use serde::{Deserialize, Serialize};

use super::event::{Alert, AlertEvent, Command, Effect};
use crate::clinical::condition::{Condition, ConditionKey};
use crate::clinical::ids::PersonId;
use crate::time::Timestamp;

/// What the book is asked to decide.
#[derive(Clone, Debug, PartialEq)]
pub enum BookInput<'a> {
    /// A condition set in.
    ConditionBegan(&'a Condition),
    /// A condition is no longer present; `at` is device time.
    ConditionEnded { key: &'a ConditionKey, at: Timestamp },
    /// Time has come to look at deadlines. `fallback` is paged where the care team named nobody.
    Tick { fallback: &'a [PersonId] },
    /// The care team's answer for a step: its people (none: nobody is on call) and how long they have.
    TeamAnswered {
        ordinal: u32,
        round: u32,
        step: u32,
        people: &'a [PersonId],
        delay_ms: u32,
        last: bool,
        policy_version: u32,
        fallback: &'a [PersonId],
    },
    /// A person's command.
    Command(&'a Command),
    /// Discharge, death or re-attribution: every open alert is closed, on record.
    Withdraw,
}

/// A command that cannot be carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is no such alert.
    #[error("there is no such alert")]
    NoSuchAlert,
    /// The person saw another version; the current state goes back to them.
    #[error("the alert has changed: version {current} is current")]
    Stale { current: u32 },
    /// The verb does not fit the state.
    #[error("{0}")]
    NotNow(&'static str),
}

/// All alerts of one subject that are open.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AlertBook {
    open: Vec<Alert>,
    last_ordinal: u32,
}

impl AlertBook {
    /// Decides what follows from `input` at receipt time `now`. Changes nothing: apply the events with `evolve`.
    ///
    /// # Errors
    /// [`Refused`], for commands only.
    pub fn decide(&self, _input: &BookInput<'_>, _now: Timestamp) -> Result<Vec<AlertEvent>, Refused> {
        unimplemented!("built next")
    }

    /// Applies an event. Total: an event of an unknown alert changes nothing.
    pub fn evolve(&mut self, _event: &AlertEvent, _now: Timestamp) {
        unimplemented!("built next")
    }

    /// What must happen outside after `event` was committed.
    #[must_use]
    pub fn effect(_event: &AlertEvent) -> Option<Effect> {
        unimplemented!("built next")
    }

    /// The earliest receipt time at which `Tick` will have something to decide.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        unimplemented!("built next")
    }

    /// The open alerts, by ordinal.
    #[must_use]
    pub fn open(&self) -> &[Alert] {
        &self.open
    }

    /// The open alert with this ordinal.
    #[must_use]
    pub fn get(&self, ordinal: u32) -> Option<&Alert> {
        self.open.iter().find(|alert| alert.ordinal == ordinal)
    }

    /// The ordinal of the newest alert ever raised; 0 if there was none.
    #[must_use]
    pub const fn last_ordinal(&self) -> u32 {
        self.last_ordinal
    }
}
