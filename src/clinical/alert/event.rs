//! What happens to an alert, and what an alert is after all of it.
// Fields of the variants carry the words of docs/GLOSSARY.md; the variants say what they mean.
#![allow(missing_docs)]

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::clinical::condition::{Condition, Priority};
use crate::clinical::ids::PersonId;
use crate::time::Timestamp;

/// Why a round began (`oncall.md`). Pages are unique per (alert, round, step, person, channel).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RoundCause {
    /// The alert was raised.
    Raised,
    /// Its priority rose.
    PriorityRose,
    /// An acknowledgement expired with the condition present or latched.
    AcknowledgementExpired,
    /// The same high physiological condition set in anew after it had been answered.
    SetInAnew,
    /// The last step of the ladder passed without an answer.
    LadderRepeats,
}

/// Why an alert was closed. Nothing else closes one; never time alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CloseCause {
    /// The condition ended after somebody had answered.
    Ended,
    /// The condition ended before anybody had answered; kept on the worklist for review.
    EndedUnanswered,
    /// A latched signal was reset after its condition had gone.
    Reset,
    /// The patient was discharged, died, or the readings were re-attributed.
    Withdrawn,
}

/// One fact about one alert. The alert is named by its ordinal in the subject's book.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum AlertEvent {
    /// A condition without an open alert set in. Carries the first deadline: by then people are assigned, or the
    /// fallback is.
    Raised { ordinal: u32, condition: Condition, deadline: Timestamp },
    /// The same condition set in again while the alert was open.
    Folded { ordinal: u32, condition: Condition },
    /// A new round: the ladder starts at its first step.
    RoundBegan { ordinal: u32, round: u32, cause: RoundCause, deadline: Timestamp },
    /// A step is due: the care team is asked who is responsible; without an answer by `deadline` the fallback is paged.
    StepDue { ordinal: u32, round: u32, step: u32, deadline: Timestamp, lateness_ms: i64 },
    /// Nobody could be resolved for the step; the fallback follows at once.
    NoOneOnCall { ordinal: u32, round: u32, step: u32 },
    /// People were made responsible, and have until `deadline`. Recipients and policy are copied here, so that history
    /// never changes when a schedule does.
    StepEntered {
        ordinal: u32,
        round: u32,
        step: u32,
        people: Vec<PersonId>,
        policy_version: u32,
        /// Whether this is the last step, after which the ladder repeats.
        last: bool,
        /// Whether the people are the fallback, because the care team named nobody in time.
        fallback: bool,
        deadline: Timestamp,
        /// How late the step was entered after it was due.
        lateness_ms: i64,
    },
    /// "I own it", and the signals are silenced until `until`.
    Acknowledged { ordinal: u32, by: PersonId, reason: SmolStr, until: Timestamp },
    /// "I own it": the ladder stops for this round, signals go on until `until` as for an acknowledgement.
    Accepted { ordinal: u32, by: PersonId, until: Timestamp },
    /// "Not me": the next step at once.
    Rejected { ordinal: u32, by: PersonId, reason: SmolStr },
    /// To a named person, or to the next step (`to` empty), now.
    Escalated { ordinal: u32, by: PersonId, to: Option<PersonId>, reason: SmolStr },
    /// `until` passed with the condition present or latched.
    AnswerExpired { ordinal: u32, lateness_ms: i64 },
    /// The condition is no longer present.
    ConditionCleared { ordinal: u32, at: Timestamp },
    /// A latched signal was ended.
    Reset { ordinal: u32, by: PersonId },
    /// A note.
    Commented { ordinal: u32, by: PersonId, text: SmolStr },
    /// The alert is closed for good.
    Closed { ordinal: u32, cause: CloseCause },
}

impl AlertEvent {
    /// The ordinal of the alert that the event is about.
    #[must_use]
    pub const fn ordinal(&self) -> u32 {
        match self {
            Self::Raised { ordinal, .. }
            | Self::Folded { ordinal, .. }
            | Self::RoundBegan { ordinal, .. }
            | Self::StepDue { ordinal, .. }
            | Self::NoOneOnCall { ordinal, .. }
            | Self::StepEntered { ordinal, .. }
            | Self::Acknowledged { ordinal, .. }
            | Self::Accepted { ordinal, .. }
            | Self::Rejected { ordinal, .. }
            | Self::Escalated { ordinal, .. }
            | Self::AnswerExpired { ordinal, .. }
            | Self::ConditionCleared { ordinal, .. }
            | Self::Reset { ordinal, .. }
            | Self::Commented { ordinal, .. }
            | Self::Closed { ordinal, .. } => *ordinal,
        }
    }
}

/// Who answers for an alert now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Response {
    /// Nobody yet. `step` is 0 until the first step was entered; `entered` says whether people of `step` are paged.
    Waiting {
        /// The step that is due or entered, from 1.
        step: u32,
        /// Whether the step's people are known; otherwise the care team is being asked.
        entered: bool,
        /// Whether the entered step is the last of the ladder.
        last: bool,
        /// The people of the entered step, and people to whom it was escalated by name.
        people: Vec<PersonId>,
        /// What happens next happens at this receipt time.
        deadline: Timestamp,
    },
    /// Somebody owns it until `until`; `silenced` if acknowledged, which is accepted and silenced.
    Answered {
        /// The owner.
        by: PersonId,
        /// When the answer expires.
        until: Timestamp,
        /// Whether the signals are silenced.
        silenced: bool,
    },
}

/// An alert as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// Position among the subject's alerts.
    pub ordinal: u32,
    /// The condition of its newest onset.
    pub condition: Condition,
    /// The highest priority it has had in this round.
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
    /// Counts changes of phase, priority and owner only, so that deliveries and folds make no answer stale.
    pub version: u32,
    /// Why it was closed; `None` while it is open.
    pub closed: Option<CloseCause>,
}

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
    Escalate { to: Option<PersonId> },
    /// Ends a latched signal whose condition has gone.
    Reset,
    /// A note.
    Comment,
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
    /// The version that the person saw.
    pub seen_version: u32,
}

/// What must happen outside once an event is committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Ask the care team who answers for this step.
    AskCareTeam { ordinal: u32, round: u32, step: u32 },
    /// Page these people, once per (alert, round, step, person, channel).
    Page { ordinal: u32, round: u32, step: u32, people: Vec<PersonId> },
    /// Take back the pages of this alert that nobody has answered.
    WithdrawPages { ordinal: u32 },
}
