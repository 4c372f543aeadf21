//! Which children of one shard exist, and in what state: the shard's only shared state.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash};
use std::sync::Arc;

use ractor::ActorRef;
use tokio::sync::oneshot;

use super::stable_hash::StableHasher;

/// How many children there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Children that take messages.
    pub running: usize,
    /// Restarts after crashes since the start.
    pub restarts: u64,
    /// Children that crashed too often and are not started again by themselves.
    pub parked: usize,
    /// Children that crashed and do not run again: parked, or waiting for their restart.
    pub out_of_service: usize,
}

/// The state of one key. A key without a slot has no child.
pub(super) enum Slot<M> {
    /// The supervisor has been told to start it.
    Starting {
        after_crash: bool,
    },
    Running(ActorRef<M>),
    /// It handles what it has and takes nothing more.
    Leaving(ActorRef<M>),
    /// It crashed, and starts again later.
    BackingOff,
    Parked(Arc<str>),
}

struct Entry<M> {
    slot: Slot<M>,
    /// Who waits for another slot. Dropping a sender wakes its receiver.
    waiters: Vec<oneshot::Sender<()>>,
}

/// The slots of a shard, with their counts.
pub(super) struct Slots<K, M> {
    entries: HashMap<K, Entry<M>, BuildHasherDefault<StableHasher>>,
    counts: Counts,
    /// Nothing is started any more.
    pub stopping: bool,
}

impl<K, M> Default for Slots<K, M> {
    fn default() -> Self {
        Self { entries: HashMap::default(), counts: Counts::default(), stopping: false }
    }
}

impl<K: Clone + Eq + Hash, M> Slots<K, M> {
    pub fn get(&self, key: &K) -> Option<&Slot<M>> {
        self.entries.get(key).map(|entry| &entry.slot)
    }

    /// Puts the key into another slot and wakes whoever waited for that.
    pub fn set(&mut self, key: &K, slot: Slot<M>) {
        if let Slot::Starting { after_crash: true } = slot {
            self.counts.restarts += 1;
        }
        self.count(&slot, usize::wrapping_add);
        if let Some(before) = self.entries.insert(key.clone(), Entry { slot, waiters: Vec::new() }) {
            self.count(&before.slot, usize::wrapping_sub);
        }
    }

    /// The key has no child any more.
    pub fn remove(&mut self, key: &K) {
        if let Some(before) = self.entries.remove(key) {
            self.count(&before.slot, usize::wrapping_sub);
        }
    }

    /// Resolves when the slot of the key, which exists, changes.
    pub fn changed(&mut self, key: &K) -> oneshot::Receiver<()> {
        let (wake, woken) = oneshot::channel();
        if let Some(entry) = self.entries.get_mut(key) {
            entry.waiters.retain(|waiter| !waiter.is_closed());
            entry.waiters.push(wake);
        }
        woken
    }

    pub const fn counts(&self) -> Counts {
        self.counts
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&K, &Slot<M>)> {
        self.entries.iter().map(|(key, entry)| (key, &entry.slot))
    }

    /// Forgets every child and wakes everybody.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.counts = Counts { restarts: self.counts.restarts, ..Counts::default() };
    }

    fn count(&mut self, slot: &Slot<M>, change: fn(usize, usize) -> usize) {
        let Counts { running, parked, out_of_service, .. } = &mut self.counts;
        match slot {
            Slot::Running(_) => *running = change(*running, 1),
            Slot::Starting { after_crash: true } | Slot::BackingOff => *out_of_service = change(*out_of_service, 1),
            Slot::Parked(_) => {
                *parked = change(*parked, 1);
                *out_of_service = change(*out_of_service, 1);
            }
            Slot::Starting { after_crash: false } | Slot::Leaving(_) => {}
        }
    }
}
