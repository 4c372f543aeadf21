//! Patients: admission to discharge, merging, lists.

use tonic::{Request, Response, Status};

use super::super::view::{invalid, status};
use super::{Admin, REASON_MAX, after, name, page_size};
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
        let by = self.administrator(request.metadata())?;
        let asked = request.into_inner();
        let patient = PatientId::new(&asked.patient).map_err(invalid)?;
        let admission = Admission {
            unit: UnitId::new(&asked.unit).map_err(invalid)?,
            bed: name("bed", &asked.bed)?,
            profile: profile(asked.profile.as_ref())?,
        };
        self.handle.admit_patient(&by, patient, admission).await.map_err(|error| status(&error))?;
        Ok(Response::new(proto::AdmitPatientResponse {}))
    }

    pub(super) async fn move_to(
        &self,
        request: Request<proto::MovePatientRequest>,
    ) -> Result<Response<proto::MovePatientResponse>, Status> {
        let by = self.administrator(request.metadata())?;
        let asked = request.into_inner();
        let patient = PatientId::new(&asked.patient).map_err(invalid)?;
        let unit = UnitId::new(&asked.unit).map_err(invalid)?;
        let bed = name("bed", &asked.bed)?;
        self.handle.move_patient(&by, &patient, unit, bed).await.map_err(|error| status(&error))?;
        Ok(Response::new(proto::MovePatientResponse {}))
    }

    pub(super) async fn prescribe(
        &self,
        request: Request<proto::PrescribePatientRequest>,
    ) -> Result<Response<proto::PrescribePatientResponse>, Status> {
        let by = self.administrator(request.metadata())?;
        let asked = request.into_inner();
        let patient = PatientId::new(&asked.patient).map_err(invalid)?;
        // An empty profile would take away what is prescribed: it must be meant.
        let wanted = asked.profile.ok_or_else(|| Status::invalid_argument("profile must be set"))?;
        self.handle.prescribe(&by, &patient, profile(Some(&wanted))?).await.map_err(|error| status(&error))?;
        Ok(Response::new(proto::PrescribePatientResponse {}))
    }

    pub(super) async fn standby(
        &self,
        request: Request<proto::BeginStandbyRequest>,
    ) -> Result<Response<proto::BeginStandbyResponse>, Status> {
        let by = self.administrator(request.metadata())?;
        let asked = request.into_inner();
        let patient = PatientId::new(&asked.patient).map_err(invalid)?;
        let reason = asked.reason.trim();
        if reason.is_empty() || reason.len() > REASON_MAX {
            return Err(Status::invalid_argument("reason has 1 to 1000 bytes"));
        }
        let until = Timestamp(asked.until_us);
        self.handle.begin_standby(&by, &patient, reason.into(), until).await.map_err(|error| status(&error))?;
        Ok(Response::new(proto::BeginStandbyResponse {}))
    }

    pub(super) async fn resume(
        &self,
        request: Request<proto::EndStandbyRequest>,
    ) -> Result<Response<proto::EndStandbyResponse>, Status> {
        let by = self.administrator(request.metadata())?;
        let patient = PatientId::new(&request.into_inner().patient).map_err(invalid)?;
        self.handle.end_standby(&by, &patient).await.map_err(|error| status(&error))?;
        Ok(Response::new(proto::EndStandbyResponse {}))
    }

    pub(super) async fn discharge(
        &self,
        request: Request<proto::DischargePatientRequest>,
    ) -> Result<Response<proto::DischargePatientResponse>, Status> {
        let by = self.administrator(request.metadata())?;
        let asked = request.into_inner();
        let patient = PatientId::new(&asked.patient).map_err(invalid)?;
        let freed = if asked.died {
            self.handle.patient_died(&by, &patient).await
        } else {
            self.handle.discharge_patient(&by, &patient).await
        };
        let devices = freed.map_err(|error| status(&error))?.iter().map(ToString::to_string).collect();
        Ok(Response::new(proto::DischargePatientResponse { devices }))
    }

    pub(super) async fn merge(
        &self,
        request: Request<proto::MergePatientsRequest>,
    ) -> Result<Response<proto::MergePatientsResponse>, Status> {
        let by = self.administrator(request.metadata())?;
        let asked = request.into_inner();
        let from = PatientId::new(&asked.from).map_err(invalid)?;
        let into = PatientId::new(&asked.into).map_err(invalid)?;
        self.handle.merge_patients(&by, &from, &into).await.map_err(|error| status(&error))?;
        Ok(Response::new(proto::MergePatientsResponse {}))
    }

    pub(super) fn patient(
        &self,
        request: &Request<proto::GetPatientRequest>,
    ) -> Result<Response<proto::Patient>, Status> {
        self.administrator(request.metadata())?;
        let patient = PatientId::new(&request.get_ref().patient).map_err(invalid)?;
        let entry = self.handle.known_patient(&patient).map_err(|error| status(&error))?;
        Ok(Response::new(on_wire(&entry)))
    }

    pub(super) async fn patients(
        &self,
        request: Request<proto::ListPatientsRequest>,
    ) -> Result<Response<proto::ListPatientsResponse>, Status> {
        self.administrator(request.metadata())?;
        let asked = request.into_inner();
        let size = page_size(asked.page_size);
        let after = after(&asked.page_token, PatientId::new)?;
        let unit = if asked.unit.is_empty() { None } else { Some(UnitId::new(&asked.unit).map_err(invalid)?) };
        let wanted = |entry: &PatientEntry| {
            unit.as_ref().is_none_or(|unit| entry.unit == *unit)
                && (asked.gone_too || entry.presence == Presence::Present)
                && (!asked.on_standby || entry.standby.is_some())
        };
        let entries = self.handle.patients(after.as_ref(), size, wanted).await;
        let last = entries.last().filter(|_| entries.len() == size);
        let next_page_token = last.map(|entry| entry.patient.to_string()).unwrap_or_default();
        let patients = entries.iter().map(on_wire).collect();
        Ok(Response::new(proto::ListPatientsResponse { patients, next_page_token }))
    }
}

fn profile(asked: Option<&proto::PatientProfile>) -> Result<Profile, Status> {
    let profile = asked.map(decode_profile).transpose();
    Ok(profile.map_err(|error| Status::invalid_argument(format!("profile: {}", error.why)))?.unwrap_or_default())
}

fn on_wire(entry: &PatientEntry) -> proto::Patient {
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
        bed: entry.bed.to_string(),
        devices: entry.devices.iter().map(ToString::to_string).collect(),
        profile: Some(encode_profile(&entry.profile)),
        presence: presence.into(),
        merged_into,
        standby: entry.standby.as_ref().map(standby_on_wire),
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
