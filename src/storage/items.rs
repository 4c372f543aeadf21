//! Reads from a device's stream what it handed to one patient.

use super::codec::{DecodeError, decode_device};
use super::{KeyError, Keys, Opener, ReadError, Reader, SealError, StoredRecord, StreamName};
use crate::clinical::device::{CustodyEvent, DeviceEvent};
use crate::clinical::ids::{DeviceId, PatientId};
use crate::clinical::patient::Item;
use crate::time::Timestamp;

/// Why items could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ItemError {
    /// The journal could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A key could not be had.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A record does not open.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A record opens, but does not decode.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

/// An item with where and when it was stored.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredItem {
    /// Sequence in the device's stream.
    pub stream_sequence: u64,
    /// Receipt time of the device's decision.
    pub received_at: Timestamp,
    /// The item.
    pub item: Item,
}

/// What `event` hands to its patient; `None` for one that is handed to nobody.
#[must_use]
pub fn item_of(event: DeviceEvent) -> Option<Item> {
    match event {
        DeviceEvent::Custody(custody) => item_of_custody(custody),
        DeviceEvent::Reading(stored) if stored.hand_over.is_some() => {
            Some(Item::Reading(Box::new(stored.into_judged())))
        }
        DeviceEvent::Condition { hand_over: Some(_), change } => Some(Item::Condition(change)),
        _ => None,
    }
}

fn item_of_custody(event: CustodyEvent) -> Option<Item> {
    match event {
        CustodyEvent::Assigned { over: true, .. } | CustodyEvent::PassedOn { open: false, .. } => Some(Item::Noted),
        CustodyEvent::Assigned { .. } | CustodyEvent::PassedOn { .. } => Some(Item::Assignment { assigned: true }),
        CustodyEvent::Unassigned { .. } => Some(Item::Assignment { assigned: false }),
        CustodyEvent::TakenFrom { what, .. } => Some(Item::Taken(what)),
        CustodyEvent::GivenTo { what, .. } => Some(Item::Given(what)),
        CustodyEvent::Retired | CustodyEvent::Lent(_) | CustodyEvent::Returned => None,
    }
}

/// Reads the items of `patient` at `from..=through` of the device's stream, oldest first. Blocks on files.
///
/// # Errors
/// [`ItemError`].
pub fn read_items(
    reader: &Reader,
    keys: &Keys,
    patient: &PatientId,
    device: &DeviceId,
    from: u64,
    through: u64,
) -> Result<Vec<StoredItem>, ItemError> {
    let name = StreamName::device(device);
    let mut head_opener = Opener::new(Some(keys.device(device)), &name);
    let mut body_opener = Opener::new(keys.patient(patient)?, &name);
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

fn open_body(opener: &mut Opener, record: &StoredRecord) -> Result<Option<Vec<u8>>, ItemError> {
    if record.body.is_empty() { Ok(None) } else { Ok(Some(opener.open_body(record)?)) }
}
