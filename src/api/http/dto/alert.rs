//! An alert.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{instant, text};
use crate::proto;

/// How urgent (IEC 60601-1-8).
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Priority {
    Low,
    Medium,
    High,
}

/// Of the patient, or of equipment, signal or data.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Kind {
    Physiological,
    Technical,
}

/// Who has answered.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum State {
    Waiting,
    Accepted,
    Acknowledged,
    Closed,
}

/// What an alert turned out to be worth.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Verdict {
    True,
    False,
    NotActionable,
}

/// An alert.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Alert {
    /// SUBJECT~ORDINAL.
    pub id: String,
    /// PATIENT, device~DEVICE or unit~UNIT.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patient: Option<String>,
    /// The unit whose people answer.
    pub unit: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bed: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule_version: Option<u32>,
    pub kind: Kind,
    pub priority: Priority,
    pub latching: bool,
    /// Whether its condition may be lethal within minutes.
    pub lethal: bool,
    /// Whether the condition is present now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub present: Option<bool>,
    /// By the device's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_us: Option<i64>,
    /// By the device's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub onset_us: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    pub raised_at_us: i64,
    /// Further onsets that joined it.
    pub folds: u32,
    pub round: u32,
    pub step: u32,
    pub state: State,
    /// Waiting: who is paged. Accepted or acknowledged: the owner.
    pub people: Vec<String>,
    /// Waiting: when the next step follows. Accepted or acknowledged: when that expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline_us: Option<i64>,
    /// To be sent back with an answer.
    pub version: u32,
    /// Why it was closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snoozed_until_us: Option<i64>,
    /// To whom it has been offered for good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offered_to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// The patient is on standby: nobody is paged before `deadline_us`.
    pub held: bool,
    /// Readings on which it stands were recorded for the wrong patient.
    pub disputed: bool,
}

/// A page of alerts.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AlertPage {
    pub alerts: Vec<Alert>,
    /// Events from here on miss nothing.
    pub position: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

impl From<proto::Alert> for Alert {
    fn from(alert: proto::Alert) -> Self {
        let (kind, priority, state) = (kind(alert.kind()), priority(alert.priority()), state(alert.state()));
        let verdict = verdict(alert.verdict());
        // What was found is shown as a whole, or not at all.
        let found = !alert.rule.is_empty();
        Self {
            id: alert.id,
            subject: text(alert.subject),
            patient: text(alert.patient),
            unit: alert.unit,
            bed: text(alert.bed),
            rule: text(alert.rule),
            rule_version: found.then_some(alert.rule_version),
            kind,
            priority,
            latching: alert.latching,
            lethal: alert.lethal,
            present: found.then_some(alert.present),
            start_us: found.then_some(alert.start_us),
            onset_us: found.then_some(alert.onset_us),
            value: alert.value,
            limit: alert.limit,
            text: text(alert.text),
            raised_at_us: alert.raised_at_us,
            folds: alert.folds,
            round: alert.round,
            step: alert.step,
            state,
            people: alert.people,
            deadline_us: instant(alert.deadline_us),
            version: alert.version,
            closed: text(alert.closed),
            device: text(alert.device),
            snoozed_until_us: instant(alert.snoozed_until_us),
            offered_to: text(alert.offered_to),
            verdict,
            held: alert.held,
            disputed: alert.disputed,
        }
    }
}

impl From<proto::ListAlertsResponse> for AlertPage {
    fn from(page: proto::ListAlertsResponse) -> Self {
        let alerts = page.alerts.into_iter().map(Into::into).collect();
        Self { alerts, position: page.position, next_cursor: text(page.next_page_token) }
    }
}

impl From<Verdict> for proto::Verdict {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::True => Self::True,
            Verdict::False => Self::False,
            Verdict::NotActionable => Self::NotActionable,
        }
    }
}

const fn kind(kind: proto::ConditionKind) -> Kind {
    match kind {
        proto::ConditionKind::Technical => Kind::Technical,
        proto::ConditionKind::Physiological | proto::ConditionKind::Unspecified => Kind::Physiological,
    }
}

const fn priority(priority: proto::Priority) -> Priority {
    match priority {
        proto::Priority::Low => Priority::Low,
        proto::Priority::Medium => Priority::Medium,
        proto::Priority::High | proto::Priority::Unspecified => Priority::High,
    }
}

const fn state(state: proto::ResponseState) -> State {
    match state {
        proto::ResponseState::Waiting | proto::ResponseState::Unspecified => State::Waiting,
        proto::ResponseState::Accepted => State::Accepted,
        proto::ResponseState::Acknowledged => State::Acknowledged,
        proto::ResponseState::Closed => State::Closed,
    }
}

const fn verdict(verdict: proto::Verdict) -> Option<Verdict> {
    match verdict {
        proto::Verdict::Unspecified => None,
        proto::Verdict::True => Some(Verdict::True),
        proto::Verdict::False => Some(Verdict::False),
        proto::Verdict::NotActionable => Some(Verdict::NotActionable),
    }
}
