//! The handle itself.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::answer::{Answered, OperationError};
use super::entries::{CareStep, DeviceEntry, PatientEntry, Status};
use super::link::{DeviceHello, DeviceLink, NotLinked, Speaker, WAIT_MAX};
use super::views::AlertView;
use super::watch::AlertWatch;
use crate::actors::care_team::CareTeamMsg;
use crate::actors::context::Context;
use crate::actors::device::DeviceMsg;
use crate::actors::history;
use crate::actors::keeper::KeeperMsg;
use crate::actors::outlet::Outlet;
use crate::actors::patient::PatientMsg;
use crate::actors::router::send;
use crate::actors::unwatched;
use crate::clinical::alert::{AlertEvent, Command};
use crate::clinical::ids::{AlertId, DeviceId, PatientId, Subject, UnitId};
use crate::storage::{StreamKind, StreamName, WriterFigures};
use crate::time::Timestamp;

/// The handle. Cloning is cheap.
#[derive(Clone)]
pub struct Handle {
    pub(super) context: Arc<Context>,
}

impl Handle {
    pub(in crate::actors) fn new(context: Arc<Context>) -> Self {
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
        let found = self.context.router().devices.activate_within(&device, WAIT_MAX).await;
        let actor = found.map_err(|_| NotLinked::Unavailable)?;
        let (reply, granted) = oneshot::channel();
        let message = DeviceMsg::Link { speaker: speaker.clone(), hello, outlet: Arc::clone(outlet), reply };
        send(Some(&actor), message).map_err(|_| NotLinked::Unavailable)?;
        let grant = granted.await.map_err(|_| NotLinked::Unavailable)??;
        let context = Arc::clone(&self.context);
        Ok(DeviceLink { device, context, actor, cell: grant.cell, durable: grant.durable })
    }

    /// Alerts that stand now (of one unit, of one subject), and the position from which to watch on.
    pub async fn alerts(
        &self,
        unit: Option<&UnitId>,
        subject: Option<&Subject>,
        closed_too: bool,
    ) -> (Vec<Arc<AlertView>>, u64) {
        std::future::ready(self.context.feed.list(unit, subject, closed_too)).await
    }

