//! Patients: admission to discharge, merging, lists.

use tonic::{Request, Response, Status};

use super::super::view::{invalid, status};
use super::{Admin, REASON_MAX, after, limits, name, page_size};
use crate::access::{Field, Fields, Verb};
use crate::actors::handle::{Admission, PatientEntry};
use crate::clinical::ids::{PatientId, UnitId};
use crate::clinical::patient::{Presence, Profile, Standby};
use crate::proto;
use crate::storage::codec::{decode_profile, encode_profile};
use crate::time::Timestamp;

impl Admin {
    pub(super) async fn admit(
        &self,
        request: Request<proto::AdmitPatientRequest>,
    ) -> Result<Response<proto::AdmitPatientResponse>, Status> {
        let mut visit = self.administrator(&request, "patients.admit").await?;
        let by = visit.person().id.clone();
        let asked = request.into_inner();
        let patient = PatientId::new(&asked.patient).map_err(invalid)?;
        let admission = Admission {
            unit: UnitId::new(&asked.unit).map_err(invalid)?,
            bed: name("bed", &asked.bed)?,
            profile: profile(asked.profile.as_ref())?,
        };
        visit.concerns(&patient);
        self.handle.admit_patient(&by, patient, admission).await.map_err(|error| status(&error))?;
        visit.answer(proto::AdmitPatientResponse {}).await
    }

    pub(super) async fn move_to(
        &self,
        request: Request<proto::MovePatientRequest>,
    ) -> Result<Response<proto::MovePatientResponse>, Status> {
        let mut visit = self.administrator(&request, "patients.move").await?;
        let by = visit.person().id.clone();
        let asked = request.into_inner();
        let patient = PatientId::new(&asked.patient).map_err(invalid)?;
        let unit = UnitId::new(&asked.unit).map_err(invalid)?;
        let bed = name("bed", &asked.bed)?;
        visit.concerns(&patient);
        self.handle.move_patient(&by, &patient, unit, bed).await.map_err(|error| status(&error))?;
        visit.answer(proto::MovePatientResponse {}).await
    }

    pub(super) async fn prescribe(
        &self,
        request: Request<proto::PrescribePatientRequest>,
    ) -> Result<Response<proto::PrescribePatientResponse>, Status> {
        let mut visit = self.administrator(&request, "patients.prescribe").await?;
        let by = visit.person().id.clone();
        let asked = request.into_inner();
        let patient = PatientId::new(&asked.patient).map_err(invalid)?;
        // An empty profile would take away what is prescribed: it must be meant.
        let wanted = asked.profile.ok_or_else(|| Status::invalid_argument("profile must be set"))?;
        visit.concerns(&patient);
        self.handle.prescribe(&by, &patient, profile(Some(&wanted))?).await.map_err(|error| status(&error))?;
        visit.answer(proto::PrescribePatientResponse {}).await
    }

    pub(super) async fn standby(
        &self,
        request: Request<proto::BeginStandbyRequest>,
    ) -> Result<Response<proto::BeginStandbyResponse>, Status> {
        let mut visit = self.administrator(&request, "patients.standby").await?;
        let by = visit.person().id.clone();
        let asked = request.into_inner();
        let patient = PatientId::new(&asked.patient).map_err(invalid)?;
        let reason = asked.reason.trim();
        if reason.is_empty() || reason.len() > REASON_MAX {
            return Err(Status::invalid_argument("reason has 1 to 1000 bytes"));
        }
        let until = Timestamp(asked.until_us);
        visit.concerns(&patient);
        self.handle.begin_standby(&by, &patient, reason.into(), until).await.map_err(|error| status(&error))?;
        visit.answer(proto::BeginStandbyResponse {}).await
    }

    pub(super) async fn resume(
        &self,
        request: Request<proto::EndStandbyRequest>,
    ) -> Result<Response<proto::EndStandbyResponse>, Status> {
        let mut visit = self.administrator(&request, "patients.resume").await?;
        let by = visit.person().id.clone();
        let patient = PatientId::new(&request.into_inner().patient).map_err(invalid)?;
        visit.concerns(&patient);
        self.handle.end_standby(&by, &patient).await.map_err(|error| status(&error))?;
        visit.answer(proto::EndStandbyResponse {}).await
    }

    pub(super) async fn discharge(
        &self,
        request: Request<proto::DischargePatientRequest>,
    ) -> Result<Response<proto::DischargePatientResponse>, Status> {
        let mut visit = self.administrator(&request, "patients.discharge").await?;
        let by = visit.person().id.clone();
        let asked = request.into_inner();
        let patient = PatientId::new(&asked.patient).map_err(invalid)?;
        visit.concerns(&patient);
        let freed = if asked.died {
            self.handle.patient_died(&by, &patient).await
        } else {
            self.handle.discharge_patient(&by, &patient).await
        };
        let devices = freed.map_err(|error| status(&error))?.iter().map(ToString::to_string).collect();
        visit.answer(proto::DischargePatientResponse { devices }).await
    }

