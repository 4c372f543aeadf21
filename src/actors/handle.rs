//! The cheap handle by which services and library users reach the actors.

use std::sync::Arc;

use smol_str::SmolStr;

use super::outlet::Outlet;
use crate::clinical::alert::{Alert, AlertEvent, Command};
use crate::clinical::ids::{AlertId, DeviceId, GatewayId, PatientId, PersonId, UnitId};
use crate::clinical::reading::{Reading, ReadingKey};
use crate::time::Timestamp;

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
}

/// The way from a stream to one device's actor.
pub struct DeviceLink {}

impl DeviceLink {
    /// The last contiguous durable sequence of each (boot, lane) that the hello named.
    #[must_use]
    pub fn durable(&self) -> &[ReadingKey] {
        unimplemented!("built next")
    }

    /// Hands a reading to the device's actor; `permit` is dropped when the reading is durable and consumed. Starts the
    /// actor anew if it was passivated meanwhile.
    ///
    /// # Errors
    /// [`NotLinked::Unavailable`]: nothing was taken.
    pub async fn deliver(
        &mut self,
        _reading: Reading,
        _permit: Arc<crate::admission::Permit>,
    ) -> Result<(), NotLinked> {
        unimplemented!("built next")
    }

    /// Notes that the device lives.
    pub fn keepalive(&self) {
        unimplemented!("built next")
    }
}

/// An alert with where its patient is.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertView {
    /// The alert.
    pub id: AlertId,
    /// The patient's unit.
    pub unit: UnitId,
    /// The patient's bed.
    pub bed: SmolStr,
    /// Its state.
    pub alert: Alert,
}

/// Something that happened to an alert, and the alert after it.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertNews {
    /// Journal position; resume from here.
    pub position: u64,
    /// Receipt time.
    pub at: Timestamp,
    /// What happened.
    pub event: AlertEvent,
    /// The alert after it.
    pub view: Arc<AlertView>,
}

/// What became of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Answered {
    /// Committed.
    Done(Arc<AlertView>),
    /// The person saw another version: this is the current one.
    Stale(Arc<AlertView>),
}

/// Why an operation was not carried out. Says what, where and what is allowed; no patient data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OperationError {
    /// There is no such thing, or the person may not know of it.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// It exists already with other content, or the state does not allow it.
    #[error("{0}")]
    Conflict(String),
    /// The request is wrong in itself.
    #[error("{0}")]
    Invalid(String),
    /// The engine is stopping or a journal commit failed; nothing is known to have been done.
    #[error("the engine is not available")]
    Unavailable,
}

/// A page that waits in a person's inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboxPage {
    /// The alert.
    pub alert: AlertId,
    /// Its round.
    pub round: u32,
    /// Its step.
    pub step: u32,
    /// Receipt time of the page.
    pub paged_at: Timestamp,
}

/// A step of a care team's ladder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CareStep {
    /// Who is paged.
    pub people: Vec<PersonId>,
    /// How long they have.
    pub delay_ms: u32,
}

/// A device as registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceEntry {
    /// The device.
    pub device: DeviceId,
    /// Model, as registered.
    pub model: SmolStr,
    /// Firmware, as registered.
    pub firmware: SmolStr,
    /// The unit whose technicians care for it.
    pub unit: UnitId,
    /// The gateway that speaks for it; `None`: it speaks for itself.
    pub gateway: Option<GatewayId>,
    /// The patient to whom it is assigned.
    pub patient: Option<PatientId>,
}

/// A patient as admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatientEntry {
    /// The patient.
    pub patient: PatientId,
    /// The care unit.
    pub unit: UnitId,
    /// The bed.
    pub bed: SmolStr,
    /// Devices that are assigned.
    pub devices: Vec<DeviceId>,
}

