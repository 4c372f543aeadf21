//! What a patient's actor is told.

use std::sync::Arc;

use smol_str::SmolStr;
use tokio::sync::oneshot;

use crate::actors::handle::{Answered, OperationError};
use crate::actors::sweep::SweepPart;
use crate::admission::Permit;
use crate::clinical::alert::Command;
use crate::clinical::ids::{DeviceId, PersonId, UnitId};
use crate::clinical::patient::{Item, Profile};
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
    /// Admit, or move.
    Admit { unit: UnitId, bed: SmolStr, profile: Profile, reply: oneshot::Sender<Result<(), OperationError>> },
    /// The care team's answer for a step.
    TeamAnswered {
        ordinal: u32,
        round: u32,
        step: u32,
        people: Vec<PersonId>,
        delay_ms: u32,
        last: bool,
        policy_version: u32,
    },
    /// A person's command.
    Command { command: Command, reply: oneshot::Sender<Result<Answered, OperationError>> },
    /// Answers once the actor has recovered.
    Awake(oneshot::Sender<()>),
    /// A deadline or a mark may be due.
    Tick,
    /// Take a snapshot of what changed; passivate if idle.
    Sweep(SweepPart),
}
