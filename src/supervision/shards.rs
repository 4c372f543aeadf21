//! The handle of a sharded supervisor.

use std::sync::Arc;
use std::time::Duration;

use ractor::{Actor, ActorRef, SpawnErr};

use super::children::{ChildSpec, Children};
use super::shard::{Activation, Shard};
use super::slots::{Counts, Slot};
use super::stable_hash::stable_hash;
use super::supervisor::{Supervisor, SupervisorMsg};
use crate::clock::Clock;

/// How long children that did not drain in time have to stop after the message that they are handling.
const STOP_GRACE: Duration = Duration::from_secs(1);

/// Why there is no child.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// It crashed too often.
    #[error("it crashed too often and is parked ({why}): revive it once the cause is removed")]
    Parked {
        /// The last crash in words.
        why: String,
    },
    /// It is being started again, after a pause.
    #[error("it is being started again after a crash: try again soon")]
    NotYet,
    /// Everything is being stopped.
    #[error("it is not started any more: the engine stops")]
    Stopping,
}

/// Children of one kind under sharded supervisors. Cheap to clone; dropping it stops nothing.
pub struct Shards<C: Children> {
    shards: Arc<[Lane<C>]>,
}

/// A shard with its supervisor.
struct Lane<C: Children> {
    shard: Arc<Shard<C::Key, C::Msg>>,
    supervisor: ActorRef<SupervisorMsg<C::Key>>,
}

impl<C: Children> Clone for Shards<C> {
    fn clone(&self) -> Self {
        Self { shards: Arc::clone(&self.shards) }
    }
}

impl<C: Children> Shards<C> {
    /// Starts the supervisors; at least one.
    ///
    /// # Errors
    /// What ractor says of a supervisor that it cannot spawn.
    pub async fn start(shards: usize, spec: ChildSpec, children: C, clock: Clock) -> Result<Self, SpawnErr> {
        let children = Arc::new(children);
        let mut lanes = Vec::with_capacity(shards.max(1));
        for _ in 0..shards.max(1) {
            let shard = Arc::new(Shard::new());
            let (children, clock) = (Arc::clone(&children), clock.clone());
            let supervisor = Supervisor { shard: Arc::clone(&shard), children, spec, clock };
            let (supervisor, _) = Actor::spawn(None, supervisor, ()).await?;
            lanes.push(Lane { shard, supervisor });
        }
        Ok(Self { shards: lanes.into() })
    }

    /// The child, if it runs and takes messages. A message can still be refused by a child that ends meanwhile: it comes
    /// back to the sender, who activates.
    #[must_use]
    pub fn running(&self, key: &C::Key) -> Option<ActorRef<C::Msg>> {
        self.lane(key).shard.running(key)
    }

    /// The child, started where it does not run. Waits for a predecessor that still drains and for a restart that is
    /// put off.
    ///
    /// # Errors
    /// [`Unavailable`]: the child is parked, or everything stops.
    pub async fn activate(&self, key: &C::Key) -> Result<ActorRef<C::Msg>, Unavailable> {
        let lane = self.lane(key);
        loop {
            let news = match lane.shard.activation(key)? {
                Activation::Running(actor) => return Ok(actor),
                Activation::Wait(news) => news,
                Activation::Start(news) => {
                    let start = SupervisorMsg::Start(key.clone());
                    lane.supervisor.send_message(start).map_err(|_| Unavailable::Stopping)?;
                    news
                }
            };
            // Both a message and a dropped sender are news.
            let _news = news.await;
        }
    }

    /// As [`Self::activate`], but waits no longer than `within` for a child that comes back.
    ///
    /// # Errors
    /// [`Unavailable`]; [`Unavailable::NotYet`] where it is not there in time.
    pub async fn activate_within(&self, key: &C::Key, within: Duration) -> Result<ActorRef<C::Msg>, Unavailable> {
        tokio::time::timeout(within, self.activate(key)).await.unwrap_or(Err(Unavailable::NotYet))
    }

