//! The service of those who answer alerts.

use std::sync::Arc;
use std::time::Duration;

use smol_str::SmolStr;
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status};

use super::view::{self, invalid, status};
use crate::actors::handle::{AlertView, Answered, Handle};
use crate::api::identity::{Action, Directory, Person, authenticate, may, sees};
use crate::clinical::alert::{Command, Verb, Verdict};
use crate::clinical::condition::{ConditionKind, Priority};
use crate::clinical::ids::{AlertId, PatientId, PersonId, UnitId};
use crate::proto::alert_service_server::AlertService;
use crate::proto::{self, AnswerRequest, AnswerResponse};

mod several;
mod watching;

/// The longest reason or comment, in bytes.
const REASON_MAX: usize = 1_000;
/// Updates that wait for a subscriber, beside those in its subscription.
const WAITING_MAX: usize = 64;

/// The alert service.
#[derive(Clone)]
pub struct Alerts {
    handle: Handle,
    directory: Arc<Directory>,
    draining: watch::Receiver<bool>,
    stalled_after: Duration,
}

impl Alerts {
    /// Over the engine, for the people of the directory; streams end when the server drains.
    #[must_use]
    pub fn new(
        handle: Handle,
        directory: Arc<Directory>,
        draining: watch::Receiver<bool>,
        stalled_after: Duration,
    ) -> Self {
        Self { handle, directory, draining, stalled_after }
    }

    fn person(&self, metadata: &MetadataMap) -> Result<Person, Status> {
        authenticate(&self.directory.now(), metadata)
    }

    /// Somebody who may see alerts at all; which ones is decided for each.
    fn viewer(&self, metadata: &MetadataMap) -> Result<Person, Status> {
        let person = self.person(metadata)?;
        may(&person, Action::See(ConditionKind::Technical))?;
        Ok(person)
    }

    /// The kind of an alert. What the person may not see does not exist for them.
    async fn kind_of(&self, person: &Person, id: &AlertId) -> Result<ConditionKind, Status> {
        let (views, _) = self.handle.alerts(None, Some(&id.patient), true).await;
        let kind = views.iter().find(|view| view.id == *id).map(|view| view.alert.condition.kind);
        kind.filter(|kind| sees(person, *kind)).ok_or_else(no_such_alert)
    }

    async fn answer(
        &self,
        request: Request<AnswerRequest>,
        verb: impl FnOnce(&AnswerRequest) -> Result<Verb, Status> + Send,
        needs_reason: bool,
    ) -> Result<Response<AnswerResponse>, Status> {
        let person = self.person(request.metadata())?;
        let asked = request.into_inner();
        let id: AlertId = asked.id.parse().map_err(invalid)?;
        may(&person, Action::Answer(ConditionKind::Technical))?;
        // Those who may answer everything need no look at the alert first.
        if let Err(forbidden) = may(&person, Action::Answer(ConditionKind::Physiological))
            && self.kind_of(&person, &id).await? == ConditionKind::Physiological
        {
            return Err(forbidden.into());
        }
        let command = Command {
            ordinal: id.ordinal,
            verb: verb(&asked)?,
            by: person.id,
            reason: reason(&asked.reason, needs_reason)?,
            seen_version: asked.version,
        };
        let answered = self.handle.answer(&id.patient, command).await.map_err(|error| status(&error))?;
        let (done, view) = match answered {
            Answered::Done(view) => (true, view),
            Answered::Stale(view) => (false, view),
        };
        Ok(Response::new(AnswerResponse { done, alert: Some(view::alert(&view)) }))
    }
}

fn no_such_alert() -> Status {
    Status::not_found("there is no such alert")
}

fn reason(text: &str, needed: bool) -> Result<SmolStr, Status> {
    let text = text.trim();
    if needed && text.is_empty() {
        return Err(Status::invalid_argument("reason must not be empty"));
    }
    if text.len() > REASON_MAX {
        return Err(Status::invalid_argument("reason has at most 1000 bytes"));
    }
    Ok(SmolStr::new(text))
}

fn unit(text: &str) -> Result<Option<UnitId>, Status> {
    if text.is_empty() { Ok(None) } else { UnitId::new(text).map(Some).map_err(invalid) }
}

/// Open before closed, unanswered first, then by priority and age; closed ones newest first.
fn in_order_of_urgency(views: &mut [Arc<AlertView>]) {
    use crate::clinical::alert::Response::Answered;
    views.sort_by_key(|view| {
        let alert = &view.alert;
        let age = alert.raised_at.micros();
        if alert.closed.is_some() {
            return (true, false, std::cmp::Reverse(Priority::Low), age.saturating_neg());
        }
        let answered = matches!(alert.response, Answered { .. });
        (false, answered, std::cmp::Reverse(alert.priority), age)
    });
}

#[tonic::async_trait]
impl AlertService for Alerts {
    type WatchStream = ReceiverStream<Result<proto::AlertUpdate, Status>>;

    async fn list(
        &self,
        request: Request<proto::ListAlertsRequest>,
    ) -> Result<Response<proto::ListAlertsResponse>, Status> {
        let person = self.viewer(request.metadata())?;
        let asked = request.into_inner();
        let unit = unit(&asked.unit)?;
        let patient =
            if asked.patient.is_empty() { None } else { Some(PatientId::new(&asked.patient).map_err(invalid)?) };
        let (mut views, position) = self.handle.alerts(unit.as_ref(), patient.as_ref(), asked.closed_too).await;
        views.retain(|view| sees(&person, view.alert.condition.kind));
        in_order_of_urgency(&mut views);
        let alerts = views.iter().map(|view| view::alert(view)).collect();
        Ok(Response::new(proto::ListAlertsResponse { alerts, position }))
    }

