//! Children that count, and crash when they are told to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use ractor::{Actor, ActorCell, ActorId, ActorProcessingErr, ActorRef, SpawnErr};
use tokio::sync::{oneshot, watch};

use crate::clock::Clock;
use crate::supervision::{ChildSpec, Children, Intensity, Shards};
use crate::time::Timestamp;

pub enum Msg {
    Count,
    Panic,
    Fail,
    Leave,
    /// Does not go on before the other side speaks.
    Hang(oneshot::Receiver<()>),
}

/// What the children of one key did.
#[derive(Clone, Debug, Default)]
pub struct Life {
    pub starts: u32,
    pub stops: u32,
    pub handled: u32,
    pub parked: u32,
    /// Messages that were handled by a child after its successor had started.
    pub overlaps: u32,
    current: Option<ActorId>,
}

/// Keeps book of all children. A key that begins with `bad` crashes in `post_start`, one with `worse` when spawned,
/// one with `worst` before that.
#[derive(Clone)]
pub struct Stage {
    lives: Arc<Mutex<HashMap<String, Life>>>,
    changes: watch::Sender<u64>,
}

impl Stage {
    pub fn new() -> Self {
        Self { lives: Arc::default(), changes: watch::Sender::new(0) }
    }

    pub fn life(&self, key: &str) -> Life {
        self.lives.lock().expect("no panic while noting").get(key).cloned().unwrap_or_default()
    }

    fn note(&self, key: &str, change: impl FnOnce(&mut Life)) {
        change(self.lives.lock().expect("no panic while noting").entry(key.to_owned()).or_default());
        self.changes.send_modify(|changes| *changes += 1);
    }

    /// Waits until the life of `key` is as wanted.
    pub async fn until(&self, key: &str, wanted: impl Fn(&Life) -> bool) -> Life {
        let mut changes = self.changes.subscribe();
        loop {
            let life = self.life(key);
            if wanted(&life) {
                return life;
            }
            changes.changed().await.expect("the stage lives");
        }
    }

    pub async fn shards(&self, intensity: Intensity) -> Shards<Self> {
        let spec = ChildSpec { kind: "counter", intensity };
        let clock = Clock::starting_at(Timestamp(0));
        Shards::start(3, spec, self.clone(), clock).await.expect("supervisors can be spawned")
    }
}

impl Children for Stage {
    type Key = String;
    type Msg = Msg;

    async fn start(&self, key: &String, supervisor: ActorCell) -> Result<ActorRef<Msg>, SpawnErr> {
        assert!(!key.starts_with("worst"), "panics outside of the actor");
        let child = Child { key: key.clone(), stage: self.clone() };
        Actor::spawn_linked(None, child, (), supervisor).await.map(|(actor, _)| actor)
    }

    fn parked(&self, key: &String, _why: &str) {
        self.note(key, |life| life.parked += 1);
    }
}

struct Child {
    key: String,
    stage: Stage,
}

impl Actor for Child {
    type Msg = Msg;
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Msg>, (): ()) -> Result<(), ActorProcessingErr> {
        if self.key.starts_with("worse") { Err("cannot be spawned".into()) } else { Ok(()) }
    }

    async fn post_start(&self, myself: ActorRef<Msg>, (): &mut ()) -> Result<(), ActorProcessingErr> {
        self.stage.note(&self.key, |life| {
            life.starts += 1;
            life.current = Some(myself.get_id());
        });
        if self.key.starts_with("bad") { Err("cannot recover".into()) } else { Ok(()) }
    }

    async fn handle(&self, myself: ActorRef<Msg>, message: Msg, (): &mut ()) -> Result<(), ActorProcessingErr> {
        self.stage.note(&self.key, |life| {
            life.overlaps += u32::from(life.current != Some(myself.get_id()));
        });
        match message {
            Msg::Count => self.stage.note(&self.key, |life| life.handled += 1),
            Msg::Panic => panic!("told to"),
            Msg::Fail => return Err("told to".into()),
            Msg::Leave => myself.stop(None),
            Msg::Hang(go_on) => drop(go_on.await),
        }
        // A chance for a successor to come too early.
        tokio::task::yield_now().await;
        Ok(())
    }

    async fn post_stop(&self, myself: ActorRef<Msg>, (): &mut ()) -> Result<(), ActorProcessingErr> {
        self.stage.note(&self.key, |life| {
            life.stops += 1;
            life.overlaps += u32::from(life.current != Some(myself.get_id()));
        });
        Ok(())
    }
}
