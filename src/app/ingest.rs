//! A device of this process.

use std::sync::Arc;

use crate::actors::handle::{DeviceLink, NotLinked};
use crate::actors::outlet::{Answer, Outlet};
use crate::admission::{Admission, Refused, StreamCredit};
use crate::api::grpc::weight;
use crate::clinical::reading::{Reading, ReadingKey};

/// Why a device cannot join; the wire's words for it.
pub type NotJoined = NotLinked;

/// Why a reading was not taken. Nothing of it is stored: it may be sent again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// There was no room.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The device's actor is not there.
    #[error(transparent)]
    NotLinked(#[from] NotLinked),
}

/// The way of one device into the platform, and what comes back.
pub struct Ingest {
    link: DeviceLink,
    outlet: Arc<Outlet>,
    admission: Admission,
    credit: Arc<StreamCredit>,
}

impl Ingest {
    pub(super) fn new(link: DeviceLink, outlet: Arc<Outlet>, admission: Admission, credit: Arc<StreamCredit>) -> Self {
        Self { link, outlet, admission, credit }
    }

    /// Up to where each lane is durable: send from the next sequence on.
    #[must_use]
    pub fn durable(&self) -> &[ReadingKey] {
        self.link.durable()
    }

    /// Hands a reading over, waiting for room first. Taken is not receipted: keep it until [`Self::answers`] says so.
    ///
    /// # Errors
    /// [`NotTaken`].
    pub async fn send(&mut self, reading: Reading) -> Result<(), NotTaken> {
        self.hand_over(reading, 0).await
    }

    /// Declares that `from` up to `through` are lost for good.
    ///
    /// # Errors
    /// [`NotTaken`].
    pub async fn declare_lost(&mut self, from: Reading, through: u64) -> Result<(), NotTaken> {
        self.hand_over(from, through).await
    }

    /// Says that the device lives, though it has nothing to say.
    pub fn keepalive(&self) {
        self.link.keepalive();
    }

    /// What came back since the last call: receipts, and where to send again from. Waits for the first.
    pub async fn answers(&self) -> Vec<Answer> {
        self.outlet.take().await
    }

    async fn hand_over(&mut self, reading: Reading, lost_through: u64) -> Result<(), NotTaken> {
        let permit = self.admission.admit(1, weight(&reading), &self.credit).await?;
        Ok(self.link.deliver(reading, lost_through, Arc::new(permit)).await?)
    }
}
