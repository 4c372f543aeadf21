//! The service of those who register devices, admit patients and say who answers.

use std::sync::Arc;

use smol_str::SmolStr;
use tonic::{Request, Response, Status};

use super::view::{invalid, status};
use crate::access::Verb;
use crate::actors::handle::{CareStep, Handle};
use crate::api::figures::Figures;
use crate::api::guard::{Guard, Visit};
use crate::clinical::condition::ConditionKind;
use crate::clinical::ids::{PersonId, Subject, UnitId};
use crate::proto;
use crate::proto::admin_service_server::AdminService;

mod devices;
mod limits;
mod patients;

pub(in crate::api) use patients::on_wire as patient_on_wire;

/// The most entries of one page, and how many where the request does not say.
const PAGE_MAX: usize = 1_000;
const PAGE_DEFAULT: usize = 100;
/// Steps of a ladder, and people of one step.
const STEPS_MAX: usize = 32;
const PEOPLE_MAX: usize = 64;
/// The longest name of a model, a firmware or a bed, in bytes.
const NAME_MAX: usize = 64;
/// The longest reason, in bytes.
const REASON_MAX: usize = 1_000;

/// The admin service.
#[derive(Clone)]
pub struct Admin {
    handle: Handle,
    guard: Guard,
    figures: Arc<Figures>,
}

impl Admin {
    /// Over the engine, for the people whom the guard lets in.
    #[must_use]
    pub fn new(handle: Handle, guard: Guard, figures: Arc<Figures>) -> Self {
        Self { handle, guard, figures }
    }

    async fn administrator<T: Sync>(&self, request: &Request<T>, what: &'static str) -> Result<Visit, Status> {
        self.guard.enter(request, Verb::Administer, what).await
    }
}

fn name(what: &str, text: &str) -> Result<SmolStr, Status> {
    if text.len() > NAME_MAX || text.chars().any(char::is_control) {
        return Err(Status::invalid_argument(format!(
            "{what} has at most {NAME_MAX} bytes, without control characters"
        )));
    }
    Ok(SmolStr::new(text))
}

fn page_size(asked: u32) -> usize {
    match usize::try_from(asked).unwrap_or(PAGE_MAX) {
        0 => PAGE_DEFAULT,
        size => size.min(PAGE_MAX),
    }
}

/// Where the page before ended: the token is the last id of that page.
fn after<T>(
    token: &str,
    parse: impl FnOnce(&str) -> Result<T, crate::clinical::ids::IdError>,
) -> Result<Option<T>, Status> {
    if token.is_empty() {
        return Ok(None);
    }
    parse(token).map(Some).map_err(|_| Status::invalid_argument("page_token must be the next_page_token of a page"))
}

fn care_step(step: &proto::CareStep) -> Result<CareStep, Status> {
    if step.people.is_empty() || step.people.len() > PEOPLE_MAX || step.delay_ms == 0 {
        return Err(Status::invalid_argument("a step has 1 to 64 people and a delay_ms above 0"));
    }
    let people = step.people.iter().map(|person| PersonId::new(person)).collect::<Result<_, _>>().map_err(invalid)?;
    Ok(CareStep { people, delay_ms: step.delay_ms })
}

#[tonic::async_trait]
impl AdminService for Admin {
    async fn admit_patient(
        &self,
        request: Request<proto::AdmitPatientRequest>,
    ) -> Result<Response<proto::AdmitPatientResponse>, Status> {
        self.admit(request).await
    }

    async fn move_patient(
        &self,
        request: Request<proto::MovePatientRequest>,
    ) -> Result<Response<proto::MovePatientResponse>, Status> {
        self.move_to(request).await
    }

    async fn prescribe_patient(
        &self,
        request: Request<proto::PrescribePatientRequest>,
    ) -> Result<Response<proto::PrescribePatientResponse>, Status> {
        self.prescribe(request).await
    }

    async fn set_limit(
        &self,
        request: Request<proto::SetLimitRequest>,
    ) -> Result<Response<proto::SetLimitResponse>, Status> {
        self.limit(request).await
    }

    async fn advise_limit(
        &self,
        request: Request<proto::AdviseLimitRequest>,
    ) -> Result<Response<proto::AdviseLimitResponse>, Status> {
        self.advice(request).await
    }

    async fn clear_limit(
        &self,
        request: Request<proto::ClearLimitRequest>,
    ) -> Result<Response<proto::ClearLimitResponse>, Status> {
        self.own_limit(request).await
    }

    async fn begin_standby(
        &self,
        request: Request<proto::BeginStandbyRequest>,
    ) -> Result<Response<proto::BeginStandbyResponse>, Status> {
        self.standby(request).await
    }

    async fn end_standby(
        &self,
        request: Request<proto::EndStandbyRequest>,
    ) -> Result<Response<proto::EndStandbyResponse>, Status> {
        self.resume(request).await
    }

    async fn discharge_patient(
        &self,
        request: Request<proto::DischargePatientRequest>,
    ) -> Result<Response<proto::DischargePatientResponse>, Status> {
        self.discharge(request).await
    }

    async fn merge_patients(
        &self,
        request: Request<proto::MergePatientsRequest>,
    ) -> Result<Response<proto::MergePatientsResponse>, Status> {
        self.merge(request).await
    }

    async fn get_patient(
        &self,
        request: Request<proto::GetPatientRequest>,
    ) -> Result<Response<proto::Patient>, Status> {
        self.patient(request).await
    }

    async fn list_patients(
        &self,
        request: Request<proto::ListPatientsRequest>,
    ) -> Result<Response<proto::ListPatientsResponse>, Status> {
        self.patients(request).await
    }

