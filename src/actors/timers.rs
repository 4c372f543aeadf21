//! Deadline wheels: one task per shard instead of one per deadline.
//!
//! Timers are not the truth: deadlines are journaled events, and the wheel is filled anew from them after a restart.

mod wheel;

use std::hash::Hash;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::task::AbortHandle;

use self::wheel::Wheel;
use crate::clock::Clock;
use crate::supervision::stable_hash;
use crate::time::Timestamp;

#[cfg(test)]
mod tests;

/// How many deadlines fire before others get the lock and the thread.
const BATCH: usize = 256;

/// The longest sleep, so that no deadline is beyond what the runtime's timer can hold.
const NAP_MS_MAX: i64 = 3_600_000;

/// What is called when a deadline has passed: with the key and the deadline as it was set.
pub type Fire<K> = Arc<dyn Fn(K, Timestamp) + Send + Sync>;

/// At most one deadline per key. Cheap to clone; the tasks end with the last clone.
pub struct Timers<K> {
    shards: Arc<Shards<K>>,
}

struct Shards<K> {
    shards: Box<[Arc<Shard<K>>]>,
    tasks: Vec<AbortHandle>,
}

struct Shard<K> {
    wheel: Mutex<Wheel<K>>,
    /// The earliest deadline has changed.
    changed: Notify,
}

impl<K> Clone for Timers<K> {
    fn clone(&self) -> Self {
        Self { shards: Arc::clone(&self.shards) }
    }
}

impl<K> Drop for Shards<K> {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl<K: Clone + Eq + Hash + Send + Sync + 'static> Timers<K> {
    /// Starts one task per shard, at least one, on the present tokio runtime.
    ///
    /// `fire` is called once for each deadline, never before it by `clock`, and from a shard's task: it must not block.
    /// It may set and clear. Raise the clock before deadlines are set, not afterwards.
    #[must_use]
    pub fn start(shards: usize, clock: &Clock, fire: &Fire<K>) -> Self {
        let shards: Box<[_]> = (0..shards.max(1)).map(|_| Arc::new(Shard::new())).collect();
        let tasks = shards
            .iter()
            .map(|shard| tokio::spawn(turn(Arc::clone(shard), clock.clone(), Arc::clone(fire))).abort_handle())
            .collect();
        Self { shards: Arc::new(Shards { shards, tasks }) }
    }

    /// Sets the deadline of `key`, in place of an earlier one. A deadline that has passed already fires at once.
    pub fn set(&self, key: K, at: Timestamp) {
        let shard = self.shard(&key);
        let earliest = shard.wheel().set(key, at);
        if earliest {
            shard.changed.notify_one();
        }
    }

    /// Removes the deadline of `key`. One that fires at this moment still arrives: whoever receives it decides by its own
    /// state whether something is due.
    pub fn clear(&self, key: &K) {
        self.shard(key).wheel().clear(key);
    }

    /// How many keys have a deadline.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shards.shards.iter().map(|shard| shard.wheel().len()).sum()
    }

    /// Whether no key has a deadline.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn shard(&self, key: &K) -> &Shard<K> {
        let shards = &self.shards.shards;
        // Less than the number of shards, which is a usize, and at least one.
        &shards[usize::try_from(stable_hash(key) % shards.len() as u64).unwrap_or(0)]
    }
}

impl<K: Clone + Eq + Hash> Shard<K> {
    fn new() -> Self {
        Self { wheel: Mutex::new(Wheel::default()), changed: Notify::new() }
    }

    /// Nothing that holds the lock can panic half-way through a change.
    fn wheel(&self) -> MutexGuard<'_, Wheel<K>> {
        self.wheel.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Fires what is due, sleeps until the next deadline, and so on.
async fn turn<K: Clone + Eq + Hash + Send + Sync + 'static>(shard: Arc<Shard<K>>, clock: Clock, fire: Fire<K>) {
    loop {
        let (due, next) = shard.wheel().take_due(clock.now(), BATCH);
        for (key, at) in due {
            // One receiver that panics must not take the deadlines of all others with it.
            if catch_unwind(AssertUnwindSafe(|| fire(key, at))).is_err() {
                tracing::error!(deadline = %at, "the receiver of a deadline panicked");
            }
        }
        match next {
            Some(at) if at <= clock.now() => tokio::task::yield_now().await,
            Some(at) => {
                let wake_at = at.min(clock.now().plus_ms(NAP_MS_MAX));
                tokio::select! {
                    () = tokio::time::sleep_until(clock.instant_of(wake_at)) => {}
                    () = shard.changed.notified() => {}
                }
            }
            None => shard.changed.notified().await,
        }
    }
}
