//! Signing in: argon2id off the runtime's threads, few at a time, and few tries.

use smol_str::SmolStr;
use tokio::sync::Semaphore;
use tonic::{Request, Status};

use super::Guard;
use crate::access::{AccessRecord, Fields, Outcome, Person, Purpose};
use crate::api::identity::{SecretHash, Sessions, bearer};
use crate::clinical::ids::PersonId;
use crate::time::Timestamp;

/// Each takes 19 MiB and tens of milliseconds of a core.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

impl Guard {
    /// Opens a session for whoever knows the secret. On record either way.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` in the same words, after the same time, for a wrong secret and for somebody who cannot sign in;
    /// `RESOURCE_EXHAUSTED` after too many of them, of one account or from one address.
    pub async fn sign_in(
        &self,
        who: Option<PersonId>,
        secret: String,
        from: SmolStr,
    ) -> Result<(String, Timestamp), Status> {
        let now = self.handle.now();
        if !self.attempts.may_try(who.as_ref(), &from, now) {
            return Err(Status::resource_exhausted("too many attempts: wait 15 minutes, or use a token"));
        }
        let accounts = self.directory.now();
        let person = who.as_ref().and_then(|who| accounts.person(who));
        let hash = person.as_ref().and_then(|person| accounts.secret(&person.id).cloned());
        let _turn = AT_ONCE.acquire().await.map_err(|_| Status::unavailable("the server is going down"))?;
        let right = tokio::task::spawn_blocking(move || SecretHash::verify(hash.as_ref(), &secret)).await;
        let person = person.filter(|_| right.unwrap_or(false));
        let Some(person) = person else {
            self.attempts.failed(who.as_ref(), &from, now);
            self.put_sign_in(who, Vec::new(), from, Outcome::Refused).await?;
            return Err(Status::unauthenticated("name or secret is wrong, or the account cannot sign in"));
        };
        let Person { id, roles } = person;
        let roles = roles.iter().map(|role| SmolStr::new(role.to_string())).collect();
        self.put_sign_in(Some(id.clone()), roles, from, Outcome::Shown).await?;
        self.sessions.open(&id, now).ok_or_else(|| Status::resource_exhausted("too many sessions are open"))
    }

    /// Ends the session whose token the request carries.
    pub fn sign_out<T>(&self, request: &Request<T>) {
        if let Some(token) = bearer(request.metadata()).filter(|token| Sessions::is_token(token)) {
            self.sessions.close(token);
        }
    }

    async fn put_sign_in(
        &self,
        person: Option<PersonId>,
        roles: Vec<SmolStr>,
        from: SmolStr,
        outcome: Outcome,
    ) -> Result<(), Status> {
        let record = AccessRecord {
            now: self.handle.now(),
            person,
            roles,
            what: "access.sign-in".into(),
            patients: Vec::new(),
            about: SmolStr::default(),
            purpose: Purpose::Operations,
            from,
            outcome,
            fields: Fields::NONE,
            position: 0,
            continues: None,
        };
        self.put(&record).await.map(drop)
    }
}
