//! Answers to alerts: what people say, and what became of it. Each says the version that the person saw.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Alert, Verdict};
use crate::proto;

/// What became of an answer.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Answer {
    /// True once it is committed; false: the version was stale, and `alert` is the alert now.
    pub done: bool,
    pub alert: Alert,
}

/// What became of several.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Answers {
    pub answers: Vec<Answer>,
}

impl From<proto::AnswerResponse> for Option<Answer> {
    fn from(answer: proto::AnswerResponse) -> Self {
        answer.alert.map(|alert| Answer { done: answer.done, alert: alert.into() })
    }
}

impl From<proto::AnswerAllResponse> for Answers {
    fn from(answers: proto::AnswerAllResponse) -> Self {
        Self { answers: answers.answers.into_iter().filter_map(Into::into).collect() }
    }
}

/// The own words of each verb, as the request of port 7444.
pub trait AsRequest {
    /// The request about this alert.
    fn about(self, id: String) -> proto::AnswerRequest;
}

macro_rules! answers {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty),* } => |$said:ident| $request:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            /// The version of the alert that the person saw.
            pub version: u32,
            $($(#[$field_doc])* pub $field: $kind,)*
        }

        impl AsRequest for $name {
            fn about(self, id: String) -> proto::AnswerRequest {
                let $said = self;
                let version = $said.version;
                proto::AnswerRequest { id, version, ..$request }
            }
        }
    )*};
}

answers! {
    /// "I own it, and the signals are off for a while."
    Acknowledging { reason: String } => |said| proto::AnswerRequest { reason: said.reason, ..Default::default() };
    /// "I own it."
    Accepting {} => |said| proto::AnswerRequest::default();
    /// "Not me."
    Rejecting { reason: String } => |said| proto::AnswerRequest { reason: said.reason, ..Default::default() };
    /// To a person, or to the next step, now.
    Escalating {
        reason: String,
        /// Absent: the next step.
        to: Option<String>
    } => |said| proto::AnswerRequest { reason: said.reason, to: said.to.unwrap_or_default(), ..Default::default() };
    /// To a person, for good, once they have answered.
    HandingOver { reason: String, to: String }
        => |said| proto::AnswerRequest { reason: said.reason, to: said.to, ..Default::default() };
    /// Signals off for a while; the ladder goes on.
    Snoozing {
        reason: String,
        /// Low at most 60, medium 15; high alerts are not snoozed.
        minutes: u32
    } => |said| proto::AnswerRequest { reason: said.reason, snooze_minutes: said.minutes, ..Default::default() };
    /// Ends a latched signal whose condition has gone.
    Resetting {} => |said| proto::AnswerRequest::default();
    /// A note.
    Commenting { text: String } => |said| proto::AnswerRequest { reason: said.text, ..Default::default() };
    /// What the alert turned out to be worth.
    Disposing { verdict: Verdict, reason: Option<String> } => |said| proto::AnswerRequest {
        verdict: proto::Verdict::from(said.verdict) as i32,
        reason: said.reason.unwrap_or_default(),
        ..Default::default()
    };
}

/// An alert, as a person saw it.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SeenAlert {
    pub id: String,
    /// The version that the person saw.
    pub version: u32,
}

/// Several alerts acknowledged; none of them may be high.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcknowledgingSeveral {
    pub reason: String,
    pub alerts: Vec<SeenAlert>,
}

/// All that the caller owns, of a patient or a whole shift, offered to a person.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandingOverAll {
    pub to: String,
    pub reason: String,
    /// Absent: the whole shift.
    pub patient: Option<String>,
}

impl From<AcknowledgingSeveral> for proto::AcknowledgeAllRequest {
    fn from(said: AcknowledgingSeveral) -> Self {
        let one = |seen: SeenAlert| proto::AnswerRequest { id: seen.id, version: seen.version, ..Default::default() };
        Self { reason: said.reason, answers: said.alerts.into_iter().map(one).collect() }
    }
}

impl From<HandingOverAll> for proto::HandOverAllRequest {
    fn from(said: HandingOverAll) -> Self {
        Self { to: said.to, reason: said.reason, patient: said.patient.unwrap_or_default() }
    }
}
