//! The newest values of patients, told to one client about once a second.

use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;
use tonic::Status;
use utoipa::ToSchema;

use crate::access::Verb;
use crate::actors::handle::PatientEntry;
use crate::api::guard::Visit;
use crate::api::http::Web;
use crate::api::http::dto::Values;
use crate::clinical::ids::{PatientId, UnitId};
use crate::clinical::patient::Presence;

/// Who is here, and whom the client may see, is looked up anew so often.
const LIST_EVERY: Duration = Duration::from_secs(10);
/// Patients of one client.
const PATIENTS_MAX: usize = 2_000;
/// Patients that are told of at a time, so that a large ward comes in turns and no client holds up the others.
const TOGETHER_MAX: usize = 100;

/// What one client is told of.
pub(super) struct Watched {
    visit: Visit,
    unit: Option<UnitId>,
    /// With the position of what was told last.
    patients: Vec<(PatientId, u64)>,
    next: usize,
    listed: Option<Instant>,
}

/// The newest values of those of whom something new came.
#[derive(Serialize, ToSchema)]
pub(super) struct NewValues {
    pub patients: Vec<Values>,
}

impl Watched {
    pub fn new(visit: Visit, unit: Option<UnitId>) -> Self {
        Self { visit, unit, patients: Vec::new(), next: 0, listed: None }
    }

    /// What has come since; on record when this returns.
    pub async fn news(&mut self, web: &Web) -> Result<Option<NewValues>, Status> {
        if self.listed.is_none_or(|listed| listed.elapsed() >= LIST_EVERY) {
            self.list(web).await;
        }
        let mut news = Vec::new();
        for _ in 0..self.patients.len() {
            if news.len() >= TOGETHER_MAX {
                break;
            }
            self.next = (self.next + 1) % self.patients.len();
            let (patient, told) = &mut self.patients[self.next];
            let newest = web.views.latest_position(patient);
            let Some(newest) = newest.filter(|newest| newest != told) else { continue };
            *told = newest;
            let Some(fields) = self.visit.sees_patient(patient, Verb::SeePatient) else { continue };
            // In memory, since its position was: no file is read here but in the moment in between.
            if let Ok(Some(latest)) = web.views.latest(patient) {
                news.push(Values::of(patient, &latest, fields, &[]));
            }
        }
        if news.is_empty() {
            return Ok(None);
        }
        self.visit.put_on_record().await?;
        Ok(Some(NewValues { patients: news }))
    }

    async fn list(&mut self, web: &Web) {
        self.visit.look_up_again();
        let (visit, unit) = (&self.visit, &self.unit);
        let is_wanted = |entry: &PatientEntry| {
            unit.as_ref().is_none_or(|unit| entry.unit == *unit)
                && entry.presence == Presence::Present
                && visit.fields_in(&entry.patient, &entry.unit, Verb::SeePatient).is_some()
        };
        let entries = web.handle.patients(None, PATIENTS_MAX, is_wanted).await;
        let known = std::mem::take(&mut self.patients);
        let told = |patient: &PatientId| {
            let place = known.binary_search_by(|(known, _)| known.cmp(patient));
            place.map_or(0, |place| known[place].1)
        };
        self.patients = entries.into_iter().map(|entry| (entry.patient.clone(), told(&entry.patient))).collect();
        self.next = 0;
        self.listed = Some(Instant::now());
    }
}
