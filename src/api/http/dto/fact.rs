//! What happened to alerts.

use serde::Serialize;
use utoipa::ToSchema;

use super::{Alert, instant, text};
use crate::proto;

/// One fact of an alert's history.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Fact {
    pub at_us: i64,
    /// What happened: raised, folded, `step_entered`, acknowledged, ... (`docs/API.md`).
    pub what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub round: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<u32>,
    /// Who did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Who was paged, or to whom it goes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline_us: Option<i64>,
    /// How long after its deadline it happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lateness_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub onset_us: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
}

/// Everything that happened to an alert, oldest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct History {
    pub facts: Vec<Fact>,
}

/// What happened, and the alert after it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Update {
    /// Resume from here.
    pub position: u64,
    pub fact: Fact,
    pub alert: Alert,
}

/// A page that waits for a person.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Page {
    pub alert: String,
    pub round: u32,
    pub step: u32,
    pub paged_at_us: i64,
}

/// Pages that wait for the caller.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Inbox {
    pub pages: Vec<Page>,
}

impl From<proto::AlertFact> for Fact {
    fn from(fact: proto::AlertFact) -> Self {
        let some = |number: u32| (number != 0).then_some(number);
        Self {
            at_us: fact.at_us,
            what: fact.what,
            round: some(fact.round),
            step: some(fact.step),
            by: text(fact.by),
            people: fact.people,
            reason: text(fact.reason),
            deadline_us: instant(fact.deadline_us),
            lateness_ms: instant(fact.lateness_ms),
            rule: text(fact.rule),
            onset_us: instant(fact.onset_us),
            value: fact.value,
        }
    }
}

impl From<proto::HistoryResponse> for History {
    fn from(history: proto::HistoryResponse) -> Self {
        Self { facts: history.facts.into_iter().map(Into::into).collect() }
    }
}

impl From<proto::AlertUpdate> for Option<Update> {
    fn from(update: proto::AlertUpdate) -> Self {
        let (fact, alert) = (update.fact?.into(), update.alert?.into());
        Some(Update { position: update.position, fact, alert })
    }
}

impl From<proto::InboxResponse> for Inbox {
    fn from(inbox: proto::InboxResponse) -> Self {
        let page = |page: proto::Page| Page {
            alert: page.alert,
            round: page.round,
            step: page.step,
            paged_at_us: page.paged_at_us,
        };
        Self { pages: inbox.pages.into_iter().map(page).collect() }
    }
}
