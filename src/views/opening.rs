//! Opens records of devices' streams.

use std::collections::HashMap;

use super::error::ViewError;
use crate::clinical::device::DeviceEvent;
use crate::clinical::ids::{DeviceId, PatientId};
use crate::storage::codec::decode_device;
use crate::storage::{KeyError, Keys, Opener, StoredRecord};
use crate::time::Timestamp;

/// Keys of so many streams are kept; beyond, all are derived anew.
const OPENERS_MAX: usize = 200_000;

/// What a device's record says.
pub(super) struct Opened {
    pub device: DeviceId,
    /// Whose reading it is; `None`: nobody's, or of somebody who was erased.
    pub patient: Option<PatientId>,
    pub received: Timestamp,
    pub event: DeviceEvent,
}

/// Openers of the streams that were met.
pub(super) struct Opening {
    keys: Keys,
    heads: HashMap<String, (DeviceId, Opener)>,
    bodies: HashMap<(String, PatientId), Opener>,
}

impl Opening {
    pub fn new(keys: Keys) -> Self {
        Self { keys, heads: HashMap::new(), bodies: HashMap::new() }
    }

    /// Opens a record of a device's stream.
    pub fn open(&mut self, record: &StoredRecord) -> Result<Option<Opened>, ViewError> {
        if self.heads.len() + self.bodies.len() > OPENERS_MAX {
            (self.heads, self.bodies) = (HashMap::new(), HashMap::new());
        }
        let name = record.stream.as_str();
        if !self.heads.contains_key(name) {
            let Ok(device) = DeviceId::new(record.stream.id()) else { return Ok(None) };
            let opener = Opener::new(Some(self.keys.device(&device)), &record.stream);
            self.heads.insert(name.to_owned(), (device, opener));
        }
        let Some((device, opener)) = self.heads.get_mut(name) else { return Ok(None) };
        let device = device.clone();
        let damaged = |_| ViewError::Damaged;
        let head = opener.open(record).map_err(|_| ViewError::Damaged)?;
        let head = decode_device(&head).map_err(damaged)?;
        let (patient, received) = (head.body_of().map_err(damaged)?, head.now);
        let body = match &patient {
            _ if record.body.is_empty() => None,
            Some(patient) => self.body(record, patient)?,
            // Nobody's: the device's own key.
            None => Some(opener.open_body(record).map_err(|_| ViewError::Damaged)?),
        };
        let patient = patient.filter(|_| body.is_some());
        let event = head.with_body(body.as_deref()).map_err(damaged)?;
        Ok(Some(Opened { device, patient, received, event }))
    }

    /// The body; `None` where the patient was erased.
    fn body(&mut self, record: &StoredRecord, patient: &PatientId) -> Result<Option<Vec<u8>>, ViewError> {
        let place = (record.stream.as_str().to_owned(), patient.clone());
        if !self.bodies.contains_key(&place) {
            let key = match self.keys.patient(patient) {
                Ok(key) => key,
                Err(KeyError::Destroyed) => None,
                Err(error) => return Err(error.into()),
            };
            let Some(key) = key else { return Ok(None) };
            self.bodies.insert(place.clone(), Opener::new(Some(key), &record.stream));
        }
        let Some(opener) = self.bodies.get_mut(&place) else { return Ok(None) };
        opener.open_body(record).map(Some).map_err(|_| ViewError::Damaged)
    }

    /// Drops the keys of an erased patient.
    pub fn forget(&mut self, patient: &PatientId) {
        self.bodies.retain(|(_, of), _| of != patient);
    }
}