    /// Whether the child crashed too often and is not started again by itself.
    #[must_use]
    pub fn is_parked(&self, key: &C::Key) -> bool {
        self.lane(key).shard.is_parked(key)
    }

    /// Lets the child leave, if there is one, and returns once there is none.
    pub async fn ended(&self, key: &C::Key) {
        while let Some(news) = self.lane(key).shard.departure(key) {
            let _news = news.await;
        }
    }

    /// Passivation: if `actor` is still the child of `key`, it handles what it has and ends. Whoever activates the key
    /// meanwhile gets a successor, after it has ended.
    pub fn retire(&self, key: &C::Key, actor: &ActorRef<C::Msg>) {
        self.lane(key).shard.retire(key, actor);
    }

    /// Starts a parked child again, its crashes forgotten. Nothing happens to a child that is not parked.
    pub fn revive(&self, key: &C::Key) {
        let lane = self.lane(key);
        // At once, so that whoever activates it next waits for it.
        if lane.shard.unpark(key) {
            let _stopping = lane.supervisor.send_message(SupervisorMsg::Revive(key.clone()));
        }
    }

    /// How many children there are.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.shards.iter().map(|lane| lane.shard.read().counts()).fold(Counts::default(), |sum, one| Counts {
            running: sum.running + one.running,
            restarts: sum.restarts + one.restarts,
            parked: sum.parked + one.parked,
            out_of_service: sum.out_of_service + one.out_of_service,
        })
    }

    /// The keys of the children that run.
    #[must_use]
    pub fn keys(&self) -> Vec<C::Key> {
        let mut keys = Vec::new();
        self.for_each_running(|key, _| keys.push(key.clone()));
        keys
    }

    /// The children that run. Children that start or end meanwhile may or may not be among them.
    #[must_use]
    pub fn all_running(&self) -> Vec<ActorRef<C::Msg>> {
        let mut running = Vec::new();
        self.for_each_running(|_, actor| running.push(actor.clone()));
        running
    }

    /// Calls `f` for every child that runs. Children that start or end meanwhile may or may not be among them.
    pub fn for_each_running(&self, mut f: impl FnMut(&C::Key, &ActorRef<C::Msg>)) {
        for lane in self.shards.iter() {
            // Copied, so that `f` may activate and retire.
            let running: Vec<_> = lane
                .shard
                .read()
                .iter()
                .filter_map(|(key, slot)| match slot {
                    Slot::Running(actor) => Some((key.clone(), actor.clone())),
                    _ => None,
                })
                .collect();
            for (key, actor) in &running {
                f(key, actor);
            }
        }
    }

    /// Starts nothing any more; lets every child handle what it has and end, with its `post_stop`. Children that have
    /// not ended `within` the time are stopped after the message that they are handling, and those that hang even then
    /// are killed. Returns how many had not ended in time.
    pub async fn stop(&self, within: Duration) -> usize {
        for lane in self.shards.iter() {
            lane.shard.begin_stop();
        }
        let late = if tokio::time::timeout(within, self.empty()).await.is_ok() { 0 } else { self.children() };
        if late > 0 {
            tracing::error!(children = late, "children did not end in time");
            for lane in self.shards.iter() {
                lane.shard.hurry();
            }
            let _hanging = tokio::time::timeout(STOP_GRACE, self.empty()).await;
        }
        for lane in self.shards.iter() {
            let _already_ended = lane.supervisor.stop_and_wait(None, None).await;
        }
        late
    }

    async fn empty(&self) {
        for lane in self.shards.iter() {
            lane.shard.empty().await;
        }
    }

    fn children(&self) -> usize {
        self.shards.iter().map(|lane| lane.shard.read().iter().count()).sum()
    }

    fn lane(&self, key: &C::Key) -> &Lane<C> {
        let shards = self.shards.len() as u64;
        // Less than the number of shards, which is a usize, and at least one.
        let at = usize::try_from(stable_hash(key) % shards).unwrap_or(0);
        &self.shards[at]
    }
}
