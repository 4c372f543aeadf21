//! The service of those who say who cares for whom, who break the glass, and who review what was seen.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::view::{invalid, status};
use crate::access::{
    AccessRecord, BreakGlass, CareOf, Decision, Field, Fields, GrantCommand, GrantEvent, Outcome, Verb, Verdict, decide,
};
use crate::actors::handle::{Accesses, Handle};
use crate::api::guard::Guard;
use crate::api::identity::Directory;
use crate::clinical::ids::{PatientId, PersonId, UnitId};
use crate::proto::access_service_server::AccessService;
use crate::proto::{self, AssignPersonRequest, AssignPersonResponse};
use crate::storage::Committed;
use crate::time::Timestamp;

/// Minutes for which the glass is broken where nobody says.
const MINUTES_DEFAULT: u32 = 60;
/// Compliance must have reviewed it within this time.
const REVIEW_WITHIN_MS: i64 = 72 * 3_600_000;
/// Entries of one page.
const PAGE_MAX: usize = 1_000;
const PAGE_DEFAULT: usize = 100;

/// The access service.
#[derive(Clone)]
pub struct Access {
    handle: Handle,
    guard: Guard,
    directory: Arc<Directory>,
}

impl Access {
    /// Over the engine, for the people whom the guard lets in.
    #[must_use]
    pub fn new(handle: Handle, guard: Guard, directory: Arc<Directory>) -> Self {
        Self { handle, guard, directory }
    }

    async fn assign_or_not(
        &self,
        request: Request<AssignPersonRequest>,
        what: &'static str,
        command: fn(PersonId, CareOf) -> GrantCommand,
    ) -> Result<Response<AssignPersonResponse>, Status> {
        let mut visit = self.guard.enter(&request, Verb::Administer, what).await?;
        let asked = request.into_inner();
        let person = PersonId::new(&asked.person).map_err(invalid)?;
        let of = match (asked.unit.as_str(), asked.patient.as_str()) {
            (unit, "") => CareOf::Unit(UnitId::new(unit).map_err(invalid)?),
            ("", patient) => CareOf::Patient(PatientId::new(patient).map_err(invalid)?),
            _ => return Err(Status::invalid_argument("say a unit or a patient, not both")),
        };
        visit.about(&asked.person);
        if let CareOf::Patient(patient) = &of {
            if !self.handle.knows_patient(patient) {
                return Err(visit.no_such("patient", patient).await);
            }
            visit.concerns(patient);
        }
        let by = visit.person().id.clone();
        let done = self.handle.grant(&by, command(person, of)).await.map_err(|error| status(&error))?;
        visit.answer(AssignPersonResponse { changed: done.is_some() }).await
    }
}

#[tonic::async_trait]
impl AccessService for Access {
    async fn assign(&self, request: Request<AssignPersonRequest>) -> Result<Response<AssignPersonResponse>, Status> {
        self.assign_or_not(request, "access.assign", GrantCommand::Assign).await
    }

    async fn unassign(&self, request: Request<AssignPersonRequest>) -> Result<Response<AssignPersonResponse>, Status> {
        self.assign_or_not(request, "access.unassign", GrantCommand::Unassign).await
    }

    async fn break_glass(
        &self,
        request: Request<proto::BreakGlassRequest>,
    ) -> Result<Response<proto::BreakGlassResponse>, Status> {
        let mut visit = self.guard.enter(&request, Verb::BreakGlass, "access.break-glass").await?;
        let asked = request.into_inner();
        let patient = PatientId::new(&asked.patient).map_err(invalid)?;
        if !self.handle.knows_patient(&patient) {
            return Err(visit.no_such("patient", &patient).await);
        }
        let minutes = if asked.minutes == 0 { MINUTES_DEFAULT } else { asked.minutes };
        let reason = asked.reason.into();
        let command =
            GrantCommand::Break { patient: patient.clone(), reason, minutes, review_within_ms: REVIEW_WITHIN_MS };
        let by = visit.person().id.clone();
        let done = self.handle.grant(&by, command).await.map_err(|error| status(&error))?;
        let Some(GrantEvent::Broken(broken)) = done else { return Err(Status::internal("the glass was not broken")) };
        // Not through a log: whoever reviews is told by the queue; this is for who watches the platform.
        tracing::warn!(person = %by, ordinal = broken.ordinal, "the glass was broken: it waits for a review");
        visit.concerns(&patient);
        visit.for_broken_glass();
        visit.answer(proto::BreakGlassResponse { entry: Some(glass(&broken)) }).await
    }

