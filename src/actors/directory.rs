//! Who and what is known: a projection of the devices' and patients' streams, for look-ups and lists.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::{Mutex, PoisonError, RwLock};

use super::handle::{DeviceEntry, PatientEntry};
use crate::clinical::ids::{DeviceId, PatientId, UnitId};

/// Devices and patients by id. Written after commits and at recovery only.
#[derive(Debug, Default)]
pub(super) struct Directory {
    devices: RwLock<BTreeMap<DeviceId, DeviceEntry>>,
    patients: RwLock<BTreeMap<PatientId, PatientEntry>>,
    assigned: Mutex<HashMap<PatientId, BTreeSet<DeviceId>>>,
}

impl Directory {
    pub fn put_device(&self, entry: DeviceEntry) {
        let (device, patient) = (entry.device.clone(), entry.patient.clone());
        let before = self.devices.write().unwrap_or_else(PoisonError::into_inner).insert(device.clone(), entry);
        let before = before.and_then(|before| before.patient);
        if before == patient {
            return;
        }
        let mut assigned = self.assigned.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = before
            && let Some(devices) = assigned.get_mut(&before)
        {
            devices.remove(&device);
            if devices.is_empty() {
                assigned.remove(&before);
            }
        }
        if let Some(patient) = patient {
            assigned.entry(patient).or_default().insert(device);
        }
    }

    pub fn put_patient(&self, entry: PatientEntry) {
        self.patients.write().unwrap_or_else(PoisonError::into_inner).insert(entry.patient.clone(), entry);
    }

    pub fn device(&self, id: &DeviceId) -> Option<DeviceEntry> {
        self.devices.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    pub fn patient(&self, id: &PatientId) -> Option<PatientEntry> {
        self.patients.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// Forgets an erased patient.
    pub fn forget_patient(&self, id: &PatientId) -> Option<PatientEntry> {
        self.patients.write().unwrap_or_else(PoisonError::into_inner).remove(id)
    }

    /// The unit in which a patient lies.
    pub fn unit_of(&self, id: &PatientId) -> Option<UnitId> {
        let patients = self.patients.read().unwrap_or_else(PoisonError::into_inner);
        patients.get(id).map(|entry| entry.unit.clone())
    }

    /// The devices that are assigned to a patient by their own streams: the patient may not have heard of it yet.
    pub fn devices_of(&self, patient: &PatientId) -> Vec<DeviceId> {
        let assigned = self.assigned.lock().unwrap_or_else(PoisonError::into_inner);
        assigned.get(patient).into_iter().flatten().cloned().collect()
    }

    pub fn devices_after(&self, after: Option<&DeviceId>, limit: usize) -> Vec<DeviceEntry> {
        let devices = self.devices.read().unwrap_or_else(PoisonError::into_inner);
        devices.range((start(after), Bound::Unbounded)).take(limit).map(|(_, entry)| entry.clone()).collect()
    }

    pub fn patients_after(&self, after: Option<&PatientId>, limit: usize) -> Vec<PatientEntry> {
        let patients = self.patients.read().unwrap_or_else(PoisonError::into_inner);
        patients.range((start(after), Bound::Unbounded)).take(limit).map(|(_, entry)| entry.clone()).collect()
    }
}

fn start<T>(after: Option<&T>) -> Bound<&T> {
    after.map_or(Bound::Unbounded, Bound::Excluded)
}
