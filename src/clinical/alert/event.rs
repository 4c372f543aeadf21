//! What happens to an alert.
// Fields of the variants carry the words of docs/GLOSSARY.md; the variants say what they mean.
#![allow(missing_docs)]

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::terms::Term;
use super::verdict::Verdict;
use crate::clinical::condition::Condition;
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
    /// A standby ended, which had held the signals.
    StandbyEnded,
    /// The patient was moved to another unit, whose people are asked now.
    Moved,
    /// Nobody looked at the worklist by the review time.
    ReviewDue,
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
    /// The device that it is about was assigned, or taken out of use: what is still the case sets in anew for its patient.
    HandedOver,
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
    RoundBegan { ordinal: u32, round: u32, cause: RoundCause, deadline: Timestamp, lateness_ms: i64 },
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
        /// How long after its deadline the assignment came; 0 if it came in time.
        lateness_ms: i64,
        /// How many of the people must accept before the ladder stops.
        accepts: u32,
        /// How long an answer holds; `None`: as long as answers of the priority do.
        answer: Option<Term>,
    },
    /// One of several who must accept has accepted; the ladder goes on until enough have.
    Joined { ordinal: u32, by: PersonId },
    /// "I own it", and the signals are silenced until `until`.
    Acknowledged { ordinal: u32, by: PersonId, reason: SmolStr, until: Timestamp },
    /// "I own it": the ladder stops for this round, signals go on until `until` as for an acknowledgement.
    Accepted { ordinal: u32, by: PersonId, until: Timestamp },
    /// "Not me": the next step at once.
    Rejected { ordinal: u32, by: PersonId, reason: SmolStr },
    /// To a named person, or to the next step (`to` empty), now. `round` and `step` are where the ladder stands: the
    /// named person is paged for them.
    Escalated { ordinal: u32, round: u32, step: u32, by: PersonId, to: Option<PersonId>, reason: SmolStr },
    /// Passed to a person for good. `accepted` is false when it is offered, and true once `to` has answered: until then
    /// `by` stays responsible. `round` and `step` are where the ladder stands.
    HandedOver { ordinal: u32, round: u32, step: u32, by: PersonId, to: PersonId, reason: SmolStr, accepted: bool },
    /// The signals are silenced until `until`; the ladder goes on.
    Snoozed { ordinal: u32, by: PersonId, reason: SmolStr, until: Timestamp },
    /// What the alert turned out to be worth.
    Disposed { ordinal: u32, by: PersonId, verdict: Verdict, reason: SmolStr },
    /// `until` passed with the condition present or latched.
    AnswerExpired { ordinal: u32, lateness_ms: i64 },
    /// The patient is on standby: nobody is paged before `until`, or before the standby ends.
    Held { ordinal: u32, until: Timestamp },
    /// Readings on which it stands were recorded for the wrong patient: it may be nobody's, or somebody else's.
    Disputed { ordinal: u32, by: PersonId, reason: SmolStr },
    /// It was found in late data and is over: it stands on the worklist, and nobody is paged before `until`.
    Listed { ordinal: u32, until: Timestamp },
    /// Its rule delays the signal: it stands, and nobody is paged before `until`.
    Delayed { ordinal: u32, until: Timestamp },
    /// An earlier onset of it was found in late data: on record, and nothing else.
    FoundEarlier { ordinal: u32, condition: Condition },
    /// With the data that came late its onset would not have been where it was. It stays.
    Revised { ordinal: u32 },
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
            | Self::Joined { ordinal, .. }
            | Self::HandedOver { ordinal, .. }
            | Self::Snoozed { ordinal, .. }
            | Self::Disposed { ordinal, .. }
            | Self::Acknowledged { ordinal, .. }
            | Self::Accepted { ordinal, .. }
            | Self::Rejected { ordinal, .. }
            | Self::Escalated { ordinal, .. }
            | Self::AnswerExpired { ordinal, .. }
            | Self::Held { ordinal, .. }
            | Self::Disputed { ordinal, .. }
            | Self::Listed { ordinal, .. }
            | Self::FoundEarlier { ordinal, .. }
            | Self::Delayed { ordinal, .. }
            | Self::Revised { ordinal }
            | Self::ConditionCleared { ordinal, .. }
            | Self::Reset { ordinal, .. }
            | Self::Commented { ordinal, .. }
            | Self::Closed { ordinal, .. } => *ordinal,
        }
    }
}
