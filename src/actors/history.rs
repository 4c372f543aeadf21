//! What happened to alerts, read from the journal.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::alert_feed::{Committed, Place, fold};
use super::context::Context;
use super::handle::{AlertNews, OperationError};
use super::stream::RecoverError;
use crate::clinical::alert::{AlertBook, AlertEvent};
use crate::clinical::ids::{AlertId, PatientId, Subject, UnitId};
use crate::clinical::patient::{PatientInput, PatientRecord, StayChange};
use crate::proto::RecordKind;
use crate::storage::codec::decode_patient;
use crate::storage::{KeyError, Opener, StreamName};
use crate::time::Timestamp;

/// Everything that happened to one alert, oldest first.
pub(super) async fn of_alert(
    context: &Arc<Context>,
    alert: &AlertId,
) -> Result<Vec<(Timestamp, AlertEvent)>, OperationError> {
    // Only patients have alerts so far.
    let Some(patient) = alert.subject.patient().cloned() else { return Ok(Vec::new()) };
    let ordinal = alert.ordinal;
    let records = off_thread(context, move |context| records_of(context, &patient)).await?;
    let of_alert = |record: PatientRecord| {
        let now = record.now;
        record.events.into_iter().filter(move |event| event.ordinal() == ordinal).map(move |event| (now, event))
    };
    Ok(records.into_iter().flat_map(|(_, record)| of_alert(record)).collect())
}

/// News of the decisions after position `after`, up to `through`, in the order of positions.
pub(super) async fn news_between(
    context: &Arc<Context>,
    after: u64,
    through: u64,
) -> Result<Vec<Arc<AlertNews>>, OperationError> {
    off_thread(context, move |context| {
        let mut news = Vec::new();
        for patient in patients_between(context, after, through)? {
            news.extend(news_of(context, &patient)?);
        }
        news.retain(|(position, _)| (after + 1..=through).contains(position));
        // Stable: the events of one record keep their order.
        news.sort_by_key(|(position, _)| *position);
        Ok(news.into_iter().map(|(_, news)| news).collect())
    })
    .await
}

fn patients_between(context: &Context, after: u64, through: u64) -> Result<BTreeSet<PatientId>, RecoverError> {
    let mut patients = BTreeSet::new();
    context.reader.scan(after + 1, &mut |record| {
        if record.position > through {
            return ControlFlow::Break(());
        }
        if record.kind == RecordKind::Patient
            && let Some(id) = record.stream.strip_prefix("patient/")
        {
            patients.extend(PatientId::new(id));
        }
        ControlFlow::Continue(())
    })?;
    Ok(patients)
}

/// All news that one patient's stream gives, with the positions of their records.
fn news_of(context: &Context, patient: &PatientId) -> Result<Vec<(u64, Arc<AlertNews>)>, RecoverError> {
    let mut place = None;
    let mut book = AlertBook::default();
    let mut all = Vec::new();
    for (position, record) in records_of(context, patient)? {
        if let PatientInput::Admitted { unit, bed, .. }
        | PatientInput::Stay { change: StayChange::Moved { unit, bed }, .. } = record.input
        {
            place = Some(Place { unit, bed });
        }
        let Some(place) = place.clone().or_else(nowhere) else { continue };
        let (now, events) = (record.now, record.events);
        let committed = Committed { subject: Subject::Patient(patient.clone()), place, position, now, events };
        all.extend(fold(&mut book, &committed).into_iter().map(|news| (position, news)));
    }
    Ok(all)
}

/// The records of a patient's stream that hold more than marks.
fn records_of(context: &Context, patient: &PatientId) -> Result<Vec<(u64, PatientRecord)>, RecoverError> {
    let name = StreamName::patient(patient);
    let key = match context.keys.patient(patient) {
        // Erased: there is nothing left to tell, and it is no reason to tell nothing of others.
        Err(KeyError::Destroyed) => return Ok(Vec::new()),
        key => key?,
    };
    let mut opener = Opener::new(key, &name);
    let mut records = Vec::new();
    for record in context.reader.tail(&name, 0)? {
        if record.kind == RecordKind::Patient {
            records.push((record.position, decode_patient(&opener.open(&record)?)?));
        }
    }
    Ok(records)
}

fn nowhere() -> Option<Place> {
    Some(Place { unit: UnitId::new("no-unit").ok()?, bed: "".into() })
}

/// Reads of the journal block on files: they run where blocking is allowed.
pub(super) async fn off_thread<T: Send + 'static>(
    context: &Arc<Context>,
    read: impl FnOnce(&Context) -> Result<T, RecoverError> + Send + 'static,
) -> Result<T, OperationError> {
    let context = Arc::clone(context);
    let read = tokio::task::spawn_blocking(move || read(&context)).await;
    read.map_err(|_| OperationError::Unavailable)?.map_err(|error| {
        tracing::error!(%error, "read of the journal fails");
        OperationError::Unavailable
    })
}
