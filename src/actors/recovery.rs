//! What must live before ingest opens: open alerts with their deadlines, and silences. Then, beside ingest: readings that
//! were receipted but not consumed.

use std::collections::HashMap;
use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use ractor::{ActorRef, Message};
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
use crate::supervision::Unavailable;
use crate::time::Timestamp;

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
    let Found { devices, patients, keepers, deadlines, behind, .. } = found;
    context.counters.items_behind.add(behind.values().sum());
    tracing::info!(devices = devices.len(), patients = patients.len(), behind = behind.len(), "recovering");
    // Who cares for whom must be known before anybody asks to see a patient.
    let units = context.streams.names(StreamKind::Care).into_iter();
    let units = units.filter_map(|name| UnitId::new(name.id()).ok()).collect();
    at_once(context, units, |context, unit: UnitId| async move {
        awaken(&unit, || context.router().care_team(&unit), CareTeamMsg::Awake).await;
    })
    .await;
    at_once(context, devices, |context, id| async move {
        awaken(&id, || context.router().device(&id), DeviceMsg::Awake).await;
    })
    .await;
    at_once(context, keepers, |context, subject| async move {
        awaken(&subject, || context.router().keeper(&subject), KeeperMsg::Awake).await;
    })
    .await;
    at_once(context, patients, |context, id| async move {
        awaken(&id, || context.router().patient(&id), PatientMsg::Awake).await;
    })
    .await;
    let listening_since = context.listen();
    for (device, Deadlines { silence, custody }) in deadlines {
        // The platform itself was not listening: silence is due after a grace that counts from now. There is one deadline
        // per device: its actor finds the later one.
        let silence = silence.map(|due| due.max(listening_since.plus_ms(SILENCE_MS_MIN)));
        if let Some(next) = [silence, custody].into_iter().flatten().min() {
            context.wheels().devices.set(device, next);
        }
    }
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
    at_once(&context, behind.into_iter().collect(), |context, (id, items): (PatientId, u64)| async move {
        awaken(&id, || context.router().patient(&id), PatientMsg::Awake).await;
        context.counters.items_behind.take_back(items);
    })
    .await;
    context.reader.forget_recovery_cache();
    tracing::info!("caught up: what was stored before the start is evaluated");
}

/// When a device's actor has something to look at.
struct Deadlines {
    silence: Option<Timestamp>,
    custody: Option<Timestamp>,
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
    /// Of devices whose actors need not run before that.
    deadlines: Vec<(DeviceId, Deadlines)>,
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
        let PatientSummary { stay, devices, marks, open_alerts, late } = known;
        for (device, mark) in marks {
            self.marks.insert((id.clone(), device), mark);
        }
        // An open alert has a deadline, a standby has an end, and late readings are to be judged.
        if open_alerts > 0 || late || stay.standby().is_some() {
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
        if let (Some(due), Some(registration)) = (due, &registration)
            && due <= context.started_at
        {
            context.downtime.note(context, patient.as_ref(), &registration.unit);
        }
        if due.is_some() || custody_due.is_some() {
            self.deadlines.push((id.clone(), Deadlines { silence: due, custody: custody_due }));
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

/// Starts an actor, and returns once it has recovered; one that crashes meanwhile is started again until it is parked.
async fn awaken<M, F>(what: &impl Display, start: impl Fn() -> F, awake: impl Fn(oneshot::Sender<()>) -> M)
where
    M: Message,
    F: Future<Output = Result<ActorRef<M>, Unavailable>>,
{
    loop {
        let (reply, recovered) = oneshot::channel();
        match start().await {
            Ok(actor) => match (send(Some(&actor), awake(reply)), recovered.await) {
                (_, Ok(())) => return,
                _ => tokio::task::yield_now().await,
            },
            Err(error) => {
                tracing::error!(actor = %what, %error, "an actor cannot be activated");
                return;
            }
        }
    }
}

/// Does `each` for all, so many at a time.
async fn at_once<K, F>(context: &Arc<Context>, ids: Vec<K>, each: impl Fn(Arc<Context>, K) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut tasks = JoinSet::new();
    for id in ids {
        if tasks.len() >= AT_ONCE {
            tasks.join_next().await;
        }
        tasks.spawn(each(Arc::clone(context), id));
    }
    while tasks.join_next().await.is_some() {}
}
