//! One shard: the slots of its keys, shared by its supervisor and by everybody who looks for a child.

use std::hash::Hash;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use ractor::{ActorRef, ActorStatus, Message};
use tokio::sync::{Notify, oneshot};

use super::shards::Unavailable;
use super::slots::{Slot, Slots};

/// The slots of one shard. The lock is held for single steps, never across an await or a call of a child.
pub(super) struct Shard<K, M> {
    slots: RwLock<Slots<K, M>>,
    emptied: Notify,
}

/// What is to be done for somebody who wants a child.
pub(super) enum Activation<M> {
    Running(ActorRef<M>),
    /// The supervisor must be told to start it; resolves when there is news of it.
    Start(oneshot::Receiver<()>),
    /// Resolves when there is news of it.
    Wait(oneshot::Receiver<()>),
}

impl<K: Clone + Eq + Hash, M: Message> Shard<K, M> {
    pub fn new() -> Self {
        Self { slots: RwLock::new(Slots::default()), emptied: Notify::new() }
    }

    /// A panic elsewhere cannot leave the slots half-changed: every step is one assignment.
    pub fn read(&self) -> RwLockReadGuard<'_, Slots<K, M>> {
        self.slots.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn write(&self) -> RwLockWriteGuard<'_, Slots<K, M>> {
        self.slots.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The child that takes messages now.
    pub fn running(&self, key: &K) -> Option<ActorRef<M>> {
        match self.read().get(key) {
            Some(Slot::Running(actor)) if takes_messages(actor) => Some(actor.clone()),
            _ => None,
        }
    }

    /// Finds out what is to be done for somebody who wants the child of `key`, and notes that it is being done.
    pub fn activation(&self, key: &K) -> Result<Activation<M>, Unavailable> {
        let mut slots = self.write();
        match slots.get(key) {
            Some(Slot::Running(actor)) if takes_messages(actor) => Ok(Activation::Running(actor.clone())),
            Some(Slot::Parked(why)) => Err(Unavailable::Parked { why: why.to_string() }),
            _ if slots.stopping => Err(Unavailable::Stopping),
            None => {
                slots.set(key, Slot::Starting { after_crash: false });
                Ok(Activation::Start(slots.changed(key)))
            }
            // A predecessor that leaves or has crashed is waited for: its supervisor will say when it has ended.
            Some(Slot::Starting { .. } | Slot::Running(_) | Slot::Leaving(_) | Slot::BackingOff) => {
                Ok(Activation::Wait(slots.changed(key)))
            }
        }
    }

    /// Lets the child leave if it is still this one.
    pub fn retire(&self, key: &K, actor: &ActorRef<M>) {
        let mut slots = self.write();
        if let Some(Slot::Running(current)) = slots.get(key)
            && current.get_id() == actor.get_id()
        {
            slots.set(key, Slot::Leaving(actor.clone()));
            drain(actor);
        }
    }

    /// Whether the child crashed too often.
    pub fn is_parked(&self, key: &K) -> bool {
        matches!(self.read().get(key), Some(Slot::Parked(_)))
    }

    /// The child is to be started again; false: it is not parked.
    pub fn unpark(&self, key: &K) -> bool {
        let mut slots = self.write();
        let parked = matches!(slots.get(key), Some(Slot::Parked(_)));
        if parked {
            slots.set(key, Slot::BackingOff);
        }
        parked
    }

    /// Lets the child leave. `None`: there is none; otherwise what resolves when there is news of it.
    pub fn departure(&self, key: &K) -> Option<oneshot::Receiver<()>> {
        let mut slots = self.write();
        match slots.get(key) {
            None => return None,
            Some(Slot::Parked(_) | Slot::BackingOff) => {
                slots.remove(key);
                return None;
            }
            Some(Slot::Running(actor)) => {
                let actor = actor.clone();
                slots.set(key, Slot::Leaving(actor.clone()));
                drain(&actor);
            }
            Some(Slot::Starting { .. } | Slot::Leaving(_)) => {}
        }
        Some(slots.changed(key))
    }

    /// The key has no child any more.
    pub fn remove(&self, key: &K) {
        let mut slots = self.write();
        slots.remove(key);
        if slots.is_empty() {
            self.emptied.notify_waiters();
        }
    }

    /// Starts nothing any more, and lets every child leave.
    pub fn begin_stop(&self) {
        let mut slots = self.write();
        slots.stopping = true;
        let keys: Vec<K> = slots.iter().map(|(key, _)| key.clone()).collect();
        for key in keys {
            match slots.get(&key) {
                Some(Slot::Running(actor)) => {
                    let actor = actor.clone();
                    drain(&actor);
                    slots.set(&key, Slot::Leaving(actor));
                }
                Some(Slot::BackingOff | Slot::Parked(_)) => slots.remove(&key),
                // The supervisor has it in hand, and looks at `stopping`.
                Some(Slot::Starting { .. } | Slot::Leaving(_)) | None => {}
            }
        }
        if slots.is_empty() {
            self.emptied.notify_waiters();
        }
    }

    /// Asks those that still leave to stop after the message that they are handling.
    pub fn hurry(&self) {
        for (_, slot) in self.read().iter() {
            if let Slot::Leaving(actor) = slot {
                actor.stop(None);
            }
        }
    }

    /// Waits until there is no child.
    pub async fn empty(&self) {
        loop {
            let emptied = self.emptied.notified();
            tokio::pin!(emptied);
            emptied.as_mut().enable();
            if self.read().is_empty() {
                return;
            }
            emptied.await;
        }
    }

    /// The supervisor is gone, and its children with it.
    pub fn close(&self) {
        let mut slots = self.write();
        slots.stopping = true;
        slots.clear();
        self.emptied.notify_waiters();
    }
}

/// Lets the actor handle what it has and then stop. One that has ended already is known to its supervisor.
pub(super) fn drain<M: Message>(actor: &ActorRef<M>) {
    let _already_ended = actor.drain();
}

fn takes_messages<M: Message>(actor: &ActorRef<M>) -> bool {
    actor.get_status() < ActorStatus::Draining
}