    async fn end_break_glass(
        &self,
        request: Request<proto::EndBreakGlassRequest>,
    ) -> Result<Response<proto::EndBreakGlassResponse>, Status> {
        let mut visit = self.guard.enter(&request, Verb::BreakGlass, "access.end-break-glass").await?;
        let ordinal = request.into_inner().ordinal;
        visit.about(ordinal.to_string());
        let by = visit.person().id.clone();
        self.handle.grant(&by, GrantCommand::EndBreak(ordinal)).await.map_err(|error| status(&error))?;
        visit.answer(proto::EndBreakGlassResponse {}).await
    }

    async fn list_break_glass(
        &self,
        request: Request<proto::ListBreakGlassRequest>,
    ) -> Result<Response<proto::ListBreakGlassResponse>, Status> {
        let mut visit = self.guard.enter(&request, Verb::Review, "access.reviews").await?;
        let waiting = request.into_inner().waiting;
        let teams = self.handle.care_teams();
        let broken = teams.grants().broken().into_iter().filter(|broken| !waiting || broken.review.is_none());
        let entries: Vec<_> = broken.inspect(|broken| visit.concerns(&broken.patient)).map(glass).collect();
        visit.answer(proto::ListBreakGlassResponse { entries }).await
    }

    async fn review_break_glass(
        &self,
        request: Request<proto::ReviewBreakGlassRequest>,
    ) -> Result<Response<proto::ReviewBreakGlassResponse>, Status> {
        let mut visit = self.guard.enter(&request, Verb::Review, "access.review").await?;
        let asked = request.into_inner();
        visit.about(asked.ordinal.to_string());
        let verdict = if asked.justified { Verdict::Justified } else { Verdict::Unjustified };
        let command = GrantCommand::Review { ordinal: asked.ordinal, verdict, note: asked.note.into() };
        let by = visit.person().id.clone();
        self.handle.grant(&by, command).await.map_err(|error| status(&error))?;
        visit.answer(proto::ReviewBreakGlassResponse {}).await
    }

    async fn rotate_keys(
        &self,
        request: Request<proto::RotateKeysRequest>,
    ) -> Result<Response<proto::RotateKeysResponse>, Status> {
        let visit = self.guard.enter(&request, Verb::ManageKeys, "keys.rotate").await?;
        let version = self.handle.rotate_keys().await.map_err(|error| status(&error))?;
        visit.answer(proto::RotateKeysResponse { version }).await
    }

    async fn erase_patient(
        &self,
        request: Request<proto::ErasePatientRequest>,
    ) -> Result<Response<proto::ErasePatientResponse>, Status> {
        let mut visit = self.guard.enter(&request, Verb::ManageKeys, "keys.destroy").await?;
        let patient = PatientId::new(&request.into_inner().patient).map_err(invalid)?;
        if !self.handle.knows_patient(&patient) {
            return Err(visit.no_such("patient", &patient).await);
        }
        visit.concerns(&patient);
        // On record before it is done: afterwards nobody could tell whose it was.
        visit.put_on_record().await?;
        self.handle.erase_patient(&patient).await.map_err(|error| status(&error))?;
        visit.answer(proto::ErasePatientResponse {}).await
    }

    async fn list_access(
        &self,
        request: Request<proto::ListAccessRequest>,
    ) -> Result<Response<proto::ListAccessResponse>, Status> {
        let mut visit = self.guard.enter(&request, Verb::ReadTrail, "access.list").await?;
        let asked = request.into_inner();
        let wanted = wanted(&asked)?;
        if let Some(patient) = &wanted.patient {
            visit.concerns(patient);
        }
        visit.about(&asked.person);
        let (found, next) = self.handle.accesses(wanted).await.map_err(|error| status(&error))?;
        let entries = found.into_iter().map(|(sequence, record)| entry(sequence, record)).collect();
        let next_page_token = next.map(|next| format!("{}-{}", next.sequence, next.position)).unwrap_or_default();
        visit.answer(proto::ListAccessResponse { entries, next_page_token }).await
    }

