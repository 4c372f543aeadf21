//! Reads from a device's stream what it handed to one patient.

use super::context::Context;
use super::stream::RecoverError;
use crate::clinical::device::DeviceEvent;
use crate::clinical::ids::{DeviceId, PatientId};
use crate::clinical::patient::Item;
use crate::storage::codec::decode_device;
use crate::storage::{DataKey, Keys, Opener, Reader, StoredRecord, StreamName};
use crate::time::Timestamp;

/// An item with where and when it was stored.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StoredItem {
    /// Sequence in the device's stream.
    pub stream_sequence: u64,
    /// Receipt time of the device's decision.
    pub received_at: Timestamp,
    /// The item.
    pub item: Item,
}

/// What `event` hands to its patient; `None` for one that is handed to nobody.
pub(super) fn item_of(event: DeviceEvent) -> Option<Item> {
    match event {
        DeviceEvent::Assigned { .. } => Some(Item::Assignment { assigned: true }),
        DeviceEvent::Unassigned(_) => Some(Item::Assignment { assigned: false }),
        DeviceEvent::Reading(stored) if stored.hand_over.is_some() => {
            Some(Item::Reading(Box::new(stored.into_judged())))
        }
        DeviceEvent::Condition { hand_over: Some(_), change } => Some(Item::Condition(change)),
        _ => None,
    }
}

/// Reads the items of `patient` at `from..=through` of the device's stream, oldest first. Blocks on files.
pub(crate) fn read_items(
    reader: &Reader,
    keys: &Keys,
    patient: &PatientId,
    device: &DeviceId,
    from: u64,
    through: u64,
) -> Result<Vec<StoredItem>, RecoverError> {
    let name = StreamName::device(device);
    let mut head_opener = Opener::new(Some(keys.device(device)), &name);
    let mut body_opener = Opener::new(patient_key(keys, patient)?, &name);
    let mut items = Vec::new();
    for record in reader.range(&name, from, through)? {
        let head = decode_device(&head_opener.open(&record)?)?;
        if head.hand_over()?.is_none_or(|link| link.patient != *patient) {
            continue;
        }
        let received_at = head.now;
        let body = open_body(&mut body_opener, &record)?;
        if let Some(item) = item_of(head.with_body(body.as_deref())?) {
            items.push(StoredItem { stream_sequence: record.sequence, received_at, item });
        }
    }
    Ok(items)
}

fn open_body(opener: &mut Opener, record: &StoredRecord) -> Result<Option<Vec<u8>>, RecoverError> {
    if record.body.is_empty() { Ok(None) } else { Ok(Some(opener.open_body(record)?)) }
}

fn patient_key(keys: &Keys, patient: &PatientId) -> Result<Option<DataKey>, RecoverError> {
    Ok(keys.patient(patient)?)
}

/// As [`read_items`], from where blocking is not allowed.
pub(super) async fn read_items_off_thread(
    context: &Context,
    patient: &PatientId,
    device: &DeviceId,
    from: u64,
    through: u64,
) -> Result<Vec<StoredItem>, RecoverError> {
    let (reader, keys) = (context.reader.clone(), context.keys.clone());
    let (patient, device) = (patient.clone(), device.clone());
    let read = move || read_items(&reader, &keys, &patient, &device, from, through);
    match tokio::task::spawn_blocking(read).await {
        Ok(items) => items,
        // The read itself panicked: pass it on to this actor's supervisor.
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
