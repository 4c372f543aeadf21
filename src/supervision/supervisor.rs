//! The supervisor of one shard: the only one that starts its children, and the one that hears how they end.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use ractor::{Actor, ActorId, ActorProcessingErr, ActorRef, SupervisionEvent};

use super::children::{ChildSpec, Children};
use super::intensity::Verdict;
use super::shard::{Shard, drain};
use super::slots::Slot;
use super::stable_hash::stable_hash;
use crate::clock::Clock;
use crate::time::Timestamp;

/// What a shard's supervisor is asked.
pub(super) enum SupervisorMsg<K> {
    /// Start the child, if its slot still says so.
    Start(K),
    /// Forget the crashes of a child that was parked, and start it.
    Revive(K),
}

/// One shard's supervisor.
pub(super) struct Supervisor<C: Children> {
    pub shard: Arc<Shard<C::Key, C::Msg>>,
    pub children: Arc<C>,
    pub spec: ChildSpec,
    pub clock: Clock,
}

/// What the supervisor alone knows. Whatever ends the supervisor, the shard is closed with it.
pub(super) struct Ledger<C: Children> {
    keys: HashMap<ActorId, C::Key>,
    crashes: HashMap<C::Key, Vec<Timestamp>>,
    shard: Arc<Shard<C::Key, C::Msg>>,
}

impl<C: Children> Drop for Ledger<C> {
    fn drop(&mut self) {
        self.shard.close();
    }
}

impl<C: Children> Actor for Supervisor<C> {
    type Msg = SupervisorMsg<C::Key>;
    type State = Ledger<C>;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Self::Msg>, (): ()) -> Result<Self::State, ActorProcessingErr> {
        Ok(Ledger { keys: HashMap::new(), crashes: HashMap::new(), shard: Arc::clone(&self.shard) })
    }

    async fn handle(
        &self,
        myself: ActorRef<Self::Msg>,
        message: Self::Msg,
        ledger: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            SupervisorMsg::Start(key) => self.start(&myself, &key, ledger).await,
            SupervisorMsg::Revive(key) => {
                // Its slot waits for a start already.
                ledger.crashes.remove(&key);
                self.start(&myself, &key, ledger).await;
            }
        }
        Ok(())
    }

    async fn handle_supervisor_evt(
        &self,
        myself: ActorRef<Self::Msg>,
        event: SupervisionEvent,
        ledger: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        let (cell, why) = match event {
            SupervisionEvent::ActorTerminated(cell, _, reason) => (cell, reason.filter(|reason| is_crash(reason))),
            SupervisionEvent::ActorFailed(cell, error) => (cell, Some(error.to_string())),
            _ => return Ok(()),
        };
        let Some(key) = ledger.keys.remove(&cell.get_id()) else { return Ok(()) };
        match why {
            None => self.shard.remove(&key),
            Some(why) => {
                if self.crashed(&myself, &key, &why, ledger) {
                    self.start(&myself, &key, ledger).await;
                }
            }
        }
        Ok(())
    }
}

/// Whether a child that ended for this reason may have left work behind.
fn is_crash(reason: &str) -> bool {
    matches!(reason, "killed" | "actor_task_cancelled")
}

impl<C: Children> Supervisor<C> {
    /// Starts the child of a slot that waits for that, again at once where that fails for the first time.
    async fn start(&self, myself: &ActorRef<SupervisorMsg<C::Key>>, key: &C::Key, ledger: &mut Ledger<C>) {
        while self.begins_to_start(key) {
            match self.spawn(myself, key).await {
                Ok(actor) => {
                    ledger.keys.insert(actor.get_id(), key.clone());
                    self.started(key, actor);
                    return;
                }
                Err(why) if self.crashed(myself, key, &why, ledger) => {}
                Err(_) => return,
            }
        }
    }

    fn begins_to_start(&self, key: &C::Key) -> bool {
        let mut slots = self.shard.write();
        let after_crash = match slots.get(key) {
            Some(Slot::Starting { after_crash }) => *after_crash,
            Some(Slot::BackingOff) => true,
            _ => return false,
        };
        if slots.stopping {
            drop(slots);
            self.shard.remove(key);
            return false;
        }
        if after_crash {
            slots.set(key, Slot::Starting { after_crash });
        }
        true
    }

    /// In a task of its own, so that a panic in `Children::start` is the child's, not the shard's.
    async fn spawn(&self, myself: &ActorRef<SupervisorMsg<C::Key>>, key: &C::Key) -> Result<ActorRef<C::Msg>, String> {
        let (children, key, supervisor) = (Arc::clone(&self.children), key.clone(), myself.get_cell());
        match tokio::spawn(async move { children.start(&key, supervisor).await }).await {
            Ok(spawned) => spawned.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn started(&self, key: &C::Key, actor: ActorRef<C::Msg>) {
        let mut slots = self.shard.write();
        if slots.stopping {
            drain(&actor);
            slots.set(key, Slot::Leaving(actor));
        } else {
            slots.set(key, Slot::Running(actor));
        }
    }

    /// Judges a crash. True: it is to be started again at once.
    fn crashed(
        &self,
        myself: &ActorRef<SupervisorMsg<C::Key>>,
        key: &C::Key,
        why: &str,
        ledger: &mut Ledger<C>,
    ) -> bool {
        if self.shard.read().stopping {
            tracing::warn!(kind = self.spec.kind, %key, why, "child crashed while stopping");
            self.shard.remove(key);
            return false;
        }
        match self.judge(key, ledger) {
            Verdict::Restart { after } => {
                let after_ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
                tracing::warn!(kind = self.spec.kind, %key, why, after_ms, "child crashed and is started again");
                self.shard.write().set(key, Slot::BackingOff);
                if !after.is_zero() {
                    start_later(myself.clone(), key.clone(), after);
                }
                after.is_zero()
            }
            Verdict::Park => {
                tracing::error!(kind = self.spec.kind, %key, why, "child crashed too often and is parked");
                self.shard.write().set(key, Slot::Parked(why.into()));
                self.children.parked(key, why);
                false
            }
        }
    }

    fn judge(&self, key: &C::Key, ledger: &mut Ledger<C>) -> Verdict {
        let (now, intensity) = (self.clock.now(), self.spec.intensity);
        ledger.crashes.retain(|_, crashes| {
            crashes.retain(|crash| intensity.counts(*crash, now));
            !crashes.is_empty()
        });
        let crashes = ledger.crashes.entry(key.clone()).or_default();
        let verdict = intensity.judge(crashes, now, stable_hash(&(key, crashes.len())));
        crashes.push(now);
        verdict
    }
}

fn start_later<K: Send + Sync + 'static>(supervisor: ActorRef<SupervisorMsg<K>>, key: K, after: Duration) {
    tokio::spawn(async move {
        tokio::time::sleep(after).await;
        let _shard_has_ended = supervisor.send_message(SupervisorMsg::Start(key));
    });
}
