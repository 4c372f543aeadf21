//! One answer to several alerts: everything of a shift or a patient handed over, several acknowledged.

use tonic::{Request, Response, Status};

use super::{Alerts, reason};
use crate::access::{Fields, Verb as Wanted};
use crate::actors::handle::Answered;
use crate::api::grpc::view::{self, invalid, status};
use crate::clinical::alert::{Command, Verb};
use crate::clinical::condition::{ConditionKind, Priority};
use crate::clinical::ids::{AlertId, PatientId, PersonId, Subject};
use crate::proto;

/// More alerts at once are no answer that anybody has thought about.
const SEVERAL_MAX: usize = 1_000;

impl Alerts {
    /// Offers to a person what the caller owns: of one patient, or everything, which is a whole shift.
    pub(super) async fn offer_all(
        &self,
        request: Request<proto::HandOverAllRequest>,
    ) -> Result<Response<proto::AnswerAllResponse>, Status> {
        let answer = Wanted::AnswerAlert(ConditionKind::Technical);
        let mut visit = self.guard.enter(&request, answer, "alerts.hand-over-all").await?;
        let by = visit.person().id.clone();
        let asked = request.into_inner();
        let to = PersonId::new(&asked.to).map_err(invalid)?;
        let why = reason(&asked.reason, true)?;
        let patient =
            if asked.patient.is_empty() { None } else { Some(PatientId::new(&asked.patient).map_err(invalid)?) };
        let subject = patient.map(Subject::Patient);
        let (views, _) = self.handle.alerts(None, subject.as_ref(), false).await;
        let mine = views.into_iter().filter(|view| view.alert.owner() == Some(&by));
        let mut answers = Vec::new();
        for view in mine {
            let (_, fields) = self.answerable(&mut visit, &view.id).await?;
            let verb = Verb::HandOver { to: to.clone() };
            answers.push(self.command(&by, &view.id, verb, &why, view.alert.version, fields).await?);
        }
        visit.answer(proto::AnswerAllResponse { answers }).await
    }

    /// Acknowledges several alerts; refused before anything is done where any of them is high.
    pub(super) async fn acknowledge_several(
        &self,
        request: Request<proto::AcknowledgeAllRequest>,
    ) -> Result<Response<proto::AnswerAllResponse>, Status> {
        let answer = Wanted::AnswerAlert(ConditionKind::Technical);
        let mut visit = self.guard.enter(&request, answer, "alerts.acknowledge-all").await?;
        let by = visit.person().id.clone();
        let asked = request.into_inner();
        let why = reason(&asked.reason, true)?;
        if asked.answers.is_empty() || asked.answers.len() > SEVERAL_MAX {
            return Err(Status::invalid_argument("1 to 1000 alerts can be acknowledged at once"));
        }
        let mut all = Vec::with_capacity(asked.answers.len());
        for one in &asked.answers {
            let id: AlertId = one.id.parse().map_err(invalid)?;
            let (view, fields) = self.answerable(&mut visit, &id).await?;
            if view.alert.priority == Priority::High {
                return Err(Status::failed_precondition("high alerts are acknowledged one by one"));
            }
            all.push((id, one.version, fields));
        }
        let mut answers = Vec::with_capacity(all.len());
        for (id, version, fields) in all {
            answers.push(self.command(&by, &id, Verb::Acknowledge, &why, version, fields).await?);
        }
        visit.answer(proto::AnswerAllResponse { answers }).await
    }

    async fn command(
        &self,
        by: &PersonId,
        id: &AlertId,
        verb: Verb,
        reason: &str,
        seen_version: u32,
        fields: Fields,
    ) -> Result<proto::AnswerResponse, Status> {
        let command = Command { ordinal: id.ordinal, verb, by: by.clone(), reason: reason.into(), seen_version };
        let answered = self.handle.answer(&id.subject, command).await.map_err(|error| status(&error))?;
        let (done, view) = match answered {
            Answered::Done(view) => (true, view),
            Answered::Stale(view) => (false, view),
        };
        Ok(proto::AnswerResponse { done, alert: Some(view::alert(&view, fields)) })
    }
}
