//! Where a device stream's receipts wait to be sent: the writer never waits for a stream, it overwrites with the newest.
// Fields of the variants are described with the variants.
#![allow(missing_docs)]

use std::sync::Arc;

use crate::clinical::ids::DeviceId;
use crate::clinical::reading::{Lane, ReadingKey};

/// Why an accepted sequence has no ordinary stored reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Stored, but single observations were rejected.
    ObservationsRejected,
    /// Kept apart: the payload could not be decoded.
    Undecodable,
    /// Kept apart: the sequence was sent before with other content.
    Conflict,
    /// Declared lost by the device.
    DeclaredMissing,
}

/// A note to a receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptException {
    /// Sequence it is about.
    pub sequence: u64,
    /// What became of it.
    pub outcome: Outcome,
    /// What, where and what is allowed; no values.
    pub reason: String,
}

/// What goes back to a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Everything of (device, boot, lane) up to `through` is durable.
    Receipt { device: DeviceId, boot: u64, lane: Lane, through: u64, exceptions: Vec<ReceiptException>, proof: Vec<u8> },
    /// Something is missing: send again from here on.
    ResumeFrom { device: DeviceId, key: ReadingKey },
}

/// One stream's outlet. Cheap to share; its contents are bounded by the number of devices on the stream.
#[derive(Debug, Default)]
pub struct Outlet {}

impl Outlet {
    /// A new outlet for a stream.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::new(Self {})
    }

    /// Waits until there is something to send, then takes all of it.
    pub async fn take(&self) -> Vec<Answer> {
        unimplemented!("built next")
    }
}
