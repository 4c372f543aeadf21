//! What must live before ingest opens: open alerts with their deadlines, and silences. Then, beside ingest: readings that
//! were receipted but not consumed.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde::de::DeserializeOwned;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::care_team::CareTeamMsg;
use super::context::Context;
use super::device::{DeviceMsg, DeviceSummary};
use super::downtime;
use super::effects::tell_person;
use super::handle::{DeviceEntry, PatientEntry};
use super::keeper::{KeeperMsg, KeeperSummary};
use super::patient::{PatientMsg, PatientSummary};
use super::physician::PersonMsg;
use super::router::send;
use crate::clinical::device::SILENCE_MS_MIN;
use crate::clinical::ids::{DeviceId, PatientId, PersonId, Subject, UnitId};
use crate::storage::{DataKey, KeyError, StreamKind, StreamName, Summary, open_state};

/// How many actors are activated at a time.
const AT_ONCE: usize = 64;

/// Patients who may have to consume what was stored before the start, with the most records that may be.
pub(super) type Behind = HashMap<PatientId, u64>;

/// Brings back what must live, and returns once it does; then [`catch_up`] has still to be done.
pub(super) async fn recover(context: &Arc<Context>) -> Behind {
    let last_recorded_at = downtime::last_recorded_at(context);
    context.feed.start_at(context.reader.next_position().saturating_sub(1));
    let mut summaries: HashMap<StreamName, Summary> =
        context.snapshots.summaries().into_iter().map(|summary| (summary.stream.clone(), summary)).collect();
    let mut found = Found::default();
    for name in context.streams.names(StreamKind::Patient) {
        let Ok(id) = PatientId::new(name.id()) else { continue };
        found.look_at_patient(context, id, &name, summaries.remove(&name));
    }
    for name in context.streams.names(StreamKind::Device) {
        let Ok(id) = DeviceId::new(name.id()) else { continue };
        found.look_at_device(context, id, &name, summaries.remove(&name));
    }
    for name in context.streams.names(StreamKind::Alerts) {
        let Ok(subject) = name.id().parse() else { continue };
        found.look_at_keeper(context, subject, &name, summaries.remove(&name));
    }
    let Found { devices, patients, keepers, behind, .. } = found;
    context.counters.items_behind.add(behind.values().sum());
    tracing::info!(devices = devices.len(), patients = patients.len(), behind = behind.len(), "recovering");
    activate_care_teams(context).await;
    activate_devices(context, devices).await;
    activate_keepers(context, keepers).await;
    activate_patients(context, patients.into_iter().map(|patient| (patient, 0)).collect()).await;
    if let Some(down_since) = last_recorded_at {
        downtime::tell_units(context, down_since);
    }
    // Pages that have no outcome go out again, now that it is known which alerts are open.
    context.recovered.store(true, Ordering::SeqCst);
    for name in context.streams.names(StreamKind::Person) {
        if let Ok(person) = PersonId::new(name.id()) {
            tell_person(context, person, PersonMsg::Awake(oneshot::channel().0));
        }
    }
    tracing::info!("recovered: open alerts, deadlines and silences are alive");
    behind
}

/// Lets patients consume what was stored before the start. An actor does so whenever it starts, so that nothing is
/// overtaken by what comes in meanwhile.
pub(super) async fn catch_up(context: Arc<Context>, behind: Behind) {
    activate_patients(&context, behind.into_iter().collect()).await;
    context.reader.forget_recovery_cache();
    tracing::info!("caught up: what was stored before the start is evaluated");
}

/// What a look at the summaries finds.
#[derive(Default)]
struct Found {
    /// Devices whose actors must run before ingest opens.
    devices: Vec<DeviceId>,
    /// Patients whose actors must run before ingest opens.
    patients: Vec<PatientId>,
    /// Subjects whose keepers must run before ingest opens.
    keepers: Vec<Subject>,
    marks: HashMap<(PatientId, DeviceId), u64>,
    behind: Behind,
}

impl Found {
    fn look_at_patient(&mut self, context: &Arc<Context>, id: PatientId, name: &StreamName, summary: Option<Summary>) {
        let key = match context.keys.patient(&id) {
            // Erased: nothing of this patient can be read any more, and nobody watches.
            Err(KeyError::Destroyed) => return,
            key => key.ok().flatten(),
        };
        let Some(known) = usable(context, name, summary).zip(key).and_then(|(summary, key)| open(&key, &summary))
        else {
            // Something happened after the snapshot: the actor knows.
            self.patients.push(id);
            return;
        };
        let PatientSummary { stay, devices, marks, open_alerts } = known;
        for (device, mark) in marks {
            self.marks.insert((id.clone(), device), mark);
        }
        // An open alert has a deadline, and a standby has an end.
        if open_alerts > 0 || stay.standby().is_some() {
            self.patients.push(id.clone());
        }
        if let Some(entry) = PatientEntry::of(id, &stay, devices) {
            context.directory.put_patient(entry);
        }
    }

    fn look_at_keeper(&mut self, context: &Context, subject: Subject, name: &StreamName, summary: Option<Summary>) {
        let known = usable(context, name, summary).and_then(|summary| open(&context.keys.care(), &summary));
        if known.is_none_or(|KeeperSummary { open_alerts }| open_alerts > 0) {
            self.keepers.push(subject);
        }
    }

