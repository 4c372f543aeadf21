//! Who and what is known: a projection of the devices' and patients' streams, for look-ups and lists.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::beds::Beds;
use super::handle::{DeviceEntry, PatientEntry};
use crate::clinical::ids::{DeviceId, PatientId, UnitId};
use crate::clinical::patient::Presence;

/// Devices and patients by id. Written after commits and at recovery only.
#[derive(Debug, Default)]
pub(super) struct Directory {
    devices: RwLock<BTreeMap<DeviceId, DeviceEntry>>,
    patients: RwLock<BTreeMap<PatientId, PatientEntry>>,
    assigned: Mutex<HashMap<PatientId, BTreeSet<DeviceId>>>,
    pub beds: Arc<Beds>,
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
        let present = entry.presence == Presence::Present;
        self.beds.occupy(&entry.patient, present.then(|| (entry.unit.clone(), entry.bed.clone())));
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
        self.beds.occupy(id, None);
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

    /// How many devices are assigned to patients of each unit.
    pub fn watched_by_unit(&self) -> HashMap<UnitId, usize> {
        let assigned = self.assigned.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut watched = HashMap::new();
        for (patient, devices) in assigned {
            if let Some(unit) = self.unit_of(&patient) {
                *watched.entry(unit).or_default() += devices.len();
            }
        }
        watched
    }

    /// The first `limit` devices after `after` that are `wanted`, in the order of their ids.
    pub fn devices_after(
        &self,
        after: Option<&DeviceId>,
        limit: usize,
        wanted: impl Fn(&DeviceEntry) -> bool,
    ) -> Vec<DeviceEntry> {
        page(&self.devices, after, limit, wanted)
    }

    /// The first `limit` patients after `after` who are `wanted`, in the order of their ids.
    pub fn patients_after(
        &self,
        after: Option<&PatientId>,
        limit: usize,
        wanted: impl Fn(&PatientEntry) -> bool,
    ) -> Vec<PatientEntry> {
        page(&self.patients, after, limit, wanted)
    }
}

fn page<K: Ord, V: Clone>(
    entries: &RwLock<BTreeMap<K, V>>,
    after: Option<&K>,
    limit: usize,
    wanted: impl Fn(&V) -> bool,
) -> Vec<V> {
    let entries = entries.read().unwrap_or_else(PoisonError::into_inner);
    let start = after.map_or(Bound::Unbounded, Bound::Excluded);
    let found = entries.range((start, Bound::Unbounded)).map(|(_, entry)| entry).filter(|entry| wanted(entry));
    found.take(limit).cloned().collect()
}
