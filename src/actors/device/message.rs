//! What a device's actor is told.

use std::sync::Arc;

use tokio::sync::oneshot;

use crate::actors::handle::{DeviceHello, NotLinked, OperationError, Speaker};
use crate::actors::outlet::{Outlet, ReceiptCell};
use crate::actors::sweep::SweepPart;
use crate::admission::Permit;
use crate::clinical::device::{Loan, Reattribution, Registration};
use crate::clinical::ids::PatientId;
use crate::clinical::reading::{Reading, ReadingKey};
use crate::time::Timestamp;

/// What a device's actor is told.
pub(crate) enum DeviceMsg {
    /// A stream wants to speak for the device.
    Link {
        speaker: Speaker,
        hello: DeviceHello,
        outlet: Arc<Outlet>,
        reply: oneshot::Sender<Result<LinkGrant, NotLinked>>,
    },
    /// A reading, or a declared gap up to `lost_through`.
    Reading { reading: Box<Reading>, lost_through: u64, permit: Arc<Permit>, cell: Arc<ReceiptCell> },
    /// A sign of life.
    Keepalive,
    /// Register, or replace the registration.
    Register { registration: Registration, reply: oneshot::Sender<Result<(), OperationError>> },
    /// Assign to a patient.
    Assign {
        patient: PatientId,
        from: Option<Timestamp>,
        until: Option<Timestamp>,
        reply: oneshot::Sender<Result<(), OperationError>>,
    },
    /// End the assignment, at a device time that has passed or now.
    Unassign { at: Option<Timestamp>, reply: oneshot::Sender<Result<(), OperationError>> },
    /// Take it out of use.
    Retire { reply: oneshot::Sender<Result<(), OperationError>> },
    /// Lend it to another unit; `None`: it comes back.
    Lend { loan: Option<Loan>, reply: oneshot::Sender<Result<(), OperationError>> },
    /// Everything of one record is another's from here on.
    PassOn { from: PatientId, into: PatientId, reply: oneshot::Sender<Result<(), OperationError>> },
    /// Readings were recorded for the wrong patient.
    Reattribute { what: Reattribution, reply: oneshot::Sender<Result<(), OperationError>> },
    /// Answers once the actor has recovered.
    Awake(oneshot::Sender<()>),
    /// Silence may be due.
    Tick,
    /// Take a snapshot of what changed; passivate if idle.
    Sweep(SweepPart),
}

/// What a stream gets when it may speak for a device.
pub(crate) struct LinkGrant {
    pub cell: Arc<ReceiptCell>,
    /// Last contiguous durable sequence of each lane.
    pub durable: Vec<ReadingKey>,
}
