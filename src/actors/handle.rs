//! The cheap handle by which services and library users reach the actors.

use std::collections::VecDeque;
use std::sync::Arc;

use ractor::ActorRef;
use smol_str::SmolStr;
use tokio::sync::oneshot;

use super::alert_feed::{Cursor, Next};
use super::care_team::CareTeamMsg;
use super::context::Context;
use super::device::DeviceMsg;
use super::history;
use super::outlet::{Outlet, ReceiptCell};
use super::patient::PatientMsg;
use super::physician::PersonMsg;
use super::router::send;
use crate::admission::Permit;
use crate::clinical::alert::{Alert, AlertEvent, Command};
use crate::clinical::device::Registration;
use crate::clinical::ids::{AlertId, DeviceId, GatewayId, PatientId, PersonId, UnitId};
use crate::clinical::reading::{Reading, ReadingKey};
use crate::storage::KeyError;
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
pub struct DeviceLink {
    device: DeviceId,
    context: Arc<Context>,
    actor: ActorRef<DeviceMsg>,
    cell: Arc<ReceiptCell>,
    durable: Vec<ReadingKey>,
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
    /// [`NotLinked::Unavailable`]: nothing was taken.
    pub async fn deliver(&mut self, reading: Reading, lost_through: u64, permit: Arc<Permit>) -> Result<(), NotLinked> {
        let cell = Arc::clone(&self.cell);
        let message = DeviceMsg::Reading { reading: Box::new(reading), lost_through, permit, cell };
        let Err(message) = send(Some(&self.actor), message) else { return Ok(()) };
        self.actor = self.context.router().device(&self.device).await.map_err(|_| NotLinked::Unavailable)?;
        send(Some(&self.actor), message).map_err(|_| NotLinked::Unavailable)
    }

    /// Notes that the device lives.
    pub fn keepalive(&self) {
        // An actor that is not there knows nothing of a silence that could end.
        drop(send(Some(&self.actor), DeviceMsg::Keepalive));
    }
}

