//! The way from an ingest stream to the devices for which it speaks.

use std::sync::Arc;

use ractor::ActorRef;

use crate::actors::context::Context;
use crate::actors::device::DeviceMsg;
use crate::actors::outlet::ReceiptCell;
use crate::actors::router::send;
use crate::admission::Permit;
use crate::clinical::device::Announcement;
use crate::clinical::ids::{DeviceId, GatewayId};
use crate::clinical::reading::{Reading, ReadingKey};

/// Who speaks on an ingest stream, by its certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// The device itself.
    Device(DeviceId),
    /// A gateway, for the devices registered to it.
    Gateway(GatewayId),
}

/// Why a device may not speak on a stream.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotLinked {
    /// Nobody registered the device.
    #[error("the device is not registered")]
    NotRegistered,
    /// The certificate does not speak for this device.
    #[error("the certificate does not speak for this device")]
    NotYours,
    /// It was taken out of use.
    #[error("the device is retired")]
    Retired,
    /// Another stream speaks for it.
    #[error("this stream speaks for the device no more: a newer one does, or the device was retired")]
    Superseded,
    /// The device's actor is parked or the engine stops.
    #[error("the device's actor is not available")]
    Unavailable,
}

/// What a device says of itself when it joins a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceHello {
    /// The device.
    pub device: DeviceId,
    /// The boot in which it runs.
    pub boot: u64,
    /// Each (boot, lane) for which it has readings, with the lowest sequence that it still has.
    pub pending: Vec<ReadingKey>,
    /// The newest receipt with its proof, if it has one.
    pub last_receipt: Option<(ReadingKey, Vec<u8>)>,
    /// Model and firmware, as far as it says: they choose the decoder of its payloads.
    pub announced: Announcement,
}

/// The way from a stream to one device's actor.
pub struct DeviceLink {
    pub(super) device: DeviceId,
    pub(super) context: Arc<Context>,
    pub(super) actor: ActorRef<DeviceMsg>,
    pub(super) cell: Arc<ReceiptCell>,
    pub(super) durable: Vec<ReadingKey>,
}

impl DeviceLink {
    /// The last contiguous durable sequence of each (boot, lane) that the device has or that the hello named.
    #[must_use]
    pub fn durable(&self) -> &[ReadingKey] {
        &self.durable
    }

    /// Hands a reading to the device's actor; `permit` is dropped when the reading is durable and consumed. Where
    /// `lost_through` is not 0, the device declared the reading's sequence up to `lost_through` lost. Starts the actor
    /// anew if it was passivated meanwhile.
    ///
    /// # Errors
    /// [`NotLinked::Unavailable`] or [`NotLinked::Superseded`]: nothing was taken.
    pub async fn deliver(&mut self, reading: Reading, lost_through: u64, permit: Arc<Permit>) -> Result<(), NotLinked> {
        if self.is_superseded() {
            return Err(NotLinked::Superseded);
        }
        let cell = Arc::clone(&self.cell);
        let message = DeviceMsg::Reading { reading: Box::new(reading), lost_through, permit, cell };
        let Err(message) = send(Some(&self.actor), message) else { return Ok(()) };
        self.actor = self.context.router().device(&self.device).await.map_err(|_| NotLinked::Unavailable)?;
        send(Some(&self.actor), message).map_err(|_| NotLinked::Unavailable)
    }

    /// Whether another stream speaks for the device now, or none may.
    #[must_use]
    pub fn is_superseded(&self) -> bool {
        self.cell.is_superseded()
    }

    /// Notes that the device lives.
    pub fn keepalive(&self) {
        if self.is_superseded() {
            return;
        }
        // An actor that is not there knows nothing of a silence that could end.
        drop(send(Some(&self.actor), DeviceMsg::Keepalive));
    }
}

impl Drop for DeviceLink {
    fn drop(&mut self) {
        self.context.links.remove(&self.device, &self.cell);
    }
}
