//! Signing in: argon2id off the runtime's threads, few at a time, and few tries.

use smol_str::SmolStr;
use tokio::sync::Semaphore;
use tonic::Status;

use super::Guard;
use crate::access::{AccessRecord, Fields, Outcome, Person, Purpose};
use crate::api::identity::{SecretHash, Sessions};
use crate::clinical::ids::PersonId;
use crate::time::Timestamp;

/// Each takes 19 MiB and tens of milliseconds of a core.
static AT_ONCE: Semaphore = Semaphore::const_new(2);
/// So many more wait for their turn; beyond, they are told to come again.
static IN_LINE: Semaphore = Semaphore::const_new(64);

/// What somebody shows who they are by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::api) enum Secret {
    /// For a session of one's own.
    Password,
    /// For an answer at a screen at which somebody else is signed in.
    Pin,
}

impl Guard {
    /// Opens a session for whoever knows the secret; returns the person, the session's token and its end. On record either
    /// way.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` in the same words, after the same time, for a wrong secret and for somebody who cannot sign in;
    /// `RESOURCE_EXHAUSTED` after too many of them, of one account or from one address.
    pub(in crate::api) async fn sign_in(
        &self,
        who: Option<PersonId>,
        (kind, secret): (Secret, String),
        from: SmolStr,
    ) -> Result<(Person, String, Timestamp), Status> {
        let now = self.handle.now();
        let _place = IN_LINE.try_acquire().map_err(|_| Status::unavailable("many sign in just now: try again"))?;
        let _turn = AT_ONCE.acquire().await.map_err(|_| Status::unavailable("the server is going down"))?;
        // Only now, so that many at once are not all tried.
        if !self.attempts.may_try(who.as_ref(), &from, now) {
            return Err(Status::resource_exhausted("too many attempts: wait 15 minutes"));
        }
        let accounts = self.directory.now();
        let person = who.as_ref().and_then(|who| accounts.person(who));
        let hash = person.as_ref().and_then(|person| match kind {
            Secret::Password => accounts.password(&person.id).cloned(),
            Secret::Pin => accounts.pin(&person.id).cloned(),
        });
        let right = tokio::task::spawn_blocking(move || SecretHash::verify(hash.as_ref(), &secret)).await;
        let person = person.filter(|_| right.unwrap_or(false));
        let Some(person) = person else {
            self.attempts.failed(who.as_ref(), &from, now);
            self.put_sign_in(kind, who, Vec::new(), from, Outcome::Refused).await?;
            return Err(Status::unauthenticated("name or secret is wrong, or the account has none"));
        };
        let roles = person.roles.iter().map(|role| SmolStr::new(role.to_string())).collect();
        self.put_sign_in(kind, Some(person.id.clone()), roles, from, Outcome::Shown).await?;
        let open = match kind {
            Secret::Password => self.sessions.open(&person.id, now),
            Secret::Pin => self.sessions.open_briefly(&person.id, now),
        };
        let (token, until) = open.ok_or_else(|| Status::resource_exhausted("too many sessions are open"))?;
        Ok((person, token, until))
    }

    /// The sessions of people who signed in.
    pub(in crate::api) fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    async fn put_sign_in(
        &self,
        kind: Secret,
        person: Option<PersonId>,
        roles: Vec<SmolStr>,
        from: SmolStr,
        outcome: Outcome,
    ) -> Result<(), Status> {
        let record = AccessRecord {
            now: self.handle.now(),
            person,
            roles,
            what: match kind {
                Secret::Password => "session.open".into(),
                Secret::Pin => "session.confirm".into(),
            },
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
