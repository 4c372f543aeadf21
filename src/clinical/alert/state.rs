//! An alert as it stands: a pure fold of its events.

use serde::{Deserialize, Serialize};

use super::command::Verb;
use super::event::CloseCause;
use super::response::Response;
use super::terms::{self, Term};
use super::verdict::Verdict;
use crate::clinical::condition::{Condition, Priority};
use crate::clinical::ids::PersonId;
use crate::time::Timestamp;

/// An alert as it stands.
#[allow(clippy::struct_excessive_bools)] // Each is a fact of its own, and any two may be so together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// Position among the subject's alerts.
    pub ordinal: u32,
    /// The condition of its newest onset; latching once any of its onsets was.
    pub condition: Condition,
    /// The highest priority of its onsets since it was raised or last answered.
    pub priority: Priority,
    /// Whether the condition is present now.
    pub present: bool,
    /// Receipt time at which it was raised.
    pub raised_at: Timestamp,
    /// How many onsets were folded into it after the first.
    pub folds: u32,
    /// The round, from 1.
    pub round: u32,
    /// Who answers.
    pub response: Response,
    /// Counts changes of phase (waiting, accepted, acknowledged, closed), priority and owner only, so that deliveries
    /// and folds make no answer stale. 1 when raised.
    pub version: u32,
    /// Why it was closed; `None` while it is open.
    pub closed: Option<CloseCause>,
    /// Whether the patient's standby holds its pages: its deadline is the end of the standby.
    pub held: bool,
    /// Whether it waits on the worklist for its review, because it was found in late data and was over by then.
    pub listed: bool,
    /// Whether its rule delays its pages: its deadline is the end of that.
    pub delayed: bool,
    /// Whether readings on which it stands were recorded for the wrong patient.
    pub disputed: bool,
    /// Whether its onset would have been elsewhere, or nowhere, with the data that came late.
    pub revised: bool,
    /// Who passed it on lately, so that a repeated request does not move the ladder twice.
    pub passed_on: Vec<PassedOn>,
    /// To whom its owner, or somebody who was paged, has offered it for good.
    pub hand_over: Option<HandOver>,
    /// Its signals are silenced until then, without an answer.
    pub snoozed_until: Option<Timestamp>,
    /// Who silenced them.
    pub snoozed_by: Option<PersonId>,
    /// How long an answer holds, as the care team said last.
    pub answer: Option<Term>,
    /// Who said last what it was worth, and what.
    pub verdict: Option<(PersonId, Verdict)>,
}

/// An offer to take an alert over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandOver {
    /// Who gives.
    pub by: PersonId,
    /// Who takes, once they have answered.
    pub to: PersonId,
}

/// A rejection or an escalation of the last [`REPEAT_MS`](super::terms::REPEAT_MS).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedOn {
    /// Who.
    pub by: PersonId,
    /// [`Verb::Reject`] or [`Verb::Escalate`].
    pub verb: Verb,
    /// Receipt time.
    pub at: Timestamp,
}

impl Alert {
    /// A new alert: nobody answers yet, the care team is being asked until `deadline`.
    #[must_use]
    pub fn raised(ordinal: u32, condition: Condition, now: Timestamp, deadline: Timestamp) -> Self {
        Self {
            ordinal,
            priority: condition.priority,
            condition,
            present: true,
            raised_at: now,
            folds: 0,
            round: 1,
            response: Response::waiting(Vec::new(), deadline),
            version: 1,
            closed: None,
            held: false,
            listed: false,
            delayed: false,
            disputed: false,
            revised: false,
            passed_on: Vec::new(),
            hand_over: None,
            snoozed_until: None,
            snoozed_by: None,
            answer: None,
            verdict: None,
        }
    }

    /// Whether its signals are silenced at `now`: it is acknowledged, or snoozed.
    #[must_use]
    pub fn is_silenced(&self, now: Timestamp) -> bool {
        matches!(self.response, Response::Answered { silenced: true, .. })
            || self.snoozed_until.is_some_and(|until| now < until)
    }

    /// Until when an answer that is given at `now` holds.
    pub(super) fn answer_until(&self, now: Timestamp) -> Timestamp {
        match self.answer {
            Some(Term::Ms(ms)) => now.plus_ms(i64::from(ms).max(terms::STEP_MS_MIN)),
            Some(Term::Until(until)) if until.since_ms(now) >= terms::STEP_MS_MIN => until,
            // Nothing was said, or the shift that was meant is over.
            _ => now.plus_ms(terms::answer_ms(self.priority)),
        }
    }

    /// When something happens next unless somebody acts: every open alert has such a time (I4).
    #[must_use]
    pub fn deadline(&self) -> Timestamp {
        match &self.response {
            Response::Waiting { deadline, .. } => *deadline,
            Response::Answered { until, asking, .. } => asking.map_or(*until, |asked| asked.min(*until)),
        }
    }

    /// The step that the ladder has reached in this round, from 1.
    #[must_use]
    pub const fn step(&self) -> u32 {
        match &self.response {
            Response::Waiting { step, .. } | Response::Answered { step, .. } => *step,
        }
    }

    /// Who owns it; `None` while it waits.
    #[must_use]
    pub const fn owner(&self) -> Option<&PersonId> {
        match &self.response {
            Response::Answered { by, .. } => Some(by),
            Response::Waiting { .. } => None,
        }
    }

    /// Whether this person is asked to answer it, owns it, is offered it, or passed it on lately: they must
    /// see it.
    #[must_use]
    pub fn asks(&self, person: &PersonId) -> bool {
        let asked = match &self.response {
            Response::Waiting { people, joined, .. } => people.contains(person) || joined.contains(person),
            Response::Answered { by, .. } => by == person,
        };
        let offered = self.hand_over.as_ref().is_some_and(|offer| offer.to == *person || offer.by == *person);
        asked || offered || self.passed_on.iter().any(|passed| passed.by == *person)
    }

    /// Whether its signal stays although the condition has gone, until `reset`.
    #[must_use]
    pub const fn latched(&self) -> bool {
        self.condition.latching && !self.present
    }

    /// Whether the care team is being asked for the step.
    pub(super) const fn asking(&self) -> bool {
        match &self.response {
            Response::Waiting { entered, .. } => !*entered && !self.held,
            Response::Answered { asking, .. } => asking.is_some(),
        }
    }

    /// Whether the step is the last of the ladder.
    pub(super) const fn on_last_step(&self) -> bool {
        match &self.response {
            Response::Waiting { last, .. } | Response::Answered { last, .. } => *last,
        }
    }

    /// Whether a page of the present step waits for this person.
    pub(super) fn is_paged(&self, person: &PersonId) -> bool {
        matches!(&self.response, Response::Waiting { entered: true, people, .. } if people.contains(person))
    }
}
