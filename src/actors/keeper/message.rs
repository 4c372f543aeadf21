//! What a keeper is told.

use tokio::sync::oneshot;

use crate::actors::handle::{Answered, OperationError};
use crate::actors::sweep::SweepPart;
use crate::clinical::alert::{Command, TeamAnswer};
use crate::clinical::ids::UnitId;
use crate::clinical::subject_book::Observed;

/// What a keeper is told.
pub(crate) enum KeeperMsg {
    /// Something changed for the subject; `unit` is whose people answer.
    Observed { unit: UnitId, what: Observed, source: Option<Source> },
    /// The care team's answer for a step.
    TeamAnswered(TeamAnswer),
    /// A person's command.
    Command { command: Command, reply: oneshot::Sender<Result<Answered, OperationError>> },
    /// Answers once the actor has recovered.
    Awake(oneshot::Sender<()>),
    /// A deadline may be due.
    Tick,
    /// Take a snapshot of what changed; passivate if idle.
    Sweep(SweepPart),
}

/// Where a change stands in the stream of the device that tells it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source {
    /// The change before it; 0 for the first.
    pub previous: u64,
    /// The change itself.
    pub sequence: u64,
}
