//! One answer to several alerts: everything of a shift or a patient handed over, several acknowledged.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::{Alerts, no_such_alert, reason, unit};
use crate::actors::handle::{AlertView, Answered};
use crate::api::grpc::view::{self, invalid, status};
use crate::api::identity::{Action, Person, may, sees};
use crate::clinical::alert::{Command, Verb};
use crate::clinical::condition::{ConditionKind, Priority};
use crate::clinical::ids::{AlertId, PatientId, PersonId};
use crate::proto;

/// More alerts at once are no answer that anybody has thought about.
const SEVERAL_MAX: usize = 1_000;

impl Alerts {
    /// Offers to a person what the caller owns: of one patient, or everything, which is a whole shift.
    pub(super) async fn offer_all(
        &self,
        request: Request<proto::HandOverAllRequest>,
    ) -> Result<Response<proto::AnswerAllResponse>, Status> {
        let person = self.person(request.metadata())?;
        may(&person, Action::Answer(ConditionKind::Technical))?;
        let asked = request.into_inner();
        let to = PersonId::new(&asked.to).map_err(invalid)?;
        let why = reason(&asked.reason, true)?;
        let patient =
            if asked.patient.is_empty() { None } else { Some(PatientId::new(&asked.patient).map_err(invalid)?) };
        let (views, _) = self.handle.alerts(unit("")?.as_ref(), patient.as_ref(), false).await;
        let mine = views.into_iter().filter(|view| view.alert.owner() == Some(&person.id));
        let mut answers = Vec::new();
        for view in mine {
            let verb = Verb::HandOver { to: to.clone() };
            answers.push(self.command(&person, &view.id, verb, &why, view.alert.version).await?);
        }
        Ok(Response::new(proto::AnswerAllResponse { answers }))
    }

    /// Acknowledges several alerts; refused before anything is done where any of them is high.
    pub(super) async fn acknowledge_several(
        &self,
        request: Request<proto::AcknowledgeAllRequest>,
    ) -> Result<Response<proto::AnswerAllResponse>, Status> {
        let person = self.person(request.metadata())?;
        may(&person, Action::Answer(ConditionKind::Technical))?;
        let asked = request.into_inner();
        let why = reason(&asked.reason, true)?;
        if asked.answers.is_empty() || asked.answers.len() > SEVERAL_MAX {
            return Err(Status::invalid_argument("1 to 1000 alerts can be acknowledged at once"));
        }
        let mut all = Vec::with_capacity(asked.answers.len());
        for one in &asked.answers {
            let id: AlertId = one.id.parse().map_err(invalid)?;
            let view = self.seen(&person, &id).await?;
            may(&person, Action::Answer(view.alert.condition.kind))?;
            if view.alert.priority == Priority::High {
                return Err(Status::failed_precondition("high alerts are acknowledged one by one"));
            }
            all.push((id, one.version));
        }
        let mut answers = Vec::with_capacity(all.len());
        for (id, version) in all {
            answers.push(self.command(&person, &id, Verb::Acknowledge, &why, version).await?);
        }
        Ok(Response::new(proto::AnswerAllResponse { answers }))
    }

    /// An alert that the person may see.
    async fn seen(&self, person: &Person, id: &AlertId) -> Result<Arc<AlertView>, Status> {
        let (views, _) = self.handle.alerts(None, Some(&id.patient), true).await;
        let found = views.into_iter().find(|view| view.id == *id);
        found.filter(|view| sees(person, view.alert.condition.kind)).ok_or_else(no_such_alert)
    }

    async fn command(
        &self,
        person: &Person,
        id: &AlertId,
        verb: Verb,
        reason: &str,
        seen_version: u32,
    ) -> Result<proto::AnswerResponse, Status> {
        let command = Command { ordinal: id.ordinal, verb, by: person.id.clone(), reason: reason.into(), seen_version };
        let answered = self.handle.answer(&id.patient, command).await.map_err(|error| status(&error))?;
        let (done, view) = match answered {
            Answered::Done(view) => (true, view),
            Answered::Stale(view) => (false, view),
        };
        Ok(proto::AnswerResponse { done, alert: Some(view::alert(&view)) })
    }
}