    fn look_at_device(&mut self, context: &Arc<Context>, id: DeviceId, name: &StreamName, summary: Option<Summary>) {
        let end = context.streams.head(name).committed().sequence;
        let summary = usable(context, name, summary);
        let has_tail = summary.as_ref().is_none_or(|summary| summary.sequence < end);
        let Some(known) = summary.and_then(|summary| open(&context.keys.device(&id), &summary)) else {
            self.devices.push(id);
            return;
        };
        let DeviceSummary { registration, patient, loan, retired, due, tells, custody_due, handed_over } = known;
        if tells {
            self.devices.push(id.clone());
        }
        // The platform itself was not listening: silence is due after a grace that counts from now. There is one deadline
        // per device: its actor finds the later one.
        if let (Some(due), Some(registration)) = (due, &registration)
            && due <= context.started_at
        {
            context.downtime.note(context, patient.as_ref(), &registration.unit);
        }
        let due = due.map(|due| due.max(context.started_at.plus_ms(SILENCE_MS_MIN)));
        let custody_due = custody_due.map(|due| due.max(context.started_at));
        if let Some(next) = [due, custody_due].into_iter().flatten().min() {
            context.wheels().devices.set(id.clone(), next);
        }
        let mut owners = handed_over;
        if let Some(patient) = patient.as_ref().filter(|patient| owners.iter().all(|(owner, _)| owner != *patient)) {
            owners.push((patient.clone(), 0));
        }
        for (owner, through) in owners {
            let mark = self.marks.get(&(owner.clone(), id.clone())).copied().unwrap_or(0);
            // Whose the records of the tail are, only the actors can tell.
            let through = if has_tail { end } else { through };
            if mark < through {
                *self.behind.entry(owner).or_default() += through - mark;
            }
        }
        if let Some(registration) = registration {
            let entry = DeviceEntry::registered(&id, &registration);
            context.directory.put_device(DeviceEntry { patient, loan, retired, ..entry });
        }
    }
}

/// The summary, where nothing but readings and marks came after it.
fn usable(context: &Context, name: &StreamName, summary: Option<Summary>) -> Option<Summary> {
    summary.filter(|summary| context.streams.head(name).was_quiet_after(summary.sequence))
}

fn open<S: DeserializeOwned>(key: &DataKey, summary: &Summary) -> Option<S> {
    let plaintext = open_state(key, &summary.stream, summary.sequence, &summary.summary).ok()?;
    postcard::from_bytes(&plaintext).ok()
}

async fn activate_devices(context: &Arc<Context>, ids: Vec<DeviceId>) {
    let router = Arc::clone(context);
    at_once(ids, move |id| {
        let context = Arc::clone(&router);
        async move {
            loop {
                let (reply, awake) = oneshot::channel();
                match context.router().device(&id).await {
                    // An actor that crashed meanwhile is started again until it is parked.
                    Ok(actor) => match (send(Some(&actor), DeviceMsg::Awake(reply)), awake.await) {
                        (_, Ok(())) => return,
                        _ => tokio::task::yield_now().await,
                    },
                    Err(error) => {
                        tracing::error!(device = %id, %error, "device's actor cannot be activated");
                        return;
                    }
                }
            }
        }
    })
    .await;
}

async fn activate_keepers(context: &Arc<Context>, subjects: Vec<Subject>) {
    let router = Arc::clone(context);
    at_once(subjects, move |subject| {
        let context = Arc::clone(&router);
        async move {
            loop {
                let (reply, awake) = oneshot::channel();
                match context.router().keeper(&subject).await {
                    // An actor that crashed meanwhile is started again until it is parked.
                    Ok(actor) => match (send(Some(&actor), KeeperMsg::Awake(reply)), awake.await) {
                        (_, Ok(())) => return,
                        _ => tokio::task::yield_now().await,
                    },
                    Err(error) => {
                        tracing::error!(%subject, %error, "keeper cannot be activated");
                        return;
                    }
                }
            }
        }
    })
    .await;
}

/// Activates patients; what each was behind is then no longer counted.
async fn activate_patients(context: &Arc<Context>, ids: Vec<(PatientId, u64)>) {
    let router = Arc::clone(context);
    at_once(ids, move |(id, behind)| {
        let context = Arc::clone(&router);
        async move {
            loop {
                let (reply, awake) = oneshot::channel();
                match context.router().patient(&id).await {
                    // An actor that crashed meanwhile is started again until it is parked.
                    Ok(actor) => match (send(Some(&actor), PatientMsg::Awake(reply)), awake.await) {
                        (_, Ok(())) => break,
                        _ => tokio::task::yield_now().await,
                    },
                    Err(error) => {
                        tracing::error!(patient = %id, %error, "patient's actor cannot be activated");
                        return;
                    }
                }
            }
            context.counters.items_behind.take_back(behind);
        }
    })
    .await;
}

/// Who cares for whom must be known before anybody asks to see a patient.
async fn activate_care_teams(context: &Arc<Context>) {
    let units = context.streams.names(StreamKind::Care).into_iter();
    let units = units.filter_map(|name| UnitId::new(name.id()).ok()).collect();
    let router = Arc::clone(context);
    at_once(units, move |unit| {
        let context = Arc::clone(&router);
        async move {
            loop {
                let (reply, awake) = oneshot::channel();
                match context.router().care_team(&unit).await {
                    // An actor that crashed meanwhile is started again until it is parked.
                    Ok(actor) => match (send(Some(&actor), CareTeamMsg::Awake(reply)), awake.await) {
                        (_, Ok(())) => return,
                        _ => tokio::task::yield_now().await,
                    },
                    Err(error) => {
                        tracing::error!(%unit, %error, "care team's actor cannot be activated: its people see nobody");
                        return;
                    }
                }
            }
        }
    })
    .await;
}

async fn at_once<K, F>(ids: Vec<K>, activate: impl Fn(K) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut tasks = JoinSet::new();
    for id in ids {
        if tasks.len() >= AT_ONCE {
            tasks.join_next().await;
        }
        tasks.spawn(activate(id));
    }
    while tasks.join_next().await.is_some() {}
}
