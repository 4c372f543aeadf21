//! A person's actor: the inbox of pages, each once per (alert, round, step), and their way out by the person's contacts.

mod inbox;

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use ractor::{Actor, ActorCell, ActorProcessingErr, ActorRef, SpawnErr};
use smallvec::{SmallVec, smallvec};
use smol_str::SmolStr;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use self::inbox::{Inbox, OpenPage, PageKey};
use super::context::{self, Context};
use super::handle::{DeadLetter, InboxPage};
use super::notifier;
use super::stream::{RecoverError, Stream};
use super::sweep::SweepPart;
use crate::clinical::condition::{ConditionKind, Priority};
use crate::clinical::ids::{AlertId, PersonId};
use crate::clinical::oncall::Contact;
use crate::faults::{Point, point};
use crate::proto::RecordKind;
use crate::storage::codec::{PersonEvent, PersonRecord, decode_person, encode_person};
use crate::storage::{StreamName, Wakes};
use crate::supervision::Children;
use crate::time::Timestamp;

/// What a person's actor is told.
pub(crate) enum PersonMsg {
    /// Page the person; the same (alert, round, step) again is a repeat of a lost effect, and changes nothing.
    Page { alert: AlertId, round: u32, step: u32 },
    /// Take back every page of the alert.
    Withdraw(AlertId),
    /// What became of a page by one contact: sent, or given up.
    Delivered { page: Page, contact: Contact, sent: bool, why: SmolStr, attempts: u32 },
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
    pub alert: AlertId,
    pub round: u32,
    pub step: u32,
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

struct Person {
    id: PersonId,
    context: Arc<Context>,
}

#[derive(Default)]
struct Running {
    parts: Option<Parts>,
}

struct Parts {
    stream: Stream,
    inbox: Inbox,
    /// Pages on their way, by alert.
    under_way: HashMap<AlertId, Vec<AbortHandle>>,
}

impl Drop for Parts {
    fn drop(&mut self) {
        // A successor sends anew what has no outcome.
        self.under_way.values().flatten().for_each(AbortHandle::abort);
    }
}

impl Actor for Person {
    type Msg = PersonMsg;
    type State = Running;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<PersonMsg>, (): ()) -> Result<Running, ActorProcessingErr> {
        Ok(Running::default())
    }

    async fn post_start(&self, _: ActorRef<PersonMsg>, running: &mut Running) -> Result<(), ActorProcessingErr> {
        let (stream, inbox) = self.recover().await?;
        let mut parts = Parts { stream, inbox, under_way: HashMap::new() };
        // What has no outcome may have arrived: the same key, marked as a repeat. Only what is still wanted.
        let again: Vec<_> = parts.inbox.undelivered().map(|page| self.page_of(page)).collect();
        for page in again.into_iter().filter(|page| self.context.feed.wants_answer(&page.alert)) {
            let handle = notifier::send(&self.context, &self.id, page.clone(), true, None);
            parts.under_way.entry(page.alert).or_default().push(handle);
        }
        // What lay in a predecessor's mailbox is gone; the alerts still say who is to be paged.
        for (alert, round, step) in self.context.feed.pages_of(&self.id) {
            self.page(&mut parts, PageKey { alert, round, step });
        }
        running.parts = Some(parts);
        Ok(())
    }

    async fn handle(
        &self,
        _: ActorRef<PersonMsg>,
        message: PersonMsg,
        running: &mut Running,
    ) -> Result<(), ActorProcessingErr> {
        // ractor handles messages only after `post_start`, which sets the parts.
        let Some(parts) = running.parts.as_mut() else { return Err("the actor has not recovered".into()) };
        match message {
            PersonMsg::Page { alert, round, step } => {
                point(Point::PersonOnPage, self.id.as_str())?;
                point(Point::PersonBeforeAppend, self.id.as_str())?;
                self.page(parts, PageKey { alert, round, step });
                point(Point::PersonAfterAppend, self.id.as_str())?;
            }
            PersonMsg::Withdraw(alert) => {
                parts.under_way.remove(&alert).into_iter().flatten().for_each(|page| page.abort());
                if let Some(event) = parts.inbox.decide_withdraw(&alert) {
                    self.append(parts, event);
                }
            }
            PersonMsg::Delivered { page: Page { alert, round, step, paged_at, .. }, contact, sent, why, attempts } => {
                let event = PersonEvent::Delivered { alert, round, step, paged_at, contact, sent, why, attempts };
                self.append(parts, event);
            }
            PersonMsg::Resend(reply) => drop(reply.send(self.resend(parts))),
            PersonMsg::DeadLetters(reply) => {
                let letters = parts.inbox.dead.iter().map(|letter| DeadLetter {
                    alert: letter.key.alert.clone(),
                    round: letter.key.round,
                    step: letter.key.step,
                    contact: letter.contact.clone(),
                    why: letter.why.clone(),
                    at: letter.at,
                });
                drop(reply.send(letters.collect()));
            }
            PersonMsg::Inbox(reply) => self.show(&parts.stream, &parts.inbox, reply),
            PersonMsg::Awake(reply) => drop(reply.send(())),
            PersonMsg::Sweep(part) => {
                let waiting = parts.inbox.undelivered().count();
                parts.stream.sweep(&self.context, &parts.inbox, || waiting, part);
            }
        }
        Ok(())
    }
}

