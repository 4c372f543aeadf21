//! Who and what is known: a projection of the devices' and patients' streams, for look-ups and lists.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{PoisonError, RwLock};

use super::handle::{DeviceEntry, PatientEntry};
use crate::clinical::ids::{DeviceId, PatientId};

/// Devices and patients by id. Written after commits and at recovery only.
#[derive(Debug, Default)]
pub(super) struct Directory {
    devices: RwLock<BTreeMap<DeviceId, DeviceEntry>>,
    patients: RwLock<BTreeMap<PatientId, PatientEntry>>,
}

impl Directory {
    pub fn put_device(&self, entry: DeviceEntry) {
        self.devices.write().unwrap_or_else(PoisonError::into_inner).insert(entry.device.clone(), entry);
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
