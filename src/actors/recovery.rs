//! What must live before ingest opens: open alerts with their deadlines, silences, and readings that were receipted
//! but not consumed.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde::de::DeserializeOwned;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::care_team::CareTeamMsg;
use super::context::Context;
use super::device::{DeviceMsg, DeviceSummary};
use super::handle::{DeviceEntry, PatientEntry};
use super::patient::{PatientMsg, PatientSummary};
use super::router::{send, tell_patient};
use crate::clinical::ids::{DeviceId, PatientId, UnitId};
use crate::storage::{DataKey, KeyError, StreamKind, StreamName, Summary, open_state};

/// How many actors are activated at a time.
const AT_ONCE: usize = 64;

/// Brings back what must live, and returns once it does.
pub(super) async fn recover(context: &Arc<Context>) {
    context.feed.start_at(context.reader.next_position().saturating_sub(1));
    let mut summaries: HashMap<StreamName, Summary> =
        context.snapshots.summaries().into_iter().map(|summary| (summary.stream.clone(), summary)).collect();
    let mut awaited = Awaited::default();
    for name in context.streams.names(StreamKind::Patient) {
        let Ok(id) = PatientId::new(name.id()) else { continue };
        look_at_patient(context, id, &name, summaries.remove(&name), &mut awaited);
    }
    for name in context.streams.names(StreamKind::Device) {
        let Ok(id) = DeviceId::new(name.id()) else { continue };
        look_at_device(context, id, &name, summaries.remove(&name), &mut awaited);
    }
    activate_care_teams(context).await;
    let (devices, patients) = (awaited.devices.len(), awaited.patients.len());
    activate_devices(context, awaited.devices).await;
    activate_patients(context, awaited.patients).await;
    tracing::info!(devices, patients, "recovered: open alerts, deadlines and silences are alive");
}

/// Whose actors must run before ingest opens.
#[derive(Default)]
struct Awaited {
    devices: Vec<DeviceId>,
    patients: Vec<PatientId>,
    /// Of these, patients whose marks are not known without their actors.
    unread: HashSet<PatientId>,
    marks: HashMap<(PatientId, DeviceId), u64>,
}

fn look_at_patient(
    context: &Arc<Context>,
    id: PatientId,
    name: &StreamName,
    summary: Option<Summary>,
    awaited: &mut Awaited,
) {
    let key = match context.keys.patient(&id) {
        // Erased: nothing of this patient can be read any more, and nobody watches.
        Err(KeyError::Destroyed) => return,
        key => key.ok().flatten(),
    };
    let fresh = summary.filter(|summary| summary.sequence == context.streams.head(name).committed().sequence);
    let known: Option<PatientSummary> = fresh.zip(key).and_then(|(summary, key)| open(&key, &summary));
    let Some(known) = known else {
        // Its newest records are in no snapshot: the actor knows.
        awaited.unread.insert(id.clone());
        awaited.patients.push(id);
        return;
    };
    for (device, mark) in known.marks {
        awaited.marks.insert((id.clone(), device), mark);
    }
    // An open alert has a deadline, and a standby has an end.
    let alive = known.open_alerts > 0 || known.stay.standby().is_some();
    if let Some(entry) = PatientEntry::of(id.clone(), &known.stay, known.devices) {
        context.directory.put_patient(entry);
    }
    if alive {
        awaited.patients.push(id);
    }
}

fn look_at_device(
    context: &Arc<Context>,
    id: DeviceId,
    name: &StreamName,
    summary: Option<Summary>,
    awaited: &mut Awaited,
) {
    let fresh = summary.filter(|summary| summary.sequence == context.streams.head(name).committed().sequence);
    let known: Option<DeviceSummary> = fresh.and_then(|summary| open(&context.keys.device(&id), &summary));
    let Some(known) = known else {
        awaited.devices.push(id);
        return;
    };
    if let Some(due) = known.silence_due {
        // The platform itself was not listening: silence is due after a grace that counts from now.
        let grace = context.started_at.plus_ms(crate::clinical::device::SILENCE_MS_MIN);
        context.wheels().devices.set(id.clone(), due.max(grace));
    }
    for (patient, through) in known.handed_over {
        let mark = awaited.marks.get(&(patient.clone(), id.clone())).copied();
        // A patient that is to be activated reads by itself what its devices hold.
        if mark.unwrap_or(0) < through && !awaited.unread.contains(&patient) {
            tell_patient(context, &patient, PatientMsg::CatchUp { device: id.clone(), through });
        }
    }
    if let Some(registration) = known.registration {
        context.directory.put_device(DeviceEntry {
            device: id,
            model: registration.model,
            firmware: registration.firmware,
            unit: registration.unit,
            gateway: registration.gateway,
            patient: known.patient,
        });
    }
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

async fn activate_patients(context: &Arc<Context>, ids: Vec<PatientId>) {
    let router = Arc::clone(context);
    at_once(ids, move |id| {
        let context = Arc::clone(&router);
        async move {
            loop {
                let (reply, awake) = oneshot::channel();
                match context.router().patient(&id).await {
                    // An actor that crashed meanwhile is started again until it is parked.
                    Ok(actor) => match (send(Some(&actor), PatientMsg::Awake(reply)), awake.await) {
                        (_, Ok(())) => return,
                        _ => tokio::task::yield_now().await,
                    },
                    Err(error) => {
                        tracing::error!(patient = %id, %error, "patient's actor cannot be activated");
                        return;
                    }
                }
            }
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