    async fn watch(&self, request: Request<proto::WatchAlertsRequest>) -> Result<Response<Self::WatchStream>, Status> {
        let person = self.viewer(request.metadata())?;
        let asked = request.into_inner();
        let unit = unit(&asked.unit)?;
        let news = self.handle.watch(asked.from_position).await.map_err(|error| status(&error))?;
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        let watching = watching::Watching {
            person,
            unit,
            last_position: asked.from_position,
            changes: self.directory.changes(),
            draining: self.draining.clone(),
            stalled_after: self.stalled_after,
        };
        tokio::spawn(watching.run(news, sender));
        Ok(Response::new(ReceiverStream::new(receiver)))
    }

    async fn acknowledge(&self, request: Request<AnswerRequest>) -> Result<Response<AnswerResponse>, Status> {
        self.answer(request, |_| Ok(Verb::Acknowledge), true).await
    }

    async fn accept(&self, request: Request<AnswerRequest>) -> Result<Response<AnswerResponse>, Status> {
        self.answer(request, |_| Ok(Verb::Accept), false).await
    }

    async fn reject(&self, request: Request<AnswerRequest>) -> Result<Response<AnswerResponse>, Status> {
        self.answer(request, |_| Ok(Verb::Reject), true).await
    }

    async fn escalate(&self, request: Request<AnswerRequest>) -> Result<Response<AnswerResponse>, Status> {
        let verb = |asked: &AnswerRequest| {
            let to = if asked.to.is_empty() { None } else { Some(PersonId::new(&asked.to).map_err(invalid)?) };
            Ok(Verb::Escalate { to })
        };
        self.answer(request, verb, true).await
    }

    async fn reset(&self, request: Request<AnswerRequest>) -> Result<Response<AnswerResponse>, Status> {
        self.answer(request, |_| Ok(Verb::Reset), false).await
    }

    async fn comment(&self, request: Request<AnswerRequest>) -> Result<Response<AnswerResponse>, Status> {
        self.answer(request, |_| Ok(Verb::Comment), true).await
    }

    async fn hand_over(&self, request: Request<AnswerRequest>) -> Result<Response<AnswerResponse>, Status> {
        let verb = |asked: &AnswerRequest| Ok(Verb::HandOver { to: PersonId::new(&asked.to).map_err(invalid)? });
        self.answer(request, verb, true).await
    }

    async fn hand_over_all(
        &self,
        request: Request<proto::HandOverAllRequest>,
    ) -> Result<Response<proto::AnswerAllResponse>, Status> {
        self.offer_all(request).await
    }

    async fn snooze(&self, request: Request<AnswerRequest>) -> Result<Response<AnswerResponse>, Status> {
        let verb = |asked: &AnswerRequest| Ok(Verb::Snooze { ms: asked.snooze_minutes.saturating_mul(60_000) });
        self.answer(request, verb, true).await
    }

    async fn dispose(&self, request: Request<AnswerRequest>) -> Result<Response<AnswerResponse>, Status> {
        let verb = |asked: &AnswerRequest| match asked.verdict() {
            proto::Verdict::True => Ok(Verb::Dispose { verdict: Verdict::True }),
            proto::Verdict::False => Ok(Verb::Dispose { verdict: Verdict::False }),
            proto::Verdict::NotActionable => Ok(Verb::Dispose { verdict: Verdict::NotActionable }),
            proto::Verdict::Unspecified => Err(Status::invalid_argument("verdict is true, false or not actionable")),
        };
        self.answer(request, verb, false).await
    }

    async fn acknowledge_all(
        &self,
        request: Request<proto::AcknowledgeAllRequest>,
    ) -> Result<Response<proto::AnswerAllResponse>, Status> {
        self.acknowledge_several(request).await
    }

    async fn history(
        &self,
        request: Request<proto::HistoryRequest>,
    ) -> Result<Response<proto::HistoryResponse>, Status> {
        let person = self.viewer(request.metadata())?;
        let id: AlertId = request.into_inner().id.parse().map_err(invalid)?;
        let facts = self.handle.history(&id).await.map_err(|error| status(&error))?;
        // The alert's kind is in the fact that raised it; an alert that is not in the list any more has it too.
        let visible = facts.iter().any(|(_, event)| match event {
            crate::clinical::alert::AlertEvent::Raised { condition, .. } => sees(&person, condition.kind),
            _ => false,
        });
        if !visible {
            return Err(no_such_alert());
        }
        let facts = facts.iter().map(|(at, event)| view::fact(*at, event)).collect();
        Ok(Response::new(proto::HistoryResponse { facts }))
    }

    async fn inbox(&self, request: Request<proto::InboxRequest>) -> Result<Response<proto::InboxResponse>, Status> {
        let person = self.person(request.metadata())?;
        may(&person, Action::ReadInbox)?;
        let pages = self.handle.inbox(&person.id).await.map_err(|error| status(&error))?;
        let pages = pages.into_iter().map(|page| proto::Page {
            alert: page.alert.to_string(),
            round: page.round,
            step: page.step,
            paged_at_us: page.paged_at.micros(),
        });
        Ok(Response::new(proto::InboxResponse { pages: pages.collect() }))
    }
}
