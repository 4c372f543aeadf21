//! The one way in to what people may see, and the one way out: who asks is known and may ask, each patient and alert is
//! decided, and what is shown is on record before it leaves.
//!
//! ```text
//! let mut visit = self.guard.enter(&request, Verb::SeePatient, "patients.list").await?;
//! patients.retain(|patient| visit.sees_patient(&patient.id).is_some());   // decides, and notes what will be shown
//! visit.answer(message).await                                             // on record, then out
//! ```

mod attempts;
mod sign_in;
mod visit;

use std::sync::Arc;

use smol_str::SmolStr;
use tonic::metadata::MetadataMap;
use tonic::{Extensions, Request, Status};

pub(in crate::api) use sign_in::Secret;
pub use visit::Visit;

use super::identity::{Directory, Sessions, authenticate};
use super::peer::Connection;
use crate::access::{AccessRecord, Fields, Outcome, Person, Purpose, Verb, may_ask};
use crate::actors::handle::Handle;
use crate::clinical::ids::PatientId;
use attempts::Attempts;

/// Metadata by which a client says why it asks: a code of HL7's `PurposeOfUse`.
const PURPOSE: &str = "x-purpose-of-use";

/// The guard of all services of people. Cloning is cheap.
#[derive(Clone)]
pub struct Guard {
    handle: Handle,
    directory: Arc<Directory>,
    attempts: Arc<Attempts>,
    sessions: Arc<Sessions>,
}

impl Guard {
    /// Over the engine, for the people of the directory.
    #[must_use]
    pub fn new(handle: Handle, directory: Arc<Directory>) -> Self {
        Self { handle, directory, attempts: Arc::default(), sessions: Arc::default() }
    }

    /// Lets in a person who may ask for this; `what` names the request on record. A refusal is on record when this
    /// returns.
    ///
    /// # Errors
    /// `UNAUTHENTICATED`, `PERMISSION_DENIED` with who may, `INVALID_ARGUMENT` for a purpose that does not exist.
    pub async fn enter<T: Sync>(&self, request: &Request<T>, verb: Verb, what: &'static str) -> Result<Visit, Status> {
        self.admit(request.metadata(), request.extensions(), verb, what).await
    }

    async fn admit(
        &self,
        metadata: &MetadataMap,
        extensions: &Extensions,
        verb: Verb,
        what: &'static str,
    ) -> Result<Visit, Status> {
        let from = address(extensions);
        let person = self.identify(metadata, &from, what).await?;
        let purpose = match metadata.get(PURPOSE).map(|value| value.to_str().unwrap_or_default().parse()) {
            None => Purpose::of_roles(&person.roles),
            Some(purpose) => purpose.map_err(|error| Status::invalid_argument(format!("{PURPOSE}: {error}")))?,
        };
        let visit = Visit::new(self.clone(), person, what, from, purpose);
        match may_ask(&visit.person().roles, verb) {
            Ok(()) => Ok(visit),
            Err(who) => Err(visit.refuse(None, Status::permission_denied(format!("this needs the role {who}"))).await),
        }
    }

    /// Who asks. A token that is nobody's is on record when this returns.
    ///
    /// # Errors
    /// `UNAUTHENTICATED`.
    pub(super) async fn identify(
        &self,
        metadata: &MetadataMap,
        from: &SmolStr,
        what: &'static str,
    ) -> Result<Person, Status> {
        match authenticate(&self.directory.now(), &self.sessions, metadata, self.handle.now()) {
            Ok(person) => Ok(person),
            Err(status) => {
                self.note_stranger(what, from.clone()).await?;
                Err(status)
            }
        }
    }

    /// Puts on record that an answer about these patients is given again to whom it was given.
    ///
    /// # Errors
    /// `UNAUTHENTICATED`; `UNAVAILABLE`: it is not on record.
    pub(super) async fn show_again(&self, request: &Request<()>, patients: Vec<PatientId>) -> Result<(), Status> {
        const WHAT: &str = "http.again";
        let from = address(request.extensions());
        let person = self.identify(request.metadata(), &from, WHAT).await?;
        let purpose = Purpose::of_roles(&person.roles);
        let mut visit = Visit::new(self.clone(), person, WHAT, from, purpose);
        for patient in &patients {
            visit.concerns(patient);
        }
        visit.put_on_record().await
    }

    /// The person as the accounts have them now; without roles where there is no such account any more.
    fn look_up(&self, person: &Person) -> Person {
        let now = self.directory.now().person(&person.id);
        now.unwrap_or_else(|| Person { id: person.id.clone(), roles: Vec::new() })
    }

    /// Tokens that are nobody's are on record too, but nobody can fill the journal with them.
    async fn note_stranger(&self, what: &'static str, from: SmolStr) -> Result<(), Status> {
        let now = self.handle.now();
        if !self.attempts.note_stranger(&from, now) {
            return Ok(());
        }
        let record = AccessRecord {
            now,
            person: None,
            roles: Vec::new(),
            what: what.into(),
            patients: Vec::new(),
            about: SmolStr::default(),
            purpose: Purpose::Operations,
            from,
            outcome: Outcome::Refused,
            fields: Fields::NONE,
            position: 0,
            continues: None,
        };
        self.put(&record).await.map(drop)
    }

    async fn put(&self, record: &AccessRecord) -> Result<u64, Status> {
        let put = self.handle.put_on_record(record).await;
        put.map_err(|_| Status::unavailable("the access cannot be put on record, so nothing is shown: try again"))
    }
}

/// The address at the other end, without its port.
pub(super) fn address(extensions: &Extensions) -> SmolStr {
    let connection = extensions.get::<Arc<Connection>>();
    connection.map_or_else(SmolStr::default, |connection| SmolStr::new(connection.remote.ip().to_string()))
}
