//! Reads what late readings of a patient are judged from.

use std::ops::ControlFlow;

use super::codec::{decode_device, decode_windows};
use super::{ItemError, Keys, Opener, Reader, StoredRecord, StreamName, read_items};
use crate::clinical::device::DeviceEvent;
use crate::clinical::ids::{DeviceId, PatientId};
use crate::clinical::patient::{History, Item, LateBase, PastReading, PatientState};
use crate::clinical::reading::Reading;
use crate::clinical::rules::RuleStates;
use crate::time::Timestamp;

/// Reads the history from `base` on, for a patient who stands at `state`. Blocks on files.
///
/// What was kept by a program of another version cannot be had again: then the rules begin anew there, and judge the same
/// readings.
///
/// # Errors
/// [`ItemError`].
pub fn read_history(
    reader: &Reader,
    keys: &Keys,
    patient: &PatientId,
    state: &PatientState,
    base: LateBase,
) -> Result<History, ItemError> {
    let (mut states, mut marks) = (RuleStates::default(), Vec::new());
    if let LateBase::Windows(sequence) = base {
        let name = StreamName::patient(patient);
        let mut opener = Opener::new(keys.patient(patient)?, &name);
        for record in reader.range(&name, sequence, sequence)? {
            if let (_, Some(windows)) = decode_windows(&opener.open(&record)?)? {
                (states, marks) = (windows.states, windows.marks);
            }
        }
    }
    let mut readings = Vec::new();
    for (device, first, last) in state.late_readings(base, &marks) {
        for item in read_items(reader, keys, patient, &device, first, last)? {
            if let Item::Reading(reading) = item.item {
                let (device, stream_sequence) = (device.clone(), item.stream_sequence);
                readings.push(PastReading { device, stream_sequence, reading: *reading });
            }
        }
    }
    Ok(History { states, readings })
}

/// The readings that a device handed to a patient and that were received since then, newest first. Blocks on files.
///
/// # Errors
/// [`ItemError`].
pub fn read_since(
    reader: &Reader,
    keys: &Keys,
    patient: &PatientId,
    device: &DeviceId,
    since: Timestamp,
) -> Result<Vec<PastReading>, ItemError> {
    let name = StreamName::device(device);
    let mut heads = Opener::new(Some(keys.device(device)), &name);
    let mut bodies = Opener::new(keys.patient(patient)?, &name);
    let mut readings = Vec::new();
    let mut failed = None;
    reader.walk_back(
        &name,
        None,
        &mut |record| match reading_since(&record, (&mut heads, &mut bodies), patient, since) {
            Ok(ControlFlow::Continue(reading)) => {
                let stream_sequence = record.sequence;
                let past = |reading| PastReading { device: device.clone(), stream_sequence, reading };
                readings.extend(reading.map(past));
                ControlFlow::Continue(())
            }
            Ok(ControlFlow::Break(())) => ControlFlow::Break(()),
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        },
    )?;
    match failed {
        Some(error) => Err(error),
        None => Ok(readings),
    }
}

/// The reading in a record, if it is one of the patient's; a break where it is older.
fn reading_since(
    record: &StoredRecord,
    (heads, bodies): (&mut Opener, &mut Opener),
    patient: &PatientId,
    since: Timestamp,
) -> Result<ControlFlow<(), Option<Reading>>, ItemError> {
    let head = decode_device(&heads.open(record)?)?;
    if head.now < since {
        return Ok(ControlFlow::Break(()));
    }
    if head.body_of()?.as_ref() != Some(patient) || record.body.is_empty() {
        return Ok(ControlFlow::Continue(None));
    }
    Ok(ControlFlow::Continue(match head.with_body(Some(&bodies.open_body(record)?))? {
        DeviceEvent::Reading(stored) => Some(stored.into_judged()),
        _ => None,
    }))
}
