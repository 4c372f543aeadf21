//! The on-call service's calls for test pages, shifts and drills.

use tonic::{Request, Response, Status};

use super::OnCall;
use crate::access::{Decision, Verb};
use crate::actors::handle::{AlertView, HandedAlert};
use crate::api::grpc::view::{invalid, kind_of, priority_of, status};
use crate::api::guard::Visit;
use crate::clinical::condition::ConditionKind;
use crate::clinical::ids::{PatientId, PersonId, UnitId};
use crate::clinical::oncall::{RosterCommand, ShiftOffer};
use crate::proto;

impl OnCall {
    pub(super) async fn check(
        &self,
        request: Request<proto::CheckRequest>,
    ) -> Result<Response<proto::RosterResponse>, Status> {
        let (visit, person) = self.about(&request, &request.get_ref().person, "oncall.check").await?;
        let version = self.handle.send_check(&person).await.map_err(|error| status(&error))?;
        visit.answer(proto::RosterResponse { version }).await
    }

    /// Whoever answers has read the test page: it is about themselves.
    pub(super) async fn answered(
        &self,
        request: Request<proto::AnswerCheckRequest>,
    ) -> Result<Response<proto::RosterResponse>, Status> {
        let visit = self.guard.enter(&request, Verb::ReadInbox, "oncall.answer-check").await?;
        let person = visit.person().id.clone();
        self.command(visit, RosterCommand::AnswerCheck { person }).await
    }

    pub(super) async fn hand_over(
        &self,
        request: Request<proto::HandOverShiftRequest>,
    ) -> Result<Response<proto::ShiftResponse>, Status> {
        let mut visit = self.enter_shift(&request, "oncall.hand-over").await?;
        let asked = request.into_inner();
        let patient = super::optional(&asked.patient, PatientId::new)?;
        if let Some(patient) = &patient
            && visit.sees_patient(patient, Verb::SeePatient).is_none()
        {
            return Err(visit.no_such("patient", patient).await);
        }
        let offer = ShiftOffer {
            unit: UnitId::new(&asked.unit).map_err(invalid)?,
            by: visit.person().id.clone(),
            to: PersonId::new(&asked.to).map_err(invalid)?,
            patient,
        };
        let handed = self.handle.offer_shift(offer, |view| may_answer(&visit, view)).await;
        shift(visit, handed.map_err(|error| status(&error))?).await
    }

    pub(super) async fn take_over(
        &self,
        request: Request<proto::TakeOverShiftRequest>,
    ) -> Result<Response<proto::ShiftResponse>, Status> {
        let visit = self.enter_shift(&request, "oncall.take-over").await?;
        let asked = request.into_inner();
        let unit = UnitId::new(&asked.unit).map_err(invalid)?;
        let from = PersonId::new(&asked.from).map_err(invalid)?;
        let by = visit.person().id.clone();
        let handed = self.handle.take_shift(&unit, &from, &by, |view| may_answer(&visit, view)).await;
        shift(visit, handed.map_err(|error| status(&error))?).await
    }

    pub(super) async fn drill(
        &self,
        request: Request<proto::StartDrillRequest>,
    ) -> Result<Response<proto::DrillResponse>, Status> {
        let visit = self.guard.enter(&request, Verb::Administer, "oncall.start-drill").await?;
        let asked = request.into_inner();
        let unit = UnitId::new(&asked.unit).map_err(invalid)?;
        let (kind, priority) = (kind_of(asked.kind())?, priority_of(asked.priority())?);
        let by = visit.person().id.clone();
        let alert = self.handle.start_drill(&unit, &by, kind, priority).await.map_err(|error| status(&error))?;
        visit.answer(proto::DrillResponse { alert: alert.to_string() }).await
    }

    pub(super) async fn drilled(
        &self,
        request: Request<proto::EndDrillRequest>,
    ) -> Result<Response<proto::DrillResponse>, Status> {
        let visit = self.guard.enter(&request, Verb::Administer, "oncall.end-drill").await?;
        let unit = UnitId::new(&request.into_inner().unit).map_err(invalid)?;
        let alert = self.handle.end_drill(&unit).await.map_err(|error| status(&error))?;
        visit.answer(proto::DrillResponse { alert: alert.to_string() }).await
    }

    /// Whoever answers alerts may give and take shifts; each alert is decided by itself.
    async fn enter_shift<T: Sync>(&self, request: &Request<T>, what: &'static str) -> Result<Visit, Status> {
        self.guard.enter(request, Verb::AnswerAlert(ConditionKind::Technical), what).await
    }
}

fn may_answer(visit: &Visit, view: &AlertView) -> bool {
    matches!(visit.decide_alert(view, Verb::AnswerAlert), Decision::Allow(_))
}

async fn shift(mut visit: Visit, handed: Vec<HandedAlert>) -> Result<Response<proto::ShiftResponse>, Status> {
    for patient in handed.iter().filter_map(|one| one.alert.subject.patient()) {
        visit.concerns(patient);
    }
    let alerts = handed
        .into_iter()
        .map(|one| proto::HandedAlert { alert: one.alert.to_string(), refused: one.refused.unwrap_or_default() });
    visit.answer(proto::ShiftResponse { alerts: alerts.collect() }).await
}
