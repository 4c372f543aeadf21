//! The service of those who answer alerts.

use std::sync::Arc;
use std::time::Duration;

use smol_str::SmolStr;
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use super::view::{self, invalid, status};
use crate::access::{Decision, Fields, Verb as Wanted};
use crate::actors::handle::{AlertView, Answered, Handle};
use crate::api::guard::{Guard, Visit};
use crate::api::identity::Directory;
use crate::clinical::alert::{Command, Verb, Verdict};
use crate::clinical::condition::ConditionKind;
use crate::clinical::ids::{AlertId, PatientId, PersonId, Subject, UnitId};
use crate::proto::alert_service_server::AlertService;
use crate::proto::{self, AnswerRequest, AnswerResponse};

mod listing;
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
    guard: Guard,
    directory: Arc<Directory>,
    draining: watch::Receiver<bool>,
    stalled_after: Duration,
}

impl Alerts {
    /// Over the engine, for the people whom the guard lets in; streams end when the server drains.
    #[must_use]
    pub fn new(
        handle: Handle,
        guard: Guard,
        directory: Arc<Directory>,
        draining: watch::Receiver<bool>,
        stalled_after: Duration,
    ) -> Self {
        Self { handle, guard, directory, draining, stalled_after }
    }

    /// The alert and what of it the visitor sees. What they may not see does not exist for them.
    async fn visible(&self, visit: &mut Visit, id: &AlertId) -> Result<(Arc<AlertView>, Fields), Status> {
        if let Some(view) = self.handle.alert(id) {
            if let Some(fields) = visit.sees(&view) {
                return Ok((view, fields));
            }
            visit.look_into_inbox().await?;
            if let Some(fields) = visit.sees(&view) {
                return Ok((view, fields));
            }
        }
        Err(visit.no_such_alert(id).await)
    }

    /// The alert and what of it the visitor sees, if they may answer it.
    async fn answerable(&self, visit: &mut Visit, id: &AlertId) -> Result<(Arc<AlertView>, Fields), Status> {
        let (view, fields) = self.visible(visit, id).await?;
        match visit.decide_alert(&view, Wanted::AnswerAlert) {
            Decision::Allow(_) => Ok((view, fields)),
            Decision::Absent => Err(visit.no_such_alert(id).await),
            Decision::Forbid(who) => {
                let status = Status::permission_denied(format!("this needs the role {who}"));
                Err(visit.refuse(id.subject.patient(), status).await)
            }
        }
    }

    /// Whether the visitor sees the patient at all, with or without an alert.
    fn sees_patient(&self, visit: &mut Visit, patient: &PatientId) -> bool {
        self.handle.knows_patient(patient) && visit.sees_patient(patient, Wanted::SeePatient).is_some()
    }

    async fn answer(
        &self,
        request: Request<AnswerRequest>,
        what: &'static str,
        verb: impl FnOnce(&AnswerRequest) -> Result<Verb, Status> + Send,
        needs_reason: bool,
    ) -> Result<Response<AnswerResponse>, Status> {
        let mut visit = self.guard.enter(&request, Wanted::AnswerAlert(ConditionKind::Technical), what).await?;
        let asked = request.into_inner();
        let id: AlertId = asked.id.parse().map_err(invalid)?;
        let verb = verb(&asked)?;
        let reason = reason(&asked.reason, needs_reason)?;
        visit.about(&asked.id);
        let (_, fields) = self.answerable(&mut visit, &id).await?;
        let by = visit.person().id.clone();
        let command = Command { ordinal: id.ordinal, verb, by, reason, seen_version: asked.version };
        let answered = self.handle.answer(&id.subject, command).await.map_err(|error| status(&error))?;
        let (done, view) = match answered {
            Answered::Done(view) => (true, view),
            Answered::Stale(view) => (false, view),
        };
        visit.answer(AnswerResponse { done, alert: Some(view::alert(&view, fields)) }).await
    }
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

/// Whose alerts are asked for; both fields say the same where the subject is a patient.
fn subject(asked: &proto::ListAlertsRequest) -> Result<Option<Subject>, Status> {
    match (asked.subject.as_str(), asked.patient.as_str()) {
        ("", "") => Ok(None),
        ("", patient) => PatientId::new(patient).map(|id| Some(Subject::Patient(id))).map_err(invalid),
        (subject, "") => subject.parse().map(Some).map_err(invalid),
        _ => Err(Status::invalid_argument("name a patient or a subject, not both")),
    }
}

#[tonic::async_trait]
impl AlertService for Alerts {
    type WatchStream = ReceiverStream<Result<proto::AlertUpdate, Status>>;

    async fn list(
        &self,
        request: Request<proto::ListAlertsRequest>,
    ) -> Result<Response<proto::ListAlertsResponse>, Status> {
        self.list_page(request).await
    }

    async fn get(&self, request: Request<proto::GetAlertRequest>) -> Result<Response<proto::Alert>, Status> {
        let see = Wanted::SeeAlert(ConditionKind::Technical);
        let mut visit = self.guard.enter(&request, see, "alerts.show").await?;
        let id: AlertId = request.into_inner().id.parse().map_err(invalid)?;
        visit.about(id.to_string());
        let (view, fields) = self.visible(&mut visit, &id).await?;
        visit.answer(view::alert(&view, fields)).await
    }

