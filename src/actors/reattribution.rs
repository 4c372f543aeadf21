//! Readings that were recorded for the wrong patient: found in the device's stream, and copied for the right one.

use std::sync::Arc;

use super::context::Context;
use super::handle::{OperationError, Selection};
use super::stream::RecoverError;
use crate::clinical::device::Reattribution;
use crate::clinical::ids::{DeviceId, PatientId};
use crate::clinical::patient::Item;
use crate::clinical::reading::Reading;
use crate::storage::codec::{CopiedReading, Copies, encode_copies};
use crate::storage::{ItemError, KeyError, StoredItem, StreamName, read_items};

/// So many readings are re-attributed at a time: their copies are committed together.
const READINGS_MAX: usize = 10_000;
/// So far back in the device's stream they are sought, and so many records are read at a time.
const RECORDS_MAX: u64 = 1_000_000;
const RECORDS_AT_ONCE: u64 = 65_536;
/// Copies in one record, so that a record fits into a block.
const COPIES_PER_RECORD: usize = 100;

/// Runs of stream sequences, first and last.
type Runs = Vec<(u64, u64)>;

/// The readings that are selected among those handed to `patient`, as runs, and how many they are.
pub(super) async fn select(
    context: &Arc<Context>,
    device: &DeviceId,
    patient: &PatientId,
    selection: Selection,
) -> Result<(Runs, u64), OperationError> {
    if is_empty(selection) {
        return Err(OperationError::Invalid("the selection ends before it begins".to_owned()));
    }
    let (shared, device, patient) = (Arc::clone(context), device.clone(), patient.clone());
    let read = move || selected(&shared, &device, &patient, selection);
    let found = tokio::task::spawn_blocking(read).await.map_err(|_| OperationError::Unavailable)?;
    let sequences = found.map_err(|error| {
        tracing::error!(%error, "the device's stream cannot be read");
        OperationError::Conflict("the readings cannot be read: was the patient erased?".to_owned())
    })?;
    match sequences.len() {
        0 => Err(OperationError::NotFound("reading of the device that was recorded for that patient")),
        found if found > READINGS_MAX => {
            let text = format!("more than {READINGS_MAX} readings are selected: re-attribute them in parts");
            Err(OperationError::Invalid(text))
        }
        found => Ok((runs(&sequences), found as u64)),
    }
}

fn is_empty(selection: Selection) -> bool {
    match selection {
        Selection::DeviceTime { from, until } => until <= from,
        Selection::Sequences { first, last, .. } => last < first || last == 0,
    }
}

fn wanted(selection: Selection, reading: &Reading) -> bool {
    match selection {
        Selection::DeviceTime { from, until } => (from..until).contains(&reading.device_time),
        Selection::Sequences { boot, lane, first, last } => {
            (reading.key.boot, reading.key.lane) == (boot, lane) && (first..=last).contains(&reading.key.sequence)
        }
    }
}

/// Stream sequences of the selected readings, ascending; newest first they are sought.
fn selected(
    context: &Context,
    device: &DeviceId,
    patient: &PatientId,
    selection: Selection,
) -> Result<Vec<u64>, RecoverError> {
    let head = context.streams.head(&StreamName::device(device)).committed().sequence;
    let oldest = head.saturating_sub(RECORDS_MAX);
    let mut sequences = Vec::new();
    let mut through = head;
    while through > oldest && sequences.len() <= READINGS_MAX {
        let from = (through.saturating_sub(RECORDS_AT_ONCE)).max(oldest) + 1;
        for StoredItem { stream_sequence, item, .. } in
            read_items(&context.reader, &context.keys, patient, device, from, through)?
        {
            if matches!(&item, Item::Reading(reading) if wanted(selection, reading)) {
                sequences.push(stream_sequence);
            }
        }
        through = from - 1;
    }
    sequences.sort_unstable();
    Ok(sequences)
}

/// Neighbours among the sequences make a run. Records between two of a run belong to others, or are no readings of the
/// selection: a run never spans them.
fn runs(sequences: &[u64]) -> Runs {
    let mut runs: Runs = Vec::new();
    for sequence in sequences {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == *sequence => *last = *sequence,
            _ => runs.push((*sequence, *sequence)),
        }
    }
    runs
}

/// The copies for the right patient's stream, as plaintexts of records. Reads what the wrong patient's key seals.
pub(super) async fn copies(
    context: &Arc<Context>,
    device: &DeviceId,
    what: &Reattribution,
) -> Result<Vec<Vec<u8>>, RecoverError> {
    let (shared, device, what) = (Arc::clone(context), device.clone(), what.clone());
    let read = move || {
        let (Some((from, _)), Some((_, through))) = (what.runs.first(), what.runs.last()) else {
            return Ok(Vec::new());
        };
        let items = match read_items(&shared.reader, &shared.keys, &what.from, &device, *from, *through) {
            // The originals were erased since: there is nothing left to copy, and the patient is watched on.
            Err(ItemError::Key(KeyError::Destroyed)) => return Ok(Vec::new()),
            items => items?,
        };
        let copy = |StoredItem { stream_sequence, received_at, item }| match item {
            Item::Reading(reading) if what.holds(stream_sequence) => {
                Some(CopiedReading { stream_sequence, received_at, reading: *reading })
            }
            _ => None,
        };
        let readings: Vec<CopiedReading> = items.into_iter().filter_map(copy).collect();
        let copies = |chunk: &[CopiedReading]| {
            let (device, from) = (device.clone(), what.from.clone());
            encode_copies(&Copies { device, from, readings: chunk.to_vec() })
        };
        Ok(readings.chunks(COPIES_PER_RECORD).map(copies).collect())
    };
    match tokio::task::spawn_blocking(read).await {
        Ok(copies) => copies,
        // The read itself panicked: pass it on to this actor's supervisor.
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_make_a_run_and_a_stranger_between_two_ends_it() {
        assert_eq!(runs(&[]), []);
        assert_eq!(runs(&[3, 4, 5, 7, 9, 10]), [(3, 5), (7, 7), (9, 10)]);
    }
}