    pub(super) async fn merge(
        &self,
        request: Request<proto::MergePatientsRequest>,
    ) -> Result<Response<proto::MergePatientsResponse>, Status> {
        let mut visit = self.administrator(&request, "patients.merge").await?;
        let by = visit.person().id.clone();
        let asked = request.into_inner();
        let from = PatientId::new(&asked.from).map_err(invalid)?;
        let into = PatientId::new(&asked.into).map_err(invalid)?;
        visit.concerns(&from);
        visit.concerns(&into);
        self.handle.merge_patients(&by, &from, &into).await.map_err(|error| status(&error))?;
        visit.answer(proto::MergePatientsResponse {}).await
    }

    pub(super) async fn patient(
        &self,
        request: Request<proto::GetPatientRequest>,
    ) -> Result<Response<proto::Patient>, Status> {
        let mut visit = self.guard.enter(&request, Verb::SeePatient, "patients.show").await?;
        let patient = PatientId::new(&request.into_inner().patient).map_err(invalid)?;
        let entry = self.handle.known_patient(&patient).ok();
        match entry
            .and_then(|entry| visit.sees_patient(&patient, Verb::SeePatient).map(|fields| on_wire(&entry, fields)))
        {
            Some(shown) => visit.answer(shown).await,
            None => Err(visit.no_such("patient", &patient).await),
        }
    }

    pub(super) async fn patients(
        &self,
        request: Request<proto::ListPatientsRequest>,
    ) -> Result<Response<proto::ListPatientsResponse>, Status> {
        let mut visit = self.guard.enter(&request, Verb::SeePatient, "patients.list").await?;
        let asked = request.into_inner();
        let size = page_size(asked.page_size);
        let after = after(&asked.page_token, PatientId::new)?;
        let unit = if asked.unit.is_empty() { None } else { Some(UnitId::new(&asked.unit).map_err(invalid)?) };
        let wanted = |entry: &PatientEntry| {
            unit.as_ref().is_none_or(|unit| entry.unit == *unit)
                && (asked.gone_too || entry.presence == Presence::Present)
                && (!asked.on_standby || entry.standby.is_some())
                && visit.fields_in(&entry.patient, &entry.unit, Verb::SeePatient).is_some()
        };
        let entries = self.handle.patients(after.as_ref(), size, wanted).await;
        let last = entries.last().filter(|_| entries.len() == size);
        let next_page_token = last.map(|entry| entry.patient.to_string()).unwrap_or_default();
        let seen = entries.iter().filter_map(|entry| {
            let fields = visit.sees_patient(&entry.patient, Verb::SeePatient)?;
            Some(on_wire(entry, fields))
        });
        let patients = seen.collect();
        visit.answer(proto::ListPatientsResponse { patients, next_page_token }).await
    }
}

fn profile(asked: Option<&proto::PatientProfile>) -> Result<Profile, Status> {
    let profile = asked.map(decode_profile).transpose();
    Ok(profile.map_err(|error| Status::invalid_argument(format!("profile: {}", error.why)))?.unwrap_or_default())
}

pub(in crate::api) fn on_wire(entry: &PatientEntry, fields: Fields) -> proto::Patient {
    let (presence, merged_into) = match &entry.presence {
        Presence::Unknown => (proto::Presence::Unspecified, String::new()),
        Presence::Present => (proto::Presence::Admitted, String::new()),
        Presence::Discharged => (proto::Presence::Discharged, String::new()),
        Presence::Died => (proto::Presence::Died, String::new()),
        Presence::Merged(into) => (proto::Presence::Merged, into.to_string()),
    };
    proto::Patient {
        patient: entry.patient.to_string(),
        unit: entry.unit.to_string(),
        bed: fields.show(Field::Place, entry.bed.to_string()),
        devices: fields.show(Field::Device, entry.devices.iter().map(ToString::to_string).collect()),
        profile: fields.show(Field::Profile, Some(encode_profile(&entry.profile))),
        presence: presence.into(),
        merged_into,
        standby: fields.show(Field::Profile, entry.standby.as_ref().map(standby_on_wire)),
        limits: fields.show(Field::Profile, entry.profile.limits.iter().map(limits::on_wire).collect()),
    }
}

fn standby_on_wire(standby: &Standby) -> proto::Standby {
    proto::Standby {
        reason: standby.reason.to_string(),
        by: standby.by.to_string(),
        since_us: standby.since.micros(),
        until_us: standby.until.micros(),
    }
}
