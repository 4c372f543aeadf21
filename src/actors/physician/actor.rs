//! The actor itself.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use ractor::{Actor, ActorProcessingErr, ActorRef};
use smallvec::{SmallVec, smallvec};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use super::PersonMsg;
use super::inbox::Inbox;
use crate::actors::context::Context;
use crate::actors::handle::{DeadLetter, InboxPage};
use crate::actors::stream::{RecoverError, Stream};
use crate::clinical::ids::{AlertId, PersonId};
use crate::faults::{Point, point};
use crate::proto::RecordKind;
use crate::storage::codec::{PageKey, PersonEvent, PersonRecord, decode_person, encode_person};
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

/// What is on its way together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Going {
    /// Pages of one alert.
    Alert(AlertId),
    /// Pages that were put together.
    Bundle(u32),
}

/// What goes out again once it is known which alerts are open.
#[derive(Debug, Default)]
pub(super) struct Again {
    pub pages: Vec<PageKey>,
    pub bundles: Vec<u32>,
}

impl Again {
    fn of(inbox: &Inbox) -> Self {
        Self {
            pages: inbox.undelivered().map(|page| page.key.clone()).collect(),
            bundles: inbox.bundles_undelivered().map(|bundle| bundle.number).collect(),
        }
    }
}

pub(super) struct Parts {
    stream: Stream,
    pub inbox: Inbox,
    /// Pages on their way.
    pub under_way: HashMap<Going, Vec<AbortHandle>>,
    /// Pages and bundles that had no outcome when the actor started, until they go out again.
    pub again: Again,
    /// What comes back when pages that are put together are due, and when that is.
    pub bundle_wake: Option<AbortHandle>,
    pub bundle_at: Option<Timestamp>,
}

impl Drop for Parts {
    fn drop(&mut self) {
        // A successor sends anew what has no outcome.
        self.under_way.values().flatten().chain(&self.bundle_wake).for_each(AbortHandle::abort);
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
        let again = Again::of(&inbox);
        let mut parts = Parts { stream, inbox, under_way: HashMap::new(), again, bundle_wake: None, bundle_at: None };
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
                if let Some(event) = parts.inbox.decide_withdraw(&alert) {
                    self.append(parts, event);
                }
                parts.end(&alert);
            }
            PersonMsg::Delivered(outcome) => self.append(parts, PersonEvent::Delivered(outcome)),
            PersonMsg::BundleDue => self.send_bundle(parts),
            PersonMsg::Check => self.send_check(),
            PersonMsg::Resend(reply) => drop(reply.send(self.resend(parts))),
            PersonMsg::DeadLetters(reply) => drop(reply.send(parts.inbox.dead.iter().map(dead_letter).collect())),
            PersonMsg::Inbox(reply) => self.show(&parts.stream, &parts.inbox, reply),
            PersonMsg::Awake(reply) => {
                self.send_again(parts);
                let _waits = reply.send(());
            }
            PersonMsg::Sweep(part) => {
                let waiting = parts.inbox.going_out();
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
        let waiting = inbox.going_out();
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
                quiet: page.quiet,
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
