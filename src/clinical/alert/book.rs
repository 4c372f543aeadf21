//! The alert book of one subject: which alerts are open, who answers, what is due.
// Fields of the variants are described with the variants.
#![allow(missing_docs)]

use serde::{Deserialize, Serialize};

use super::answer::TeamAnswer;
use super::command::Command;
use super::effect::Effect;
use super::event::{AlertEvent, CloseCause};
use super::ladder;
use super::state::Alert;
use super::{onset, verbs};
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
    /// The care team's answer for a step.
    TeamAnswered(&'a TeamAnswer),
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
    /// Decides what follows from `input` at receipt time `now`. Changes nothing: apply the events with `evolve`, in
    /// their order and with the same `now`.
    ///
    /// # Errors
    /// [`Refused`], for commands only.
    pub fn decide(&self, input: &BookInput<'_>, now: Timestamp) -> Result<Vec<AlertEvent>, Refused> {
        match input {
            BookInput::ConditionBegan(condition) => Ok(match self.of(&condition.key) {
                Some(alert) => onset::began(alert, condition, now),
                None => onset::raise(self.last_ordinal.saturating_add(1), condition, now),
            }),
            BookInput::ConditionEnded { key, at } => {
                Ok(self.of(key).map_or_else(Vec::new, |alert| onset::ended(alert, *at)))
            }
            BookInput::Tick { fallback } => {
                Ok(self.open.iter().flat_map(|alert| ladder::tick(alert, fallback, now)).collect())
            }
            BookInput::TeamAnswered(said) => Ok(self
                .asked(said.ordinal, said.round, said.step)
                .map_or_else(Vec::new, |alert| ladder::enter_assigned(alert, said, now))),
            BookInput::Command(command) => match self.get(command.ordinal) {
                Some(alert) => verbs::decide(alert, command, now),
                None if command.ordinal <= self.last_ordinal => verbs::decide_closed(command),
                None => Err(Refused::NoSuchAlert),
            },
            BookInput::Withdraw => Ok(self.open.iter().map(withdraw).collect()),
        }
    }

    /// Applies an event. Total: an event of an unknown alert changes nothing.
    pub fn evolve(&mut self, event: &AlertEvent, now: Timestamp) {
        if let AlertEvent::Raised { ordinal, condition, deadline } = event {
            if *ordinal > self.last_ordinal {
                self.last_ordinal = *ordinal;
                self.open.push(Alert::raised(*ordinal, condition.clone(), now, *deadline));
            }
            return;
        }
        let Ok(at) = self.open.binary_search_by_key(&event.ordinal(), |alert| alert.ordinal) else { return };
        self.open[at].evolve(event, now);
        if self.open[at].closed.is_some() {
            self.open.remove(at);
        }
    }

    /// What must happen outside after `event` was committed.
    #[must_use]
    pub fn effect(event: &AlertEvent) -> Option<Effect> {
        Effect::of(event)
    }

    /// What must happen outside after the events of one decision were committed.
    #[must_use]
    pub fn effects(events: &[AlertEvent]) -> Vec<Effect> {
        Effect::of_all(events)
    }

    /// The earliest receipt time at which `Tick` will have something to decide; `None` if no alert is open.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.open.iter().map(Alert::deadline).min()
    }

    /// The open alerts, by ordinal.
    #[must_use]
    pub fn open(&self) -> &[Alert] {
        &self.open
    }

    /// The open alert with this ordinal.
    #[must_use]
    pub fn get(&self, ordinal: u32) -> Option<&Alert> {
        self.open.binary_search_by_key(&ordinal, |alert| alert.ordinal).ok().map(|at| &self.open[at])
    }

    /// The ordinal of the newest alert ever raised; 0 if there was none.
    #[must_use]
    pub const fn last_ordinal(&self) -> u32 {
        self.last_ordinal
    }

    /// The open alert of a condition; there is at most one.
    fn of(&self, key: &ConditionKey) -> Option<&Alert> {
        self.open.iter().find(|alert| alert.condition.key == *key)
    }

    /// The open alert for whose (round, step) the care team is being asked now; an answer to anything else is void.
    fn asked(&self, ordinal: u32, round: u32, step: u32) -> Option<&Alert> {
        self.get(ordinal).filter(|alert| alert.asking() && alert.round == round && alert.step() == step)
    }
}

fn withdraw(alert: &Alert) -> AlertEvent {
    AlertEvent::Closed { ordinal: alert.ordinal, cause: CloseCause::Withdrawn }
}