/// Live figures of the engine; no patient data. Names as in `StatusResponse` of `admin.proto`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Status {
    pub position: u64,
    pub readings_stored: u64,
    pub readings_duplicate: u64,
    pub readings_quarantined: u64,
    pub readings_declared_missing: u64,
    pub observations_rejected: u64,
    pub readings_pending: u64,
    pub alerts_open: u64,
    pub device_actors: u64,
    pub patient_actors: u64,
    pub actor_restarts: u64,
    pub actors_parked: u64,
}

/// A subscription to what happens to alerts.
pub struct AlertWatch {}

/// The subscriber was slower than its buffer: it must resume from the last position that it saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the subscriber lagged: resume from the last position seen")]
pub struct Lagged;

impl AlertWatch {
    /// The next news in the order of positions; `None` when the engine stops.
    pub async fn next(&mut self) -> Option<Result<Arc<AlertNews>, Lagged>> {
        unimplemented!("built next")
    }
}

/// The handle. Cloning is cheap.
#[derive(Clone)]
pub struct Handle {}

#[allow(clippy::unused_async)]
impl Handle {
    /// Joins a device to a stream whose receipts go to `outlet`. An older stream of the same device is superseded.
    pub async fn link(&self, _: &Speaker, _: DeviceHello, _: &Arc<Outlet>) -> Result<DeviceLink, NotLinked> {
        unimplemented!("built next")
    }
    /// Alerts that stand now (of one unit, of one patient), and the position from which to watch on.
    pub async fn alerts(
        &self,
        _unit: Option<&UnitId>,
        _patient: Option<&PatientId>,
        _closed_too: bool,
    ) -> (Vec<Arc<AlertView>>, u64) {
        unimplemented!("built next")
    }
    /// Subscribes; with `from`, everything after that position comes first.
    pub async fn watch(&self, _from: Option<u64>) -> Result<AlertWatch, OperationError> {
        unimplemented!("built next")
    }
    /// A person's answer; returns after the commit.
    pub async fn answer(&self, _patient: &PatientId, _command: Command) -> Result<Answered, OperationError> {
        unimplemented!("built next")
    }
    /// Everything that happened to one alert, oldest first.
    pub async fn history(&self, _: &AlertId) -> Result<Vec<(Timestamp, AlertEvent)>, OperationError> {
        unimplemented!("built next")
    }
    /// Pages that wait for a person.
    pub async fn inbox(&self, _: &PersonId) -> Result<Vec<InboxPage>, OperationError> {
        unimplemented!("built next")
    }
    /// Registers a device; the same again changes nothing.
    pub async fn register_device(&self, _: DeviceEntry) -> Result<(), OperationError> {
        unimplemented!("built next")
    }
    /// Admits a patient; the same again changes nothing.
    pub async fn admit_patient(&self, _: PatientId, _: UnitId, _bed: SmolStr) -> Result<(), OperationError> {
        unimplemented!("built next")
    }
    /// Assigns a device to a patient from a device time on.
    pub async fn assign_device(
        &self,
        _: DeviceId,
        _: PatientId,
        _from: Option<Timestamp>,
    ) -> Result<(), OperationError> {
        unimplemented!("built next")
    }
    /// Ends the assignment of a device.
    pub async fn unassign_device(&self, _: DeviceId) -> Result<(), OperationError> {
        unimplemented!("built next")
    }
    /// Replaces a unit's ladder; returns its new version.
    pub async fn set_care_team(&self, _: UnitId, _: Vec<CareStep>) -> Result<u32, OperationError> {
        unimplemented!("built next")
    }
    /// Patients after `after` in the order of their ids, at most `limit`.
    pub async fn patients(&self, _after: Option<&PatientId>, _limit: usize) -> Vec<PatientEntry> {
        unimplemented!("built next")
    }
    /// Devices after `after` in the order of their ids, at most `limit`.
    pub async fn devices(&self, _after: Option<&DeviceId>, _limit: usize) -> Vec<DeviceEntry> {
        unimplemented!("built next")
    }
    /// Live figures.
    pub fn status(&self) -> Status {
        unimplemented!("built next")
    }
}
