//! The views: what is in memory and what is in the file, as one.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use super::chunk::{self, Row};
use super::compact::{self, DAY_HOURS, HOUR_US};
use super::db::{self, Change, Db, Place};
use super::device::DeviceSum;
use super::error::ViewError;
use super::held::{Held, HeldDevice, HeldPatient};
use super::latest::Latest;
use super::opening::Opened;
use crate::clinical::ids::{DeviceId, PatientId};
use crate::storage::{DataKey, KeyError, Keys, StreamName, open_state, seal_state};
use crate::time::Timestamp;

/// The file's name in the data folder.
pub(super) const FILE: &str = "views.redb";
/// Hours that one turn compacts at most.
const COMPACT_MAX: usize = 500;
/// An hour is compacted so long after its end: late readings make it open again.
const COMPACT_AFTER_US: i64 = 10 * 60 * 1_000_000;

/// The views. Cloning is cheap; reading blocks on files.
#[derive(Clone)]
pub struct Views {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub db: Db,
    pub keys: Keys,
    pub held: Mutex<Held>,
    /// Held for writing while rows pass from memory into the file: whoever reads sees each once.
    pub gate: RwLock<()>,
}

impl Views {
    /// Opens the views of a journal in its data folder.
    ///
    /// # Errors
    /// [`ViewError::File`].
    pub fn open(data_dir: &Path, journal: &[u8; 16], keys: Keys) -> Result<Self, ViewError> {
        Self::open_file(&data_dir.join(FILE), journal, keys)
    }

    /// Views without a file, of what comes from a position on.
    pub(super) fn in_memory(keys: Keys, position: u64) -> Self {
        let held = Held { position, ..Held::default() };
        Self { inner: Arc::new(Inner { db: Db::in_memory(), keys, held: Mutex::new(held), gate: RwLock::new(()) }) }
    }

    pub(super) fn open_file(file: &Path, journal: &[u8; 16], keys: Keys) -> Result<Self, ViewError> {
        let db = Db::open(file, journal)?;
        let held = Held { position: db.position()?, ..Held::default() };
        Ok(Self { inner: Arc::new(Inner { db, keys, held: Mutex::new(held), gate: RwLock::new(()) }) })
    }

