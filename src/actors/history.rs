//! What happened to alerts, read from the journal.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::alert_feed::{Committed, Place, fold, nowhere};
use super::context::Context;
use super::handle::{AlertNews, OperationError};
use super::stream::RecoverError;
use crate::clinical::alert::{AlertBook, AlertEvent};
use crate::clinical::ids::{AlertId, PatientId, Subject};
use crate::clinical::patient::{PatientInput, PatientRecord, StayChange};
use crate::clinical::subject_book::{SubjectInput, SubjectRecord};
use crate::proto::RecordKind;
use crate::storage::codec::{decode_patient, decode_subject};
use crate::storage::{KeyError, Opener, StreamName};
use crate::time::Timestamp;

/// Everything that happened to one alert, oldest first.
pub(super) async fn of_alert(
    context: &Arc<Context>,
    alert: &AlertId,
) -> Result<Vec<(Timestamp, AlertEvent)>, OperationError> {
    let (subject, ordinal) = (alert.subject.clone(), alert.ordinal);
    let decisions = off_thread(context, move |context| decisions_of(context, &subject)).await?;
    let of_alert = |decision: Committed| {
        let now = decision.now;
        decision.events.into_iter().filter(move |event| event.ordinal() == ordinal).map(move |event| (now, event))
    };
    Ok(decisions.into_iter().flat_map(of_alert).collect())
}

/// News of the decisions after position `after`, up to `through`, in the order of positions.
pub(super) async fn news_between(
    context: &Arc<Context>,
    after: u64,
    through: u64,
) -> Result<Vec<Arc<AlertNews>>, OperationError> {
    off_thread(context, move |context| {
        let mut news = Vec::new();
        for subject in subjects_between(context, after, through)? {
            let mut book = AlertBook::default();
            for decision in decisions_of(context, &subject)? {
                news.extend(fold(&mut book, &decision).into_iter().map(|news| (decision.position, news)));
            }
        }
        news.retain(|(position, _)| (after + 1..=through).contains(position));
        // Stable: the events of one record keep their order.
        news.sort_by_key(|(position, _)| *position);
        Ok(news.into_iter().map(|(_, news)| news).collect())
    })
    .await
}

fn subjects_between(context: &Context, after: u64, through: u64) -> Result<BTreeSet<Subject>, RecoverError> {
    let mut subjects = BTreeSet::new();
    context.reader.scan(after + 1, &mut |record| {
        if record.position > through {
            return ControlFlow::Break(());
        }
        let name = match record.kind {
            RecordKind::Patient => record.stream.strip_prefix("patient/"),
            RecordKind::Subject => record.stream.strip_prefix("alerts/"),
            _ => None,
        };
        subjects.extend(name.and_then(|name| name.parse().ok()));
        ControlFlow::Continue(())
    })?;
    Ok(subjects)
}

/// All decisions about a subject's alerts, oldest first, with where the subject was.
fn decisions_of(context: &Context, subject: &Subject) -> Result<Vec<Committed>, RecoverError> {
    match subject {
        Subject::Patient(patient) => decisions_of_patient(context, patient),
        Subject::Device(_) | Subject::Unit(_) => decisions_of_keeper(context, subject),
    }
}

fn decisions_of_patient(context: &Context, patient: &PatientId) -> Result<Vec<Committed>, RecoverError> {
    let mut place = Place { unit: nowhere(), bed: "".into() };
    let mut decisions = Vec::new();
    for (position, record) in records_of(context, patient)? {
        if let PatientInput::Admitted { unit, bed, .. }
        | PatientInput::Stay { change: StayChange::Moved { unit, bed }, .. } = record.input
        {
            place = Place { unit, bed };
        }
        let (subject, place) = (Subject::Patient(patient.clone()), place.clone());
        decisions.push(Committed { subject, place, position, now: record.now, events: record.events });
    }
    Ok(decisions)
}

fn decisions_of_keeper(context: &Context, subject: &Subject) -> Result<Vec<Committed>, RecoverError> {
    let name = StreamName::alerts(subject);
    let mut opener = Opener::new(Some(context.keys.care()), &name);
    let mut place = Place { unit: nowhere(), bed: "".into() };
    let mut decisions = Vec::new();
    for record in context.reader.tail(&name, 0)? {
        let position = record.position;
        let SubjectRecord { now, input, events } = decode_subject(&opener.open(&record)?)?;
        if let SubjectInput::Adopted { unit, .. } = input {
            place.unit = unit;
        }
        decisions.push(Committed { subject: subject.clone(), place: place.clone(), position, now, events });
    }
    Ok(decisions)
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
