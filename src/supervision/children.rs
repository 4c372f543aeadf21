//! What a supervisor must know of its children.

use std::fmt::Display;
use std::future::Future;
use std::hash::Hash;

use ractor::{ActorCell, ActorRef, SpawnErr};

use super::intensity::Intensity;

/// A kind of child, as data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChildSpec {
    /// What the children are, for logs: `device`, `patient`.
    pub kind: &'static str,
    /// How often one may crash.
    pub intensity: Intensity,
}

/// How children of one kind are started.
pub trait Children: Send + Sync + 'static {
    /// What names a child. Its text appears in logs: it MUST hold no patient data.
    type Key: Clone + Eq + Hash + Display + Send + Sync + 'static;
    /// What a child is sent.
    type Msg: ractor::Message;

    /// Spawns the child of `key`, linked to `supervisor` (`Actor::spawn_linked`), without a name.
    ///
    /// `pre_start` MUST be trivial: it runs while the shard waits. Recovery belongs into `post_start`, which runs in the
    /// child's own task and whose failure is a crash as any other. The child MUST NOT be linked to anything else.
    ///
    /// # Errors
    /// Whatever the spawn returned: it counts as a crash.
    fn start(
        &self,
        key: &Self::Key,
        supervisor: ActorCell,
    ) -> impl Future<Output = Result<ActorRef<Self::Msg>, SpawnErr>> + Send;

    /// The child of `key` crashed more often than its intensity allows and is not started again by itself; `why` is the
    /// last crash in words. Called from the shard's supervisor: it MUST NOT block.
    fn parked(&self, key: &Self::Key, why: &str);
}
