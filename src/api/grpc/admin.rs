//! The service of those who register devices, admit patients and say who answers.

use std::sync::Arc;

use smol_str::SmolStr;
use tonic::{Request, Response, Status};

use super::view::{invalid, status};
use crate::access::{Field, Fields, Verb};
use crate::actors::handle::{CareStep, DeviceEntry, Handle, PatientEntry};
use crate::api::figures::Figures;
use crate::api::guard::{Guard, Visit};
use crate::clinical::ids::{DeviceId, GatewayId, PatientId, PersonId, UnitId};
use crate::clinical::patient::Profile;
use crate::proto;
use crate::proto::admin_service_server::AdminService;
use crate::storage::codec::{decode_profile, encode_profile};
use crate::time::Timestamp;

/// The most entries of one page, and how many where the request does not say.
const PAGE_MAX: usize = 1_000;
const PAGE_DEFAULT: usize = 100;
/// Steps of a ladder, and people of one step.
const STEPS_MAX: usize = 32;
const PEOPLE_MAX: usize = 64;
/// The longest name of a model, a firmware or a bed, in bytes.
const NAME_MAX: usize = 64;

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

    /// Patients after `after` whom the visitor sees, at most `size`.
    async fn patients_seen(&self, visit: &mut Visit, mut after: Option<PatientId>, size: usize) -> Vec<proto::Patient> {
        let mut seen = Vec::new();
        loop {
            let entries = self.handle.patients(after.as_ref(), size).await;
            let exhausted = entries.len() < size;
            for entry in entries {
                after = Some(entry.patient.clone());
                if let Some(fields) = visit.sees_patient(&entry.patient, Verb::SeePatient) {
                    seen.push(patient_on_wire(&entry, fields));
                }
                if seen.len() == size {
                    return seen;
                }
            }
            if exhausted {
                return seen;
            }
        }
    }

    /// Devices after `after` that the visitor sees, at most `size`.
    async fn devices_seen(&self, visit: &mut Visit, mut after: Option<DeviceId>, size: usize) -> Vec<proto::Device> {
        let mut seen = Vec::new();
        loop {
            let entries = self.handle.devices(after.as_ref(), size).await;
            let exhausted = entries.len() < size;
            for entry in entries {
                after = Some(entry.device.clone());
                let fields = match &entry.patient {
                    Some(patient) => visit.sees_patient(patient, Verb::SeeDevice),
                    None => visit.sees_unassigned(Verb::SeeDevice),
                };
                if let Some(fields) = fields {
                    seen.push(device_on_wire(entry, fields));
                }
                if seen.len() == size {
                    return seen;
                }
            }
            if exhausted {
                return seen;
            }
        }
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

fn profile(asked: Option<&proto::PatientProfile>) -> Result<Profile, Status> {
    let profile = asked.map(decode_profile).transpose();
    Ok(profile.map_err(|error| Status::invalid_argument(format!("profile: {}", error.why)))?.unwrap_or_default())
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

fn patient_on_wire(entry: &PatientEntry, fields: Fields) -> proto::Patient {
    proto::Patient {
        patient: entry.patient.to_string(),
        unit: entry.unit.to_string(),
        bed: fields.show(Field::Place, entry.bed.to_string()),
        devices: fields.show(Field::Device, entry.devices.iter().map(ToString::to_string).collect()),
        profile: fields.show(Field::Profile, Some(encode_profile(&entry.profile))),
    }
}

fn device_on_wire(entry: DeviceEntry, fields: Fields) -> proto::Device {
    proto::Device {
        device: entry.device.to_string(),
        model: entry.model.to_string(),
        firmware: entry.firmware.to_string(),
        unit: entry.unit.to_string(),
        gateway: entry.gateway.map(|gateway| gateway.to_string()).unwrap_or_default(),
        patient: fields.show(Field::Patient, entry.patient.map(|patient| patient.to_string()).unwrap_or_default()),
    }
}

#[tonic::async_trait]
impl AdminService for Admin {
    async fn register_device(
        &self,
        request: Request<proto::RegisterDeviceRequest>,
    ) -> Result<Response<proto::RegisterDeviceResponse>, Status> {
        let mut visit = self.guard.enter(&request, Verb::Administer, "devices.register").await?;
        let asked = request.into_inner();
        let gateway =
            if asked.gateway.is_empty() { None } else { Some(GatewayId::new(&asked.gateway).map_err(invalid)?) };
        let entry = DeviceEntry {
            device: DeviceId::new(&asked.device).map_err(invalid)?,
            model: name("model", &asked.model)?,
            firmware: name("firmware", &asked.firmware)?,
            unit: UnitId::new(&asked.unit).map_err(invalid)?,
            gateway,
            patient: None,
        };
        visit.about(&asked.device);
        self.handle.register_device(entry).await.map_err(|error| status(&error))?;
        visit.answer(proto::RegisterDeviceResponse {}).await
    }

    async fn admit_patient(
        &self,
        request: Request<proto::AdmitPatientRequest>,
    ) -> Result<Response<proto::AdmitPatientResponse>, Status> {
        let mut visit = self.guard.enter(&request, Verb::Administer, "patients.admit").await?;
        let asked = request.into_inner();
        let patient = PatientId::new(&asked.patient).map_err(invalid)?;
        let unit = UnitId::new(&asked.unit).map_err(invalid)?;
        let bed = name("bed", &asked.bed)?;
        let profile = profile(asked.profile.as_ref())?;
        visit.concerns(&patient);
        self.handle.admit_patient(patient, unit, bed, profile).await.map_err(|error| status(&error))?;
        visit.answer(proto::AdmitPatientResponse {}).await
    }

    async fn assign_device(
        &self,
        request: Request<proto::AssignDeviceRequest>,
    ) -> Result<Response<proto::AssignDeviceResponse>, Status> {
        let mut visit = self.guard.enter(&request, Verb::Administer, "devices.assign").await?;
        let asked = request.into_inner();
        let device = DeviceId::new(&asked.device).map_err(invalid)?;
        let patient = PatientId::new(&asked.patient).map_err(invalid)?;
        let from = (asked.from_us != 0).then_some(Timestamp(asked.from_us));
        visit.about(&asked.device);
        visit.concerns(&patient);
        self.handle.assign_device(device, patient, from).await.map_err(|error| status(&error))?;
        visit.answer(proto::AssignDeviceResponse {}).await
    }

    async fn unassign_device(
        &self,
        request: Request<proto::UnassignDeviceRequest>,
    ) -> Result<Response<proto::UnassignDeviceResponse>, Status> {
        let mut visit = self.guard.enter(&request, Verb::Administer, "devices.unassign").await?;
        let device = DeviceId::new(&request.into_inner().device).map_err(invalid)?;
        visit.about(device.as_str());
        self.handle.unassign_device(device).await.map_err(|error| status(&error))?;
        visit.answer(proto::UnassignDeviceResponse {}).await
    }

    async fn set_care_team(
        &self,
        request: Request<proto::SetCareTeamRequest>,
    ) -> Result<Response<proto::SetCareTeamResponse>, Status> {
        let mut visit = self.guard.enter(&request, Verb::Administer, "care_teams.set").await?;
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

    async fn list_patients(
        &self,
        request: Request<proto::ListPatientsRequest>,
    ) -> Result<Response<proto::ListPatientsResponse>, Status> {
        let mut visit = self.guard.enter(&request, Verb::SeePatient, "patients.list").await?;
        let asked = request.into_inner();
        let size = page_size(asked.page_size);
        let after = after(&asked.page_token, PatientId::new)?;
        let patients = self.patients_seen(&mut visit, after, size).await;
        let last = patients.last().filter(|_| patients.len() == size);
        let next_page_token = last.map(|entry| entry.patient.clone()).unwrap_or_default();
        visit.answer(proto::ListPatientsResponse { patients, next_page_token }).await
    }

    async fn list_devices(
        &self,
        request: Request<proto::ListDevicesRequest>,
    ) -> Result<Response<proto::ListDevicesResponse>, Status> {
        let mut visit = self.guard.enter(&request, Verb::SeeDevice, "devices.list").await?;
        let asked = request.into_inner();
        let size = page_size(asked.page_size);
        let after = after(&asked.page_token, DeviceId::new)?;
        let devices = self.devices_seen(&mut visit, after, size).await;
        let last = devices.last().filter(|_| devices.len() == size);
        let next_page_token = last.map(|entry| entry.device.clone()).unwrap_or_default();
        visit.answer(proto::ListDevicesResponse { devices, next_page_token }).await
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
