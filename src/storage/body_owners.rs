//! Whose key opens a reading's body.

use std::collections::HashMap;

use super::codec::decode_device;
use super::keys::{KeyError, Keys};
use super::record::StoredRecord;
use super::verify::BodyKey;
use crate::clinical::ids::{DeviceId, PatientId};

/// Finds the key of a body: the bookkeeping before it names the patient to whom it belongs.
pub struct BodyOwners {
    keys: Keys,
    known: HashMap<PatientId, BodyKey>,
}

impl BodyOwners {
    /// Among these keys.
    #[must_use]
    pub fn new(keys: Keys) -> Self {
        Self { keys, known: HashMap::new() }
    }

    /// The key of the body of a device's record, from its opened head.
    pub fn key(&mut self, record: &StoredRecord, head: &[u8]) -> BodyKey {
        let owner = decode_device(head).ok().and_then(|head| head.body_of().ok());
        match owner {
            None => BodyKey::Unknown,
            Some(None) => DeviceId::new(record.stream.id())
                .map_or(BodyKey::Unknown, |device| BodyKey::Key(self.keys.device(&device))),
            Some(Some(patient)) => {
                let keys = &self.keys;
                self.known.entry(patient).or_insert_with_key(|patient| patient_key(keys, patient)).clone()
            }
        }
    }
}

fn patient_key(keys: &Keys, patient: &PatientId) -> BodyKey {
    match keys.patient(patient) {
        Ok(Some(key)) => BodyKey::Key(key),
        Err(KeyError::Destroyed) => BodyKey::Destroyed,
        Ok(None) | Err(_) => BodyKey::Unknown,
    }
}
