//! A person's actor: the inbox of pages, each once per (alert, round, step).

use std::collections::VecDeque;
use std::mem;
use std::sync::{Arc, Weak};

use ractor::{Actor, ActorCell, ActorProcessingErr, ActorRef, SpawnErr};
use serde::{Deserialize, Serialize};
use smallvec::{SmallVec, smallvec};
use tokio::sync::oneshot;

use super::context::{self, Context};
use super::handle::InboxPage;
use super::stream::{RecoverError, Stream};
use super::sweep::SweepPart;
use crate::clinical::ids::{AlertId, PersonId};
use crate::faults::{Point, point};
use crate::proto::RecordKind;
use crate::storage::codec::{PersonEvent, PersonRecord, decode_person, encode_person};
use crate::storage::{StreamName, Wakes};
use crate::supervision::Children;
use crate::time::Timestamp;

/// What a person's actor is told.
pub(crate) enum PersonMsg {
    /// Page the person; the same (alert, round, step) again is a repeat of a lost effect, and changes nothing. `by_name`:
    /// another person named this one.
    Page { alert: AlertId, round: u32, step: u32, by_name: bool },
    /// Take back every page of the alert.
    Withdraw(AlertId),
    /// What waits in the inbox.
    Inbox(oneshot::Sender<Vec<InboxPage>>),
    /// Take a snapshot of what changed.
    Sweep(SweepPart),
}

/// So many pages that were taken back are remembered: a repeat that comes later than that is beyond any delay here.
const WITHDRAWN_KEPT: usize = 256;

/// Pages that wait, and those that were taken back lately.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Inbox {
    pages: Vec<(AlertId, u32, u32, Timestamp)>,
    /// Oldest first. A late repeat of one of them pages nobody.
    withdrawn: VecDeque<(AlertId, u32, u32)>,
}

impl Inbox {
    fn evolve(&mut self, event: &PersonEvent, now: Timestamp) {
        match event {
            PersonEvent::Paged { alert, round, step } => {
                self.pages.push((alert.clone(), *round, *step, now));
            }
            PersonEvent::Withdrawn(alert) => {
                let (taken_back, waiting) = mem::take(&mut self.pages).into_iter().partition(|page| page.0 == *alert);
                self.pages = waiting;
                let taken_back: Vec<_> = taken_back;
                self.withdrawn.extend(taken_back.into_iter().map(|(alert, round, step, _)| (alert, round, step)));
                let over = self.withdrawn.len().saturating_sub(WITHDRAWN_KEPT);
                self.withdrawn.drain(..over);
            }
        }
    }

    fn decide_page(&self, alert: &AlertId, round: u32, step: u32, by_name: bool) -> Option<PersonEvent> {
        let waits = self.pages.iter().any(|page| (&page.0, page.1, page.2) == (alert, round, step));
        // Whoever is named by a person is asked anew, although an earlier page was answered by somebody else.
        let was_taken_back =
            || !by_name && self.withdrawn.iter().any(|page| (&page.0, page.1, page.2) == (alert, round, step));
        (!waits && !was_taken_back()).then(|| PersonEvent::Paged { alert: alert.clone(), round, step })
    }

    fn decide_withdraw(&self, alert: &AlertId) -> Option<PersonEvent> {
        let waits = self.pages.iter().any(|page| page.0 == *alert);
        waits.then(|| PersonEvent::Withdrawn(alert.clone()))
    }
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
    parts: Option<(Stream, Inbox)>,
}