impl Person {
    async fn recover(&self) -> Result<(Stream, Inbox), RecoverError> {
        let key = self.context.keys.care();
        let name = StreamName::person(&self.id);
        let mut recovered = Stream::recover::<Inbox>(&self.context, name, key).await?;
        for record in &recovered.tail {
            let record = decode_person(&recovered.opener.open(record)?)?;
            recovered.state.evolve(&record.event, record.now);
        }
        Ok((recovered.stream, recovered.state))
    }

    /// Pages the person, once: the record first, then, once it is committed, the contacts.
    fn page(&self, parts: &mut Parts, key: PageKey) {
        if parts.inbox.knows(&key) {
            return;
        }
        let (priority, quiet) = self.how(&key.alert);
        let roster = self.context.roster.now();
        let person = roster.plan().person(&self.id);
        let wanted = person.map(|person| person.deliveries(priority)).unwrap_or_default();
        let deliveries: Vec<_> = if quiet.is_empty() {
            wanted.into_iter().map(|(contact, delay_ms)| (contact.clone(), delay_ms)).collect()
        } else {
            Vec::new()
        };
        let (PageKey { alert, round, step }, now) = (key, self.context.clock.now());
        let page = Page { alert: alert.clone(), round, step, paged_at: now, priority, deliveries: deliveries.clone() };
        let event = PersonEvent::Paged { alert: alert.clone(), round, step, deliveries, quiet };
        if page.deliveries.is_empty() {
            self.append_at(now, parts, event, |_| {});
            return;
        }
        let (committed, waits) = oneshot::channel();
        // Nothing goes out before its record is durable.
        let under_way = notifier::send(&self.context, &self.id, page, false, Some(waits));
        parts.under_way.entry(alert).or_default().push(under_way);
        self.append_at(now, parts, event, move |_| {
            let _waits = committed.send(());
        });
    }

    /// The priority of an alert's page, and why it stays quiet: nothing but the inbox gets it then. Empty: it does not.
    fn how(&self, alert: &AlertId) -> (Priority, SmolStr) {
        let Some(view) = self.context.feed.view(alert) else { return (Priority::High, SmolStr::default()) };
        let now = self.context.clock.now();
        let priority = view.alert.priority;
        let technical = view.alert.condition.kind == ConditionKind::Technical;
        let roster = self.context.roster.now();
        let maintenance = roster.standing().maintenance_of(&view.unit, now).filter(|_| technical);
        let quiet = match maintenance {
            Some(work) => smol_str::format_smolstr!("maintenance by {} until {}", work.by, work.until),
            None if priority < Priority::High && view.alert.is_silenced(now) => "snoozed".into(),
            None => SmolStr::default(),
        };
        (priority, quiet)
    }

    /// The page as it goes out again: by the contacts that have not got it.
    fn page_of(&self, open: &OpenPage) -> Page {
        let waiting = open.deliveries.iter().filter(|delivery| !delivery.sent);
        Page {
            alert: open.key.alert.clone(),
            round: open.key.round,
            step: open.key.step,
            paged_at: open.paged_at,
            priority: self.how(&open.key.alert).0,
            deliveries: waiting.map(|delivery| (delivery.contact.clone(), delivery.delay_ms)).collect(),
        }
    }

    /// Sends dead letters again, under their own keys.
    fn resend(&self, parts: &mut Parts) -> usize {
        let letters = parts.inbox.dead.clone();
        for letter in &letters {
            let page = Page {
                alert: letter.key.alert.clone(),
                round: letter.key.round,
                step: letter.key.step,
                paged_at: letter.paged_at,
                priority: self.how(&letter.key.alert).0,
                deliveries: vec![(letter.contact.clone(), 0)],
            };
            let handle = notifier::send(&self.context, &self.id, page, true, None);
            parts.under_way.entry(letter.key.alert.clone()).or_default().push(handle);
        }
        letters.len()
    }

    fn append(&self, parts: &mut Parts, event: PersonEvent) {
        self.append_at(self.context.clock.now(), parts, event, |_| {});
    }

    fn append_at(
        &self,
        now: Timestamp,
        parts: &mut Parts,
        event: PersonEvent,
        committed: impl FnOnce(u64) + Send + 'static,
    ) {
        let Parts { stream, inbox, .. } = parts;
        inbox.evolve(&event, now);
        let sealed = stream.seal(RecordKind::Person, &encode_person(&PersonRecord { now, event }));
        let waiting = inbox.undelivered().count();
        let snapshot = if stream.wants_snapshot() { stream.snapshot(inbox, &waiting) } else { None };
        let context = Arc::clone(&self.context);
        stream.append(&self.context, smallvec![sealed], move |position: u64, _: Timestamp, _: &mut Wakes| {
            if let Some(snapshot) = snapshot {
                snapshot.keep(&context, Some(position));
            }
            committed(position);
        });
    }

    /// Shows pages once they are committed, and only those whose alert still wants an answer: a withdrawal may have been
    /// lost with a process, the alert's state was not.
    fn show(&self, stream: &Stream, inbox: &Inbox, reply: oneshot::Sender<Vec<InboxPage>>) {
        let pages = inbox.pages.clone();
        let context = Arc::clone(&self.context);
        let shown = move |_: u64, _: Timestamp, _: &mut Wakes| {
            let waiting = pages.into_iter().filter(|page| context.feed.wants_answer(&page.key.alert));
            let pages = waiting.map(|page| InboxPage {
                alert: page.key.alert,
                round: page.key.round,
                step: page.key.step,
                paged_at: page.paged_at,
            });
            drop(reply.send(pages.collect()));
        };
        stream.append(&self.context, SmallVec::new(), shown);
    }
}