    async fn watch(&self, request: Request<proto::WatchAlertsRequest>) -> Result<Response<Self::WatchStream>, Status> {
        let see = Wanted::SeeAlert(ConditionKind::Technical);
        let mut visit = self.guard.enter(&request, see, "alerts.watch").await?;
        let asked = request.into_inner();
        let unit = unit(&asked.unit)?;
        visit.look_into_inbox().await?;
        let news = self.handle.watch(asked.from_position).await.map_err(|error| status(&error))?;
        visit.at_position(asked.from_position.unwrap_or_default());
        visit.put_on_record().await?;
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        let watching = watching::Watching {
            visit,
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
        self.answer(request, "alerts.acknowledge", |_| Ok(Verb::Acknowledge), true).await
    }

    async fn accept(&self, request: Request<AnswerRequest>) -> Result<Response<AnswerResponse>, Status> {
        self.answer(request, "alerts.accept", |_| Ok(Verb::Accept), false).await
    }

    async fn reject(&self, request: Request<AnswerRequest>) -> Result<Response<AnswerResponse>, Status> {
        self.answer(request, "alerts.reject", |_| Ok(Verb::Reject), true).await
    }

    async fn escalate(&self, request: Request<AnswerRequest>) -> Result<Response<AnswerResponse>, Status> {
        let verb = |asked: &AnswerRequest| {
            let to = if asked.to.is_empty() { None } else { Some(PersonId::new(&asked.to).map_err(invalid)?) };
            Ok(Verb::Escalate { to })
        };
        self.answer(request, "alerts.escalate", verb, true).await
    }

    async fn reset(&self, request: Request<AnswerRequest>) -> Result<Response<AnswerResponse>, Status> {
        self.answer(request, "alerts.reset", |_| Ok(Verb::Reset), false).await
    }

    async fn comment(&self, request: Request<AnswerRequest>) -> Result<Response<AnswerResponse>, Status> {
        self.answer(request, "alerts.comment", |_| Ok(Verb::Comment), true).await
    }

    async fn hand_over(&self, request: Request<AnswerRequest>) -> Result<Response<AnswerResponse>, Status> {
        let verb = |asked: &AnswerRequest| Ok(Verb::HandOver { to: PersonId::new(&asked.to).map_err(invalid)? });
        self.answer(request, "alerts.hand-over", verb, true).await
    }

    async fn hand_over_all(
        &self,
        request: Request<proto::HandOverAllRequest>,
    ) -> Result<Response<proto::AnswerAllResponse>, Status> {
        self.offer_all(request).await
    }

    async fn snooze(&self, request: Request<AnswerRequest>) -> Result<Response<AnswerResponse>, Status> {
        let verb = |asked: &AnswerRequest| Ok(Verb::Snooze { ms: asked.snooze_minutes.saturating_mul(60_000) });
        self.answer(request, "alerts.snooze", verb, true).await
    }

    async fn dispose(&self, request: Request<AnswerRequest>) -> Result<Response<AnswerResponse>, Status> {
        let verb = |asked: &AnswerRequest| match asked.verdict() {
            proto::Verdict::True => Ok(Verb::Dispose { verdict: Verdict::True }),
            proto::Verdict::False => Ok(Verb::Dispose { verdict: Verdict::False }),
            proto::Verdict::NotActionable => Ok(Verb::Dispose { verdict: Verdict::NotActionable }),
            proto::Verdict::Unspecified => Err(Status::invalid_argument("verdict is true, false or not actionable")),
        };
        self.answer(request, "alerts.dispose", verb, false).await
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
        let see = Wanted::SeeAlert(ConditionKind::Technical);
        let mut visit = self.guard.enter(&request, see, "alerts.history").await?;
        let id: AlertId = request.into_inner().id.parse().map_err(invalid)?;
        visit.about(id.to_string());
        let (_, fields) = self.visible(&mut visit, &id).await?;
        let facts = self.handle.history(&id).await.map_err(|error| status(&error))?;
        let facts = facts.iter().map(|(at, event)| view::fact(*at, event, fields)).collect();
        visit.answer(proto::HistoryResponse { facts }).await
    }

    async fn inbox(&self, request: Request<proto::InboxRequest>) -> Result<Response<proto::InboxResponse>, Status> {
        let mut visit = self.guard.enter(&request, Wanted::ReadInbox, "alerts.inbox").await?;
        let pages = self.handle.inbox(&visit.person().id).await.map_err(|error| status(&error))?;
        for page in &pages {
            if let Some(patient) = page.alert.subject.patient() {
                visit.concerns(patient);
            }
        }
        let pages = pages.into_iter().map(|page| proto::Page {
            alert: page.alert.to_string(),
            round: page.round,
            step: page.step,
            paged_at_us: page.paged_at.micros(),
            quiet: page.quiet.as_ref().map(|quiet| quiet.cause.as_str().to_owned()).unwrap_or_default(),
            quiet_by: page.quiet.as_ref().map(|quiet| quiet.by.to_string()).unwrap_or_default(),
            quiet_until_us: page.quiet.as_ref().map_or(0, |quiet| quiet.until.micros()),
        });
        visit.answer(proto::InboxResponse { pages: pages.collect() }).await
    }
}