    async fn explain(
        &self,
        request: Request<proto::ExplainRequest>,
    ) -> Result<Response<proto::ExplainResponse>, Status> {
        let mut visit = self.guard.enter(&request, Verb::ReadTrail, "access.explain").await?;
        let asked = request.into_inner();
        let (id, patient) =
            (PersonId::new(&asked.person).map_err(invalid)?, PatientId::new(&asked.patient).map_err(invalid)?);
        visit.about(&asked.person);
        if !self.handle.knows_patient(&patient) {
            return Err(visit.no_such("patient", &patient).await);
        }
        visit.concerns(&patient);
        let person = self.directory.now().person(&id);
        let roles = person.map(|person| person.roles).unwrap_or_default();
        let relation = self.handle.relation(&id, &patient);
        let because = [
            (relation.team, "on the care team of the patient or of the patient's unit"),
            (relation.broke_glass, "broke the glass"),
        ];
        let explained = |verb: Verb| {
            let (answer, fields) = match decide(&roles, relation, verb) {
                Decision::Allow(fields) => ("yes", fields),
                Decision::Absent => ("absent", Fields::NONE),
                Decision::Forbid(_) => ("forbidden", Fields::NONE),
            };
            proto::ExplainedVerb { verb: verb.name().to_owned(), answer: answer.to_owned(), fields: names(fields) }
        };
        let verbs = Verb::ALL.into_iter().map(explained).collect();
        let because = because.iter().filter(|(holds, _)| *holds).map(|(_, why)| (*why).to_owned()).collect();
        let roles = roles.iter().map(ToString::to_string).collect();
        visit.answer(proto::ExplainResponse { roles, because, verbs }).await
    }
}

fn wanted(asked: &proto::ListAccessRequest) -> Result<Accesses, Status> {
    let given = |text: &str| !text.is_empty();
    let patient = given(&asked.patient).then(|| PatientId::new(&asked.patient)).transpose().map_err(invalid)?;
    let person = given(&asked.person).then(|| PersonId::new(&asked.person)).transpose().map_err(invalid)?;
    let limit = match usize::try_from(asked.page_size).unwrap_or(PAGE_MAX) {
        0 => PAGE_DEFAULT,
        size => size.min(PAGE_MAX),
    };
    let until = if asked.until_us == 0 { Timestamp::MAX } else { Timestamp(asked.until_us) };
    Ok(Accesses { patient, person, since: Timestamp(asked.since_us), until, limit, from: place(&asked.page_token)? })
}

fn place(token: &str) -> Result<Option<Committed>, Status> {
    if token.is_empty() {
        return Ok(None);
    }
    let place = token.split_once('-').and_then(|(sequence, position)| {
        Some(Committed { sequence: sequence.parse().ok()?, position: position.parse().ok()? })
    });
    let wrong = || Status::invalid_argument("page_token must be the next_page_token of a page");
    place.map(Some).ok_or_else(wrong)
}

fn names(fields: Fields) -> Vec<String> {
    Field::ALL.iter().filter(|field| fields.has(**field)).map(|field| field.name().to_owned()).collect()
}

fn entry(sequence: u64, record: AccessRecord) -> proto::AccessEntry {
    let outcome = match record.outcome {
        Outcome::Shown => "shown",
        Outcome::Refused => "refused",
        Outcome::Failed => "failed",
    };
    proto::AccessEntry {
        at_us: record.now.micros(),
        person: record.person.map(|person| person.to_string()).unwrap_or_default(),
        roles: record.roles.iter().map(ToString::to_string).collect(),
        what: record.what.to_string(),
        patients: record.patients.iter().map(ToString::to_string).collect(),
        about: record.about.to_string(),
        purpose: record.purpose.code().to_owned(),
        from: record.from.to_string(),
        outcome: outcome.to_owned(),
        fields: names(record.fields),
        position: record.position,
        sequence,
        continues: record.continues.unwrap_or_default(),
    }
}

fn glass(broken: &BreakGlass) -> proto::GlassEntry {
    let review = broken.review.as_ref();
    proto::GlassEntry {
        ordinal: broken.ordinal,
        person: broken.person.to_string(),
        patient: broken.patient.to_string(),
        reason: broken.reason.to_string(),
        at_us: broken.at.micros(),
        until_us: broken.until.micros(),
        review_due_us: broken.review_due.micros(),
        reviewed_by: review.map(|review| review.by.to_string()).unwrap_or_default(),
        justified: review.is_some_and(|review| review.verdict == Verdict::Justified),
        note: review.map(|review| review.note.to_string()).unwrap_or_default(),
    }
}
