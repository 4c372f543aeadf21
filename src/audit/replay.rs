//! Re-derives every event of every alert, of patients, devices and units, and what the rules of devices found, from the
//! journaled inputs, and compares (I2).

mod device;
mod error;
mod patient;
mod subject;

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use self::device::ReplayingDevice;
pub use self::error::AuditError;
use self::error::unread;
pub(super) use self::error::{decode_error, seal_error};
use self::patient::Replaying;
use self::subject::ReplayingSubject;
use crate::clinical::alert::AlertEvent;
use crate::clinical::device::DeviceEvent;
use crate::clinical::ids::{DeviceId, PatientId};
use crate::clinical::patient::PatientInput;
use crate::clinical::rules::RuleSet;
use crate::proto::RecordKind;
use crate::storage::codec::{decode_device, decode_patient, decode_rules, decode_windows};
use crate::storage::{
    KeyError, Keys, Opener, Reader, StoredItem, StoredRecord, StreamKind, StreamName, item_of, read_history,
};

/// What was replayed.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Replayed {
    /// Patients whose streams were replayed.
    pub patients: u64,
    /// Patients whose key was destroyed: nothing can be re-derived.
    pub patients_erased: u64,
    /// Inputs that were applied anew.
    pub inputs: u64,
    /// Readings and conditions of devices that were consumed anew.
    pub items: u64,
    /// Events that were compared.
    pub events: u64,
    /// Patients skipped from the point on where rules or an engine decided that this version does not have.
    pub patients_of_other_versions: u64,
    /// Devices that their own rules judged.
    pub devices: u64,
    /// Onsets and ends that the rules of devices found, which were compared.
    pub conditions: u64,
    /// Devices and units whose own alerts were replayed.
    pub subjects: u64,
    /// Devices and units of whose alerts some were decided by an engine that this version is not: those are not compared.
    pub subjects_of_other_versions: u64,
}

/// The first place where what is stored does not follow from the inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The stream of the patient, or of the alerts of a device or unit.
    pub stream: StreamName,
    /// Sequence of the record.
    pub sequence: u64,
    /// Its position in the journal.
    pub position: u64,
    /// What is stored.
    pub stored: Derived,
    /// What the inputs give.
    pub derived: Derived,
}

/// What follows from inputs.
#[derive(Clone, Debug, PartialEq)]
pub enum Derived {
    /// Of alerts.
    Alerts(Vec<AlertEvent>),
    /// What a device's own rules found.
    Device(Vec<DeviceEvent>),
    /// What a patient's rules remembered.
    Windows,
}

impl Derived {
    /// How many events.
    #[must_use]
    pub fn count(&self) -> usize {
        match self {
            Self::Alerts(events) => events.len(),
            Self::Device(events) => events.len(),
            Self::Windows => 1,
        }
    }
}

