//! What a patient's actor is told.

use std::sync::Arc;

use tokio::sync::oneshot;

use crate::actors::beds::BedClaim;
use crate::actors::handle::{Admission, Answered, OperationError};
use crate::actors::sweep::SweepPart;
use crate::admission::Permit;
use crate::clinical::alert::{Command, TeamAnswer};
use crate::clinical::condition::Condition;
use crate::clinical::ids::{DeviceId, PersonId};
use crate::clinical::patient::{Item, StayChange};
use crate::time::Timestamp;

/// What a patient's actor is told.
pub(crate) enum PatientMsg {
    /// An item of a device, in the order of its stream.
    HandOver {
        device: DeviceId,
        stream_sequence: u64,
        /// Sequence of the item before it; a gap is read from the device's stream.
        previous: u64,
        received_at: Timestamp,
        item: Item,
        permit: Option<Arc<Permit>>,
    },
    /// The device's stream holds items up to `through`: read what was missed.
    CatchUp { device: DeviceId, through: u64 },
    /// Admit. The claim keeps the bed free of others until the commit.
    Admit {
        by: PersonId,
        admission: Admission,
        claim: Option<BedClaim>,
        reply: oneshot::Sender<Result<(), OperationError>>,
    },
    /// What a person does to the stay.
    Stay {
        by: PersonId,
        change: StayChange,
        claim: Option<BedClaim>,
        reply: oneshot::Sender<Result<(), OperationError>>,
    },
    /// What the open alerts are about, once everything that devices handed over is consumed.
    OpenConditions { reply: oneshot::Sender<Result<OpenConditions, OperationError>> },
    /// The care team's answer for a step.
    TeamAnswered(TeamAnswer),
    /// A person's command.
    Command { command: Command, reply: oneshot::Sender<Result<Answered, OperationError>> },
    /// Answers once the actor has recovered.
    Awake(oneshot::Sender<()>),
    /// A deadline or a mark may be due.
    Tick,
    /// Take a snapshot of what changed; passivate if idle.
    Sweep(SweepPart),
}

/// What another record takes over when this one is found to be its duplicate.
#[derive(Debug)]
pub(crate) struct OpenConditions {
    /// Of the newest alert that is counted in.
    pub last_ordinal: u32,
    pub conditions: Vec<Condition>,
    /// Every device that ever handed over anything.
    pub devices: Vec<DeviceId>,
}