impl Actor for Person {
    type Msg = PersonMsg;
    type State = Running;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<PersonMsg>, (): ()) -> Result<Running, ActorProcessingErr> {
        Ok(Running::default())
    }

    async fn post_start(&self, _: ActorRef<PersonMsg>, running: &mut Running) -> Result<(), ActorProcessingErr> {
        let (mut stream, mut inbox) = self.recover().await?;
        // What lay in a predecessor's mailbox is gone; the alerts still say who is to be paged.
        for (alert, round, step) in self.context.feed.pages_of(&self.id) {
            let event = inbox.decide_page(&alert, round, step, false);
            self.append(&mut stream, &mut inbox, event);
        }
        running.parts = Some((stream, inbox));
        Ok(())
    }

    async fn handle(
        &self,
        _: ActorRef<PersonMsg>,
        message: PersonMsg,
        running: &mut Running,
    ) -> Result<(), ActorProcessingErr> {
        // ractor handles messages only after `post_start`, which sets the parts.
        let Some((stream, inbox)) = running.parts.as_mut() else { return Err("the actor has not recovered".into()) };
        match message {
            PersonMsg::Page { alert, round, step, by_name } => {
                point(Point::PersonOnPage, self.id.as_str())?;
                let event = inbox.decide_page(&alert, round, step, by_name);
                point(Point::PersonBeforeAppend, self.id.as_str())?;
                self.append(stream, inbox, event);
                point(Point::PersonAfterAppend, self.id.as_str())?;
            }
            PersonMsg::Withdraw(alert) => self.append(stream, inbox, inbox.decide_withdraw(&alert)),
            PersonMsg::Inbox(reply) => self.show(stream, inbox, reply),
            PersonMsg::Sweep(part) => stream.sweep(&self.context, inbox, || (), part),
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

    fn append(&self, stream: &mut Stream, inbox: &mut Inbox, event: Option<PersonEvent>) {
        let Some(event) = event else { return };
        let now = self.context.clock.now();
        inbox.evolve(&event, now);
        let sealed = stream.seal(RecordKind::Person, &encode_person(&PersonRecord { now, event }));
        let snapshot = if stream.wants_snapshot() { stream.snapshot(inbox, &()) } else { None };
        let context = Arc::clone(&self.context);
        stream.append(&self.context, smallvec![sealed], move |position: u64, _: Timestamp, _: &mut Wakes| {
            if let Some(snapshot) = snapshot {
                snapshot.keep(&context, Some(position));
            }
        });
    }

    /// Shows pages once they are committed, and only those whose alert still wants an answer: a withdrawal may have been
    /// lost with a process, the alert's state was not.
    fn show(&self, stream: &Stream, inbox: &Inbox, reply: oneshot::Sender<Vec<InboxPage>>) {
        let pages = inbox.pages.clone();
        let context = Arc::clone(&self.context);
        let shown = move |_: u64, _: Timestamp, _: &mut Wakes| {
            let waiting = pages.into_iter().filter(|page| context.feed.wants_answer(&page.0));
            let pages =
                waiting.map(|(alert, round, step, paged_at)| InboxPage { alert, round, step, paged_at }).collect();
            drop(reply.send(pages));
        };
        stream.append(&self.context, SmallVec::new(), shown);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clinical::ids::{PatientId, Subject};

    #[test]
    fn a_page_that_was_taken_back_is_not_sent_again_by_a_late_repeat_but_by_name() {
        let alert = AlertId { subject: Subject::Patient(PatientId::new("p-1").unwrap()), ordinal: 1 };
        let mut inbox = Inbox::default();
        let mut apply = |event: Option<PersonEvent>| {
            let happened = event.is_some();
            event.iter().for_each(|event| inbox.evolve(event, Timestamp(0)));
            (happened, inbox.clone())
        };
        let (_, paged) = apply(Inbox::default().decide_page(&alert, 1, 1, false));
        let (_, taken_back) = apply(paged.decide_withdraw(&alert));
        assert!(taken_back.pages.is_empty());
        assert_eq!(taken_back.decide_page(&alert, 1, 1, false), None, "a late repeat");
        assert!(taken_back.decide_page(&alert, 2, 1, false).is_some(), "a new round");
        let (again, named) = apply(taken_back.decide_page(&alert, 1, 1, true));
        assert!(again && named.decide_page(&alert, 1, 1, true).is_none(), "once by name");
    }
}