/// Replays every patient's stream in one pass over the journal: items stand in the devices' streams before the marks
/// that name them. `engine` is the version of this program's pure core; `progress` is called with the position.
///
/// # Errors
/// [`AuditError`]: the journal cannot be read. A difference is not an error but a finding.
pub fn replay(
    reader: &Reader,
    keys: &Keys,
    engine: u32,
    progress: &mut dyn FnMut(u64),
) -> Result<(Replayed, Option<Difference>), AuditError> {
    let mut replay = Replay {
        reader,
        keys,
        engine,
        rules: HashMap::new(),
        rules_opener: Opener::new(Some(keys.care()), &StreamName::rules()),
        devices: HashMap::new(),
        patients: HashMap::new(),
        subjects: HashMap::new(),
        sum: Replayed::default(),
    };
    let mut outcome = Ok(None);
    reader.scan(0, &mut |view| {
        progress(view.position);
        let record = view.to_stored().map_err(|_| AuditError::ForeignStream { position: view.position });
        outcome = record.and_then(|record| replay.take(&record));
        if matches!(outcome, Ok(None)) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    let difference = outcome?.or_else(|| replay.devices.values().find_map(ReplayingDevice::at_end));
    replay.sum.devices = replay.devices.values().filter(|device| device.was_judged).count() as u64;
    replay.sum.conditions = replay.devices.values().map(|device| device.conditions).sum();
    Ok((replay.sum, difference))
}

struct Replay<'a> {
    reader: &'a Reader,
    keys: &'a Keys,
    engine: u32,
    /// Every rule set so far that this version understands.
    rules: HashMap<[u8; 32], Arc<RuleSet>>,
    rules_opener: Opener,
    devices: HashMap<StreamName, ReplayingDevice>,
    /// `None`: nothing of the patient can be replayed (any more).
    patients: HashMap<PatientId, Option<Box<Replaying>>>,
    subjects: HashMap<StreamName, ReplayingSubject>,
    sum: Replayed,
}

impl Replay<'_> {
    fn take(&mut self, record: &StoredRecord) -> Result<Option<Difference>, AuditError> {
        match record.stream.kind() {
            StreamKind::Device => self.take_device(record),
            StreamKind::Patient => self.take_patient(record),
            StreamKind::Alerts => self.take_subject(record),
            StreamKind::Rules => self.take_rules(record).map(|()| None),
            // What a payload was decoded to is stored with it: replay needs no decoder.
            StreamKind::Care
            | StreamKind::Person
            | StreamKind::Decoders
            | StreamKind::OnCall
            | StreamKind::Audit
            | StreamKind::Grants
            | StreamKind::Checkpoints => Ok(None),
        }
    }

    fn take_rules(&mut self, record: &StoredRecord) -> Result<(), AuditError> {
        let plaintext = self.rules_opener.open(record).map_err(|error| seal_error(record, error))?;
        let stored = decode_rules(&plaintext).map_err(|error| decode_error(record, error))?;
        if let Ok(set) = RuleSet::parse(&stored.files) {
            self.rules.insert(set.hash(), Arc::new(set));
        }
        Ok(())
    }

    fn take_device(&mut self, record: &StoredRecord) -> Result<Option<Difference>, AuditError> {
        let Ok(device) = DeviceId::new(record.stream.id()) else { return Ok(None) };
        let keys = self.keys;
        let replaying = self
            .devices
            .entry(record.stream.clone())
            .or_insert_with(|| ReplayingDevice::new(&device, keys.device(&device), &record.stream));
        let plaintext = replaying.opener.open(record).map_err(|error| seal_error(record, error))?;
        let wrong = |error| decode_error(record, error);
        let head = decode_device(&plaintext).map_err(wrong)?;
        let received_at = head.now;
        let owner = head.hand_over().map_err(wrong)?.map(|link| link.patient);
        let of_body = if record.body.is_empty() { None } else { head.body_of().map_err(wrong)? };
        let body = match &of_body {
            Some(patient) => match self.patient(patient)? {
                Some(patient_on_the_way) => Some(patient_on_the_way.body(keys, patient, &device, record)?),
                None => None,
            },
            None if record.body.is_empty() => None,
            None => self.open_own_body(record)?,
        };
        let is_open = record.body.is_empty() || body.is_some();
        let event = head.with_body(body.as_deref()).map_err(wrong)?;
        if let Some(replaying) = self.devices.get_mut(&record.stream) {
            let difference = replaying.take(&event, record, is_open, received_at, (&self.rules, self.engine));
            if difference.is_some() {
                return Ok(difference);
            }
        }
        let Some(owner) = owner else { return Ok(None) };
        let Some(patient) = self.patient(&owner)?.filter(|_| is_open) else { return Ok(None) };
        if let Some(item) = item_of(event) {
            let item = StoredItem { stream_sequence: record.sequence, received_at, item };
            patient.items.entry(device).or_default().push_back(item);
        }
        Ok(None)
    }

    /// The body of a reading that belongs to nobody.
    fn open_own_body(&mut self, record: &StoredRecord) -> Result<Option<Vec<u8>>, AuditError> {
        let Some(replaying) = self.devices.get_mut(&record.stream) else { return Ok(None) };
        replaying.opener.open_body(record).map(Some).map_err(|error| seal_error(record, error))
    }

    fn take_patient(&mut self, record: &StoredRecord) -> Result<Option<Difference>, AuditError> {
        let Ok(id) = PatientId::new(record.stream.id()) else { return Ok(None) };
        // Copies of readings decide nothing.
        if record.kind == RecordKind::Copy {
            return Ok(None);
        }
        if record.kind == RecordKind::Windows {
            return self.take_windows(&id, record);
        }
        let Some(patient) = self.patient(&id)? else { return Ok(None) };
        let plaintext = patient.opener.open(record).map_err(|error| seal_error(record, error))?;
        let stored = decode_patient(&plaintext).map_err(|error| decode_error(record, error))?;
        if let PatientInput::RulesAdopted { hash, engine } = &stored.input {
            let rules = self.rules.get(hash).filter(|_| *engine == self.engine).cloned();
            if rules.is_none() {
                self.sum.patients_of_other_versions += 1;
                self.patients.insert(id, None);
                return Ok(None);
            }
            if let Some(patient) = self.patient(&id)? {
                patient.rules = rules;
            }
        }
        let (reader, keys) = (self.reader, self.keys);
        let Some(patient) = self.patient(&id)? else { return Ok(None) };
        let history = match &stored.input {
            PatientInput::LateJudged { base, .. } => {
                Some(read_history(reader, keys, &id, patient.state(), *base).map_err(|error| unread(record, error))?)
            }
            _ => None,
        };
        let (derived, items) = patient.derive(&stored, history);
        self.sum.items += items;
        self.sum.inputs += 1;
        self.sum.events += stored.events.len() as u64;
        if derived == stored.events {
            return Ok(None);
        }
        let (stream, sequence, position) = (record.stream.clone(), record.sequence, record.position);
        Ok(Some(Difference {
            stream,
            sequence,
            position,
            stored: Derived::Alerts(stored.events),
            derived: Derived::Alerts(derived),
        }))
    }

    /// What the rules remembered follows from the inputs before it, like any event.
    fn take_windows(&mut self, id: &PatientId, record: &StoredRecord) -> Result<Option<Difference>, AuditError> {
        let Some(patient) = self.patient(id)? else { return Ok(None) };
        let plaintext = patient.opener.open(record).map_err(|error| seal_error(record, error))?;
        let (at, windows) = decode_windows(&plaintext).map_err(|error| decode_error(record, error))?;
        if patient.keeps(at, windows, record.sequence) {
            return Ok(None);
        }
        let (stream, sequence, position) = (record.stream.clone(), record.sequence, record.position);
        Ok(Some(Difference { stream, sequence, position, stored: Derived::Windows, derived: Derived::Windows }))
    }

    /// The patient on the way; `None` where nothing can be re-derived.
    fn patient(&mut self, id: &PatientId) -> Result<Option<&mut Replaying>, AuditError> {
        if !self.patients.contains_key(id) {
            let replaying = match self.keys.patient(id) {
                Ok(Some(key)) => {
                    self.sum.patients += 1;
                    Some(Box::new(Replaying::new(Opener::new(Some(key), &StreamName::patient(id)))))
                }
                Ok(None) | Err(KeyError::Destroyed) => {
                    self.sum.patients_erased += 1;
                    None
                }
                Err(error) => return Err(error.into()),
            };
            self.patients.insert(id.clone(), replaying);
        }
        Ok(self.patients.get_mut(id).and_then(|known| known.as_deref_mut()))
    }
}