    async fn create_unit(
        &self,
        request: Request<proto::CreateUnitRequest>,
    ) -> Result<Response<proto::CreateUnitResponse>, Status> {
        let mut visit = self.administrator(&request, "units.create").await?;
        let unit = UnitId::new(&request.into_inner().unit).map_err(invalid)?;
        visit.about(unit.as_str());
        self.handle.create_unit(unit).await.map_err(|error| status(&error))?;
        visit.answer(proto::CreateUnitResponse {}).await
    }

    async fn list_units(
        &self,
        request: Request<proto::ListUnitsRequest>,
    ) -> Result<Response<proto::ListUnitsResponse>, Status> {
        // Names of units are no secret from those who work in them.
        let see = Verb::SeeAlert(ConditionKind::Technical);
        let visit = self.guard.enter(&request, see, "units.list").await?;
        let units = self.handle.units().into_iter().map(|unit| proto::Unit { unit: unit.to_string() });
        visit.answer(proto::ListUnitsResponse { units: units.collect() }).await
    }

    async fn register_device(
        &self,
        request: Request<proto::RegisterDeviceRequest>,
    ) -> Result<Response<proto::RegisterDeviceResponse>, Status> {
        self.register(request).await
    }

    async fn assign_device(
        &self,
        request: Request<proto::AssignDeviceRequest>,
    ) -> Result<Response<proto::AssignDeviceResponse>, Status> {
        self.assign(request).await
    }

    async fn unassign_device(
        &self,
        request: Request<proto::UnassignDeviceRequest>,
    ) -> Result<Response<proto::UnassignDeviceResponse>, Status> {
        self.unassign(request).await
    }

    async fn retire_device(
        &self,
        request: Request<proto::RetireDeviceRequest>,
    ) -> Result<Response<proto::RetireDeviceResponse>, Status> {
        self.retire(request).await
    }

    async fn lend_device(
        &self,
        request: Request<proto::LendDeviceRequest>,
    ) -> Result<Response<proto::LendDeviceResponse>, Status> {
        self.lend(request).await
    }

    async fn return_device(
        &self,
        request: Request<proto::ReturnDeviceRequest>,
    ) -> Result<Response<proto::ReturnDeviceResponse>, Status> {
        self.give_back(request).await
    }

    async fn reattribute(
        &self,
        request: Request<proto::ReattributeRequest>,
    ) -> Result<Response<proto::ReattributeResponse>, Status> {
        self.move_readings(request).await
    }

    async fn list_devices(
        &self,
        request: Request<proto::ListDevicesRequest>,
    ) -> Result<Response<proto::ListDevicesResponse>, Status> {
        self.devices(request).await
    }

    async fn get_device(&self, request: Request<proto::GetDeviceRequest>) -> Result<Response<proto::Device>, Status> {
        self.device(request).await
    }

    async fn restart_actor(
        &self,
        request: Request<proto::RestartActorRequest>,
    ) -> Result<Response<proto::RestartActorResponse>, Status> {
        let mut visit = self.guard.enter(&request, Verb::RestartActor, "actors.restart").await?;
        let who: Subject = request.into_inner().subject.parse().map_err(invalid)?;
        visit.about(who.to_string());
        if let Some(patient) = who.patient() {
            visit.concerns(patient);
        }
        self.handle.restart_actor(&who).await.map_err(|error| status(&error))?;
        visit.answer(proto::RestartActorResponse {}).await
    }

    async fn set_care_team(
        &self,
        request: Request<proto::SetCareTeamRequest>,
    ) -> Result<Response<proto::SetCareTeamResponse>, Status> {
        let mut visit = self.administrator(&request, "care_teams.set").await?;
        let team = request.into_inner().team.ok_or_else(|| Status::invalid_argument("team must be set"))?;
        let unit = UnitId::new(&team.unit).map_err(invalid)?;
        if team.steps.is_empty() || team.steps.len() > STEPS_MAX {
            return Err(Status::invalid_argument("a care team has 1 to 32 steps"));
        }
        let steps = team.steps.iter().map(care_step).collect::<Result<_, _>>()?;
        visit.about(unit.as_str());
        let policy_version = self.handle.set_care_team(unit, steps).await.map_err(|error| status(&error))?;
        visit.answer(proto::SetCareTeamResponse { policy_version }).await
    }

    async fn status(&self, request: Request<proto::StatusRequest>) -> Result<Response<proto::StatusResponse>, Status> {
        let visit = self.guard.enter(&request, Verb::ReadStatus, "status").await?;
        let engine = self.handle.status();
        Ok(visit.answer_figures(proto::StatusResponse {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            position: engine.position,
            readings_stored: engine.readings_stored,
            readings_duplicate: engine.readings_duplicate,
            readings_quarantined: engine.readings_quarantined,
            readings_undecodable: engine.readings_undecodable,
            readings_declared_missing: engine.readings_declared_missing,
            readings_refused: self.figures.readings_refused.get(),
            observations_rejected: engine.observations_rejected,
            readings_pending: engine.readings_pending,
            alerts_open: engine.alerts_open,
            device_actors: engine.device_actors,
            patient_actors: engine.patient_actors,
            actor_restarts: engine.actor_restarts,
            actors_parked: engine.actors_parked,
            alerts_overdue: engine.alerts_overdue,
            alerts_late_ms_max: engine.alerts_late_ms_max,
            page_attempts_failed: engine.page_attempts_failed,
            pages_dead: engine.pages_dead,
            resident_bytes: resident_bytes(),
            connections: self.figures.connections.get(),
        }))
    }
}

/// Memory of this process; 0 where the operating system does not say.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()).and_then(|number| number.parse::<u64>().ok());
    kib.unwrap_or(0) << 10
}