impl Drop for DeviceLink {
    fn drop(&mut self) {
        self.context.links.remove(&self.device, &self.cell);
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
pub struct AlertWatch {
    context: Arc<Context>,
    /// News from before the subscription, read from the journal.
    earlier: VecDeque<Arc<AlertNews>>,
    cursor: Cursor,
}

/// The subscriber was slower than its buffer: it must resume from the last position that it saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the subscriber lagged: resume from the last position seen")]
pub struct Lagged;

impl AlertWatch {
    /// The next news in the order of positions; `None` when the engine stops.
    pub async fn next(&mut self) -> Option<Result<Arc<AlertNews>, Lagged>> {
        if let Some(news) = self.earlier.pop_front() {
            return Some(Ok(news));
        }
        match self.context.feed.next(&mut self.cursor).await {
            Next::News(news) => Some(Ok(news)),
            Next::Lagged => Some(Err(Lagged)),
            Next::End => None,
        }
    }
}

/// The handle. Cloning is cheap.
#[derive(Clone)]
pub struct Handle {
    context: Arc<Context>,
}

impl Handle {
    pub(super) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// Joins a device to a stream whose receipts go to `outlet`. An older stream of the same device is superseded.
    ///
    /// # Errors
    /// [`NotLinked`].
    pub async fn link(
        &self,
        speaker: &Speaker,
        hello: DeviceHello,
        outlet: &Arc<Outlet>,
    ) -> Result<DeviceLink, NotLinked> {
        let device = hello.device.clone();
        // Nobody can make actors of devices that do not exist.
        self.context.directory.device(&device).ok_or(NotLinked::NotRegistered)?;
        let actor = self.context.router().device(&device).await.map_err(|_| NotLinked::Unavailable)?;
        let (reply, granted) = oneshot::channel();
        let message = DeviceMsg::Link { speaker: speaker.clone(), hello, outlet: Arc::clone(outlet), reply };
        send(Some(&actor), message).map_err(|_| NotLinked::Unavailable)?;
        let grant = granted.await.map_err(|_| NotLinked::Unavailable)??;
        let context = Arc::clone(&self.context);
        Ok(DeviceLink { device, context, actor, cell: grant.cell, durable: grant.durable })
    }

    /// Alerts that stand now (of one unit, of one patient), and the position from which to watch on.
    pub async fn alerts(
        &self,
        unit: Option<&UnitId>,
        patient: Option<&PatientId>,
        closed_too: bool,
    ) -> (Vec<Arc<AlertView>>, u64) {
        std::future::ready(self.context.feed.list(unit, patient, closed_too)).await
    }

    /// Subscribes; with `from`, everything after that position comes first.
    ///
    /// # Errors
    /// [`OperationError::Invalid`] for a position that is not there yet; [`OperationError::Unavailable`] where the
    /// journal cannot be read.
    pub async fn watch(&self, from: Option<u64>) -> Result<AlertWatch, OperationError> {
        let context = Arc::clone(&self.context);
        let now = context.feed.position();
        let from = from.unwrap_or(now);
        if from > now.max(context.writer.committed_position()) {
            return Err(OperationError::Invalid(format!("position {from} is not there yet: the newest is {now}")));
        }
        if let Some(cursor) = context.feed.cursor_after(from) {
            return Ok(AlertWatch { context, earlier: VecDeque::new(), cursor });
        }
        // First the place in what is live, then what lies before it: nothing between the two is missed.
        let live_from = context.feed.position();
        let cursor = context.feed.cursor_after(live_from).ok_or(OperationError::Unavailable)?;
        let earlier = history::news_between(&context, from, live_from).await?;
        Ok(AlertWatch { context, earlier: earlier.into(), cursor })
    }

    /// A person's answer; returns after the commit.
    ///
    /// # Errors
    /// [`OperationError`].
    pub async fn answer(&self, patient: &PatientId, command: Command) -> Result<Answered, OperationError> {
        self.context.directory.patient(patient).ok_or(OperationError::NotFound("alert"))?;
        self.ask_patient(patient, |reply| PatientMsg::Command { command, reply }).await
    }

    /// Everything that happened to one alert, oldest first.
    ///
    /// # Errors
    /// [`OperationError::NotFound`].
    pub async fn history(&self, alert: &AlertId) -> Result<Vec<(Timestamp, AlertEvent)>, OperationError> {
        self.context.directory.patient(&alert.patient).ok_or(OperationError::NotFound("alert"))?;
        let facts = history::of_alert(&self.context, alert).await?;
        if facts.is_empty() { Err(OperationError::NotFound("alert")) } else { Ok(facts) }
    }

    /// Pages that wait for a person.
    ///
    /// # Errors
    /// [`OperationError::Unavailable`].
    pub async fn inbox(&self, person: &PersonId) -> Result<Vec<InboxPage>, OperationError> {
        let actor = self.context.router().person(person).await.map_err(|_| OperationError::Unavailable)?;
        let (reply, pages) = oneshot::channel();
        send(Some(&actor), PersonMsg::Inbox(reply)).map_err(|_| OperationError::Unavailable)?;
        pages.await.map_err(|_| OperationError::Unavailable)
    }

    /// Registers a device; the same again changes nothing.
    ///
    /// # Errors
    /// [`OperationError::Unavailable`].
    pub async fn register_device(&self, entry: DeviceEntry) -> Result<(), OperationError> {
        let DeviceEntry { device, model, firmware, unit, gateway, .. } = entry;
        let registration = Registration { model, firmware, unit, gateway };
        self.ask_device(&device, |reply| DeviceMsg::Register { registration, reply }).await
    }

    /// Admits a patient; the same again changes nothing.
    ///
    /// # Errors
    /// [`OperationError::Unavailable`]; [`OperationError::Conflict`] for a patient whose key was destroyed.
    pub async fn admit_patient(&self, patient: PatientId, unit: UnitId, bed: SmolStr) -> Result<(), OperationError> {
        let key = self.context.keys.create_patient(&patient).await;
        key.map_err(|error| match error {
            KeyError::Destroyed => OperationError::Conflict(error.to_string()),
            _ => OperationError::Unavailable,
        })?;
        self.ask_patient(&patient, |reply| PatientMsg::Admit { unit, bed, reply }).await
    }

    /// Assigns a device to a patient from a device time on.
    ///
    /// # Errors
    /// [`OperationError::NotFound`] for a patient or device that is not known; [`OperationError::Conflict`] for a
    /// device that is assigned to another patient.
    pub async fn assign_device(
        &self,
        device: DeviceId,
        patient: PatientId,
        from: Option<Timestamp>,
    ) -> Result<(), OperationError> {
        self.context.directory.patient(&patient).ok_or(OperationError::NotFound("patient"))?;
        self.context.directory.device(&device).ok_or(OperationError::NotFound("device"))?;
        self.ask_device(&device, |reply| DeviceMsg::Assign { patient, from, reply }).await
    }

    /// Ends the assignment of a device.
    ///
    /// # Errors
    /// [`OperationError::NotFound`], or [`OperationError::Conflict`] for a device that is assigned to nobody.
    pub async fn unassign_device(&self, device: DeviceId) -> Result<(), OperationError> {
        self.context.directory.device(&device).ok_or(OperationError::NotFound("device"))?;
        self.ask_device(&device, |reply| DeviceMsg::Unassign { reply }).await
    }

    /// Replaces a unit's ladder; returns its new version.
    ///
    /// # Errors
    /// [`OperationError::Invalid`] for a ladder without a step, or a step without people or time.
    pub async fn set_care_team(&self, unit: UnitId, steps: Vec<CareStep>) -> Result<u32, OperationError> {
        if steps.is_empty() || steps.iter().any(|step| step.people.is_empty() || step.delay_ms == 0) {
            let wanted = "a ladder needs at least one step, each with at least one person and a delay above 0 ms";
            return Err(OperationError::Invalid(wanted.to_owned()));
        }
        let actor = self.context.router().care_team(&unit).await.map_err(|_| OperationError::Unavailable)?;
        let (reply, version) = oneshot::channel();
        send(Some(&actor), CareTeamMsg::SetLadder { steps, reply }).map_err(|_| OperationError::Unavailable)?;
        version.await.map_err(|_| OperationError::Unavailable)?
    }

    /// Patients after `after` in the order of their ids, at most `limit`.
    pub async fn patients(&self, after: Option<&PatientId>, limit: usize) -> Vec<PatientEntry> {
        std::future::ready(self.context.directory.patients_after(after, limit)).await
    }

    /// Devices after `after` in the order of their ids, at most `limit`.
    pub async fn devices(&self, after: Option<&DeviceId>, limit: usize) -> Vec<DeviceEntry> {
        std::future::ready(self.context.directory.devices_after(after, limit)).await
    }

    /// Live figures.
    pub fn status(&self) -> Status {
        let Context { counters, feed, .. } = &*self.context;
        let router = self.context.router();
        let all =
            [router.devices.counts(), router.patients.counts(), router.care_teams.counts(), router.persons.counts()];
        let consumed = counters.items_consumed.get();
        Status {
            position: self.context.writer.committed_position(),
            readings_stored: counters.readings_stored.get(),
            readings_duplicate: counters.readings_duplicate.get(),
            readings_quarantined: counters.readings_quarantined.get(),
            readings_declared_missing: counters.readings_declared_missing.get(),
            observations_rejected: counters.observations_rejected.get(),
            readings_pending: counters.items_handed_over.get().saturating_sub(consumed),
            alerts_open: feed.open_count() as u64,
            device_actors: all[0].running as u64,
            patient_actors: all[1].running as u64,
            actor_restarts: all.iter().map(|counts| counts.restarts).sum(),
            actors_parked: all.iter().map(|counts| counts.parked as u64).sum(),
        }
    }

    async fn ask_device(
        &self,
        device: &DeviceId,
        message: impl FnOnce(oneshot::Sender<Result<(), OperationError>>) -> DeviceMsg,
    ) -> Result<(), OperationError> {
        let actor = self.context.router().device(device).await.map_err(|_| OperationError::Unavailable)?;
        let (reply, done) = oneshot::channel();
        send(Some(&actor), message(reply)).map_err(|_| OperationError::Unavailable)?;
        done.await.map_err(|_| OperationError::Unavailable)?
    }

    async fn ask_patient<T>(
        &self,
        patient: &PatientId,
        message: impl FnOnce(oneshot::Sender<Result<T, OperationError>>) -> PatientMsg,
    ) -> Result<T, OperationError> {
        let actor = self.context.router().patient(patient).await.map_err(|_| OperationError::Unavailable)?;
        let (reply, done) = oneshot::channel();
        send(Some(&actor), message(reply)).map_err(|_| OperationError::Unavailable)?;
        done.await.map_err(|_| OperationError::Unavailable)?
    }
}