    /// Everything before this position is folded in.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.held().position
    }

    /// Receipt time of the newest record that is folded in.
    #[must_use]
    pub fn newest(&self) -> Timestamp {
        self.held().newest
    }

    /// The newest values of a patient; `None`: nothing was ever received.
    ///
    /// # Errors
    /// [`ViewError`].
    pub fn latest(&self, patient: &PatientId) -> Result<Option<Latest>, ViewError> {
        if let Some(held) = self.held().patients.get(patient) {
            return Ok(Some(held.latest.clone()));
        }
        self.stored_latest(patient)
    }

    /// Journal position of the newest reading of a patient that is in memory; `None`: of none lately.
    #[must_use]
    pub fn latest_position(&self, patient: &PatientId) -> Option<u64> {
        self.held().patients.get(patient).map(|held| held.latest.position)
    }

    /// What is known of a device; `None`: it never sent anything.
    ///
    /// # Errors
    /// [`ViewError`].
    pub fn device(&self, device: &DeviceId) -> Result<Option<DeviceSum>, ViewError> {
        if let Some(held) = self.held().devices.get(device) {
            return Ok(Some(held.sum));
        }
        self.stored_device(device)
    }

    /// Folds records in, up to a position.
    pub(super) fn take(&self, opened: &[(u64, Opened)], position: u64, newest: Timestamp) -> Result<(), ViewError> {
        for (_, one) in opened {
            self.bring_in(one)?;
        }
        let mut held = self.held();
        for (position, one) in opened {
            held.take(one, *position);
        }
        held.position = held.position.max(position);
        held.newest = held.newest.max(newest);
        Ok(())
    }

    /// Reads what the file has of those whom a record is about.
    fn bring_in(&self, opened: &Opened) -> Result<(), ViewError> {
        let (has_device, missing) = {
            let held = self.held();
            let missing = opened.patient.as_ref().filter(|patient| !held.patients.contains_key(*patient));
            (held.devices.contains_key(&opened.device), missing)
        };
        if !has_device {
            let sum = self.stored_device(&opened.device)?.unwrap_or_default();
            self.held().devices.insert(opened.device.clone(), HeldDevice { sum, changed: false });
        }
        if let Some(patient) = missing {
            let latest = self.stored_latest(patient)?.unwrap_or_default();
            self.held().patients.insert(patient.clone(), HeldPatient { latest, ..HeldPatient::default() });
        }
        Ok(())
    }

    /// How many rows wait to be written.
    pub(super) fn waiting(&self) -> usize {
        self.held().rows
    }

    /// Writes what is held, with its position. Returns who was erased.
    pub(super) fn write(&self) -> Result<Vec<PatientId>, ViewError> {
        let (work, position) = self.work();
        let change = self.inner.db.change()?;
        let mut erased = Vec::new();
        for one in &work {
            match self.inner.keys.patient(&one.patient) {
                Ok(Some(key)) => one.write(&key, &change, position)?,
                Ok(None) => {}
                Err(KeyError::Destroyed) => {
                    change.forget(one.patient.as_str())?;
                    erased.push(one.patient.clone());
                }
                Err(error) => return Err(error.into()),
            }
        }
        self.write_devices(&change)?;
        {
            let _gate = self.inner.gate.write().unwrap_or_else(PoisonError::into_inner);
            change.commit(Some(position))?;
            self.let_go(&work, &erased);
        }
        self.inner.db.sync()?;
        Ok(erased)
    }

    /// What there is to write, up to which position.
    fn work(&self) -> (Vec<Work>, u64) {
        let held = self.held();
        let of = |(patient, one): (&PatientId, &HeldPatient)| Work {
            patient: patient.clone(),
            latest: one.changed.then(|| one.latest.clone()),
            rows: one.rows.clone(),
        };
        (held.patients.iter().map(of).collect(), held.position)
    }

    fn write_devices(&self, change: &Change) -> Result<(), ViewError> {
        let changed: Vec<_> = {
            let mut held = self.held();
            let changed = held.devices.iter_mut();
            let changed =
                changed.filter_map(|(device, one)| std::mem::take(&mut one.changed).then_some((device, one.sum)));
            changed.map(|(device, sum)| (device.clone(), sum)).collect()
        };
        for (device, sum) in changed {
            let plain = postcard::to_stdvec(&sum).unwrap_or_default();
            let key = self.inner.keys.device(&device);
            change.put_device(&device, &seal_state(&key, &StreamName::device(&device), 0, &plain))?;
        }
        Ok(())
    }

    /// What is in the file now need not be in memory; whoever was quiet since the last time is not kept.
    fn let_go(&self, written: &[Work], erased: &[PatientId]) {
        let mut held = self.held();
        for work in written {
            let Some(one) = held.patients.get_mut(&work.patient) else { continue };
            one.rows.drain(..work.rows.len().min(one.rows.len()));
            let quiet = work.latest.is_none() && one.rows.is_empty();
            one.changed = work.latest.as_ref().is_some_and(|latest| latest.position != one.latest.position);
            if quiet || erased.contains(&work.patient) {
                held.patients.remove(&work.patient);
            }
        }
        held.rows = held.patients.values().map(|one| one.rows.len()).sum();
    }

    /// Compacts some hours that have ended. Returns whether there are more.
    pub(super) fn compact(&self, now: Timestamp) -> Result<bool, ViewError> {
        let before = (now.micros() - COMPACT_AFTER_US).div_euclid(HOUR_US);
        let hours = self.inner.db.read(|file| file.to_compact(before, COMPACT_MAX))?;
        if hours.is_empty() {
            return Ok(false);
        }
        let change = self.inner.db.change()?;
        let day = |hour: i64| hour.div_euclid(DAY_HOURS);
        for of_day in hours.chunk_by(|a, b| a.0 == b.0 && day(a.1) == day(b.1)) {
            let (patient, first) = &of_day[0];
            let Ok(id) = PatientId::new(patient) else { continue };
            let hours: Vec<i64> = of_day.iter().map(|(_, hour)| *hour).collect();
            let which = (day(*first), &hours[..]);
            match self.inner.keys.patient(&id) {
                Ok(Some(key)) => compact::hours(&self.inner.db, &change, &key, &id, which)?,
                Ok(None) => {}
                Err(KeyError::Destroyed) => change.forget(patient)?,
                Err(error) => return Err(error.into()),
            }
        }
        change.commit(None)?;
        Ok(hours.len() == COMPACT_MAX)
    }

    fn stored_latest(&self, patient: &PatientId) -> Result<Option<Latest>, ViewError> {
        let Some(sealed) = self.inner.db.read(|file| file.latest(patient))? else { return Ok(None) };
        let Some(key) = self.key(patient)? else { return Ok(None) };
        let plain = db::open(&key, patient, Place::Latest, &sealed)?;
        postcard::from_bytes(&plain).map(Some).map_err(|_| ViewError::Damaged)
    }

    fn stored_device(&self, device: &DeviceId) -> Result<Option<DeviceSum>, ViewError> {
        let Some(sealed) = self.inner.db.read(|file| file.device(device))? else { return Ok(None) };
        let plain = open_state(&self.inner.keys.device(device), &StreamName::device(device), 0, &sealed);
        let plain = plain.map_err(|_| ViewError::Damaged)?;
        postcard::from_bytes(&plain).map(Some).map_err(|_| ViewError::Damaged)
    }

    /// The key of a patient; `None`: there is none (any more).
    pub(super) fn key(&self, patient: &PatientId) -> Result<Option<DataKey>, ViewError> {
        match self.inner.keys.patient(patient) {
            Ok(key) => Ok(key),
            Err(KeyError::Destroyed) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn held(&self) -> MutexGuard<'_, Held> {
        // A panic while it was held stopped the follower; what is held stays readable.
        self.inner.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is written of one patient.
struct Work {
    patient: PatientId,
    latest: Option<Latest>,
    rows: Vec<Row>,
}

impl Work {
    fn write(&self, key: &DataKey, change: &Change, position: u64) -> Result<(), ViewError> {
        if let Some(latest) = &self.latest {
            let plain = postcard::to_stdvec(latest).unwrap_or_default();
            change.put_latest(&self.patient, &db::seal(key, &self.patient, Place::Latest, &plain))?;
        }
        let hour = |row: &Row| row.at_us.div_euclid(HOUR_US);
        let mut rows = self.rows.clone();
        rows.sort_by_key(|row| row.at_us);
        for rows in rows.chunk_by(|a, b| hour(a) == hour(b)) {
            let hour = hour(&rows[0]);
            let sealed = db::seal(key, &self.patient, Place::Rows(hour, position), &chunk::encode(rows));
            change.add_rows(&self.patient, hour, position, &sealed)?;
        }
        Ok(())
    }
}
