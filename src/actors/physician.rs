//! A person's actor: the inbox of pages, each once per (alert, round, step), and their way out by the person's contacts.

mod actor;
mod inbox;
mod paging;

use std::sync::Weak;

use ractor::{Actor, ActorCell, ActorRef, SpawnErr};
use tokio::sync::oneshot;

use self::actor::Person;
use super::context::{self, Context};
use super::handle::{DeadLetter, InboxPage};
use super::sweep::SweepPart;
use crate::clinical::condition::Priority;
use crate::clinical::ids::{AlertId, PersonId};
use crate::clinical::oncall::Contact;
use crate::storage::codec::{PageKey, PageOutcome};
use crate::supervision::Children;
use crate::time::Timestamp;

/// What a person's actor is told.
pub(crate) enum PersonMsg {
    /// Page the person; the same (alert, round, step) again is a repeat of a lost effect, and changes nothing. `by_name`:
    /// another person named this one.
    Page { alert: AlertId, round: u32, step: u32, by_name: bool },
    /// Take back every page of the alert.
    Withdraw(AlertId),
    /// What became of a page by one contact: sent, or given up.
    Delivered(PageOutcome),
    /// Pages that are put together may be due.
    BundleDue,
    /// Send a test page by each contact.
    Check,
    /// Send the dead letters again; the reply is how many.
    Resend(oneshot::Sender<usize>),
    /// Pages that a contact never got.
    DeadLetters(oneshot::Sender<Vec<DeadLetter>>),
    /// What waits in the inbox.
    Inbox(oneshot::Sender<Vec<InboxPage>>),
    /// Answers once the actor has recovered.
    Awake(oneshot::Sender<()>),
    /// Take a snapshot of what changed.
    Sweep(SweepPart),
}

/// A page as it goes out.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub key: PageKey,
    /// Of a bundle: the alerts of its other pages.
    pub with: Vec<AlertId>,
    /// A bundle's number; 0: it is one page.
    pub bundle: u32,
    pub paged_at: Timestamp,
    pub priority: Priority,
    pub deliveries: Vec<(Contact, u32)>,
}

/// How persons' actors are started.
pub(in crate::actors) struct Persons(pub Weak<Context>);

impl Children for Persons {
    type Key = PersonId;
    type Msg = PersonMsg;

    async fn start(&self, key: &PersonId, supervisor: ActorCell) -> Result<ActorRef<PersonMsg>, SpawnErr> {
        let context = self.0.upgrade().ok_or_else(context::gone)?;
        let actor = Person { id: key.clone(), context };
        Actor::spawn_linked(None, actor, (), supervisor).await.map(|(actor, _)| actor)
    }

    fn parked(&self, key: &PersonId, why: &str) {
        tracing::error!(person = %key, why, "person's actor is parked: the ladder goes on without this person");
    }
}
