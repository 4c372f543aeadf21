//! The actor itself.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use ractor::{Actor, ActorProcessingErr, ActorRef};
use smallvec::{SmallVec, smallvec};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use super::inbox::{Inbox, PageKey};
use super::{Page, PersonMsg};
use crate::actors::context::Context;
use crate::actors::handle::{DeadLetter, InboxPage};
use crate::actors::notifier;
use crate::actors::stream::{RecoverError, Stream};
use crate::clinical::ids::{AlertId, PersonId};
use crate::faults::{Point, point};
use crate::proto::RecordKind;
use crate::storage::codec::{PersonEvent, PersonRecord, decode_person, encode_person};
use crate::storage::{StreamName, Wakes};
use crate::time::Timestamp;

pub(super) struct Person {
    pub id: PersonId,
    pub context: Arc<Context>,
}

#[derive(Default)]
pub(super) struct Running {
    parts: Option<Parts>,
}

pub(super) struct Parts {
    stream: Stream,
    pub inbox: Inbox,
    /// Pages on their way, by alert.
    pub under_way: HashMap<AlertId, Vec<AbortHandle>>,
    /// What had no outcome when the actor started, until it is known which alerts are open.
    again: Vec<Page>,
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
        let again = inbox.undelivered().map(|page| self.page_of(page)).collect();
        let mut parts = Parts { stream, inbox, under_way: HashMap::new(), again };
        if self.context.recovered.load(Ordering::SeqCst) {
            self.send_again(&mut parts);
        }
        // What lay in a predecessor's mailbox is gone; the alerts still say who is to be paged.
        for (alert, round, step) in self.context.feed.pages_of(&self.id) {
            self.page(&mut parts, PageKey { alert, round, step }, false);
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
            PersonMsg::Page { alert, round, step, by_name } => {
                point(Point::PersonOnPage, self.id.as_str())?;
                point(Point::PersonBeforeAppend, self.id.as_str())?;
                self.page(parts, PageKey { alert, round, step }, by_name);
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
            PersonMsg::DeadLetters(reply) => drop(reply.send(parts.inbox.dead.iter().map(dead_letter).collect())),
            PersonMsg::Inbox(reply) => self.show(&parts.stream, &parts.inbox, reply),
            PersonMsg::Awake(reply) => {
                self.send_again(parts);
                let _waits = reply.send(());
            }
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

    /// What has no outcome may have arrived: the same key, marked as a repeat. Only what is still wanted, which nobody can
    /// say before all open alerts are there again.
    fn send_again(&self, parts: &mut Parts) {
        for page in std::mem::take(&mut parts.again) {
            if self.context.feed.wants_answer(&page.alert) {
                let handle = notifier::send(&self.context, &self.id, page.clone(), true, None);
                parts.under_way.entry(page.alert).or_default().push(handle);
            }
        }
    }

    fn append(&self, parts: &mut Parts, event: PersonEvent) {
        self.append_at(self.context.clock.now(), parts, event, |_| {});
    }

    pub fn append_at(
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

fn dead_letter(letter: &super::inbox::DeadLetter) -> DeadLetter {
    DeadLetter {
        alert: letter.key.alert.clone(),
        round: letter.key.round,
        step: letter.key.step,
        contact: letter.contact.clone(),
        why: letter.why.clone(),
        at: letter.at,
    }
}