    /// All that happened to alerts up to this position was told.
    #[must_use]
    pub fn alerts_position(&self) -> u64 {
        self.context.feed.position()
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
    pub async fn answer(&self, subject: &Subject, command: Command) -> Result<Answered, OperationError> {
        self.known(subject)?;
        match subject {
            Subject::Patient(patient) => {
                self.ask_patient(patient, |reply| PatientMsg::Command { command, reply }).await
            }
            Subject::Device(_) | Subject::Unit(_) => {
                let keeper = self.context.router().keeper(subject).await.map_err(|_| OperationError::Unavailable)?;
                let (reply, answered) = oneshot::channel();
                let message = KeeperMsg::Command { command, reply };
                send(Some(&keeper), message).map_err(|_| OperationError::Unavailable)?;
                answered.await.map_err(|_| OperationError::Unavailable)?
            }
        }
    }

    /// Everything that happened to one alert, oldest first.
    ///
    /// # Errors
    /// [`OperationError::NotFound`].
    pub async fn history(&self, alert: &AlertId) -> Result<Vec<(Timestamp, AlertEvent)>, OperationError> {
        self.known(&alert.subject)?;
        let facts = history::of_alert(&self.context, alert).await?;
        if facts.is_empty() { Err(OperationError::NotFound("alert")) } else { Ok(facts) }
    }

    /// Makes a unit known, without people yet: its alerts go to the fallback. Again, it changes nothing.
    ///
    /// # Errors
    /// [`OperationError::Unavailable`].
    pub async fn create_unit(&self, unit: UnitId) -> Result<(), OperationError> {
        let actor = self.context.router().care_team(&unit).await.map_err(|_| OperationError::Unavailable)?;
        let (reply, created) = oneshot::channel();
        send(Some(&actor), CareTeamMsg::Create { reply }).map_err(|_| OperationError::Unavailable)?;
        created.await.map_err(|_| OperationError::Unavailable)?
    }

    /// The units that are known, in the order of their ids.
    #[must_use]
    pub fn units(&self) -> Vec<UnitId> {
        let names = self.context.streams.names(StreamKind::Care);
        let mut units: Vec<UnitId> = names.iter().filter_map(|name| UnitId::new(name.id()).ok()).collect();
        units.sort_unstable();
        units
    }

    /// A unit is known once somebody made it: a typing error admits nobody to where nobody is.
    pub(super) fn known_unit(&self, unit: &UnitId) -> Result<(), OperationError> {
        let known = self.context.streams.committed(&StreamName::care(unit)).sequence > 0;
        if known { Ok(()) } else { Err(OperationError::NotFound("unit: create it, or set its care team")) }
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

    /// The first `limit` patients after `after` who are `wanted`, in the order of their ids.
    pub async fn patients(
        &self,
        after: Option<&PatientId>,
        limit: usize,
        wanted: impl Fn(&PatientEntry) -> bool,
    ) -> Vec<PatientEntry> {
        std::future::ready(self.context.directory.patients_after(after, limit, wanted)).await
    }

    /// The first `limit` devices after `after` that are `wanted`, in the order of their ids.
    pub async fn devices(
        &self,
        after: Option<&DeviceId>,
        limit: usize,
        wanted: impl Fn(&DeviceEntry) -> bool,
    ) -> Vec<DeviceEntry> {
        std::future::ready(self.context.directory.devices_after(after, limit, wanted)).await
    }

    /// Starts the actor of a patient or device again that crashed too often and is parked; returns once it has recovered.
    ///
    /// # Errors
    /// [`OperationError::Conflict`] where it is not parked, or crashed again.
    pub async fn restart_actor(&self, who: &Subject) -> Result<(), OperationError> {
        unwatched::restart(&self.context, who).await
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
            readings_undecodable: counters.readings_undecodable.get(),
            readings_declared_missing: counters.readings_declared_missing.get(),
            observations_rejected: counters.observations_rejected.get(),
            readings_pending: counters.items_handed_over.get().saturating_sub(consumed) + counters.items_behind.get(),
            alerts_open: feed.open_count() as u64,
            device_actors: all[0].running as u64,
            patient_actors: all[1].running as u64,
            actor_restarts: all.iter().map(|counts| counts.restarts).sum(),
            alerts_overdue: counters.alerts_overdue.get(),
            alerts_late_ms_max: counters.alerts_late_ms_max.get(),
            page_attempts_failed: counters.page_attempts_failed.get(),
            pages_dead: counters.pages_dead.get(),
            actors_parked: all.iter().map(|counts| counts.parked as u64).sum(),
        }
    }

    /// Figures of the journal's writer.
    pub fn journal_figures(&self) -> WriterFigures {
        self.context.writer.figures()
    }

    /// Waits until what the journal has been handed by now is durable.
    ///
    /// # Errors
    /// Why it is not `within` the time, in words.
    pub async fn can_commit(&self, within: Duration) -> Result<(), String> {
        match tokio::time::timeout(within, self.context.writer.barrier()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(stopped)) => Err(format!("the journal has stopped: {stopped}")),
            Err(_) => Err(format!("the journal has not committed for {} ms: look at its disk", within.as_millis())),
        }
    }

    /// Nobody can make actors of subjects that do not exist.
    fn known(&self, subject: &Subject) -> Result<(), OperationError> {
        let known = match subject {
            Subject::Patient(patient) => self.context.directory.patient(patient).is_some(),
            Subject::Device(_) | Subject::Unit(_) => {
                self.context.streams.committed(&StreamName::alerts(subject)).sequence > 0
            }
        };
        if known { Ok(()) } else { Err(OperationError::NotFound("alert")) }
    }

    pub(super) async fn ask_device(
        &self,
        device: &DeviceId,
        message: impl FnOnce(oneshot::Sender<Result<(), OperationError>>) -> DeviceMsg,
    ) -> Result<(), OperationError> {
        let actor = self.context.router().device(device).await.map_err(|_| OperationError::Unavailable)?;
        let (reply, done) = oneshot::channel();
        send(Some(&actor), message(reply)).map_err(|_| OperationError::Unavailable)?;
        done.await.map_err(|_| OperationError::Unavailable)?
    }

    pub(super) async fn ask_patient<T>(
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
