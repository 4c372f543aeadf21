//! Conservation (I9): per (device, boot, lane), what is stored, set aside and declared missing adds up to what was
//! receipted; every stored reading of a patient is evaluated once, and what is not yet is pending.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::ControlFlow;

use serde::Serialize;

use super::replay::AuditError;
use crate::clinical::ids::{DeviceId, PatientId, Subject};
use crate::clinical::patient::PatientInput;
use crate::clinical::reading::Lane;
use crate::clinical::subject_book::{Observed, SubjectInput};
use crate::proto::RecordKind;
use crate::storage::codec::{Receipted, decode_device, decode_patient, decode_subject};
use crate::storage::{KeyError, Keys, Opener, Reader, StoredRecord, StreamKind, StreamName};

/// What became of one (device, boot, lane).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LaneSum {
    /// Readings stored, that count.
    pub stored: u64,
    /// Readings stored and set aside: their payloads cannot be decoded.
    pub undecodable: u64,
    /// Sequences declared lost by the device.
    pub declared_missing: u64,
    /// Repeats with other content, set aside.
    pub conflicting: u64,
    /// The last sequence.
    pub through: u64,
    /// The first sequence that is neither stored, nor set aside, nor declared missing, if the sums differ.
    pub first_hole: Option<u64>,
    /// The first sequence that is stored twice.
    pub first_double: Option<u64>,
}

impl LaneSum {
    fn take(&mut self, first: u64, last: u64, what: Receipted) {
        let expected = self.through + 1;
        if first > expected {
            self.first_hole.get_or_insert(expected);
        }
        if first < expected {
            self.first_double.get_or_insert(first);
        }
        self.through = self.through.max(last);
        let count = last.saturating_sub(first) + 1;
        match what {
            Receipted::Stored => self.stored += count,
            Receipted::Undecodable => self.undecodable += count,
            Receipted::DeclaredMissing => self.declared_missing += count,
        }
    }
}

/// What became of what was handed to one patient.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PatientSum {
    /// Items that devices handed over.
    pub handed_over: u64,
    /// Of these, items up to the patient's marks: evaluated.
    pub evaluated: u64,
    /// Items after the marks: stored, and evaluated at the next start at the latest.
    pub pending: u64,
    /// The first record of the patient's stream at which a mark goes backwards, so that something counts twice.
    pub first_double: Option<u64>,
}

/// What became of the conditions that one device had while it belonged to nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OwnSum {
    /// Onsets and ends that the device put on record.
    pub told: u64,
    /// Of these, those that its own alert book took.
    pub taken: u64,
    /// Those after the newest that was taken: told again until they are.
    pub pending: u64,
    /// The first record of the device's stream that was passed over.
    pub first_lost: Option<u64>,
    /// The first record of the device's stream that was taken twice.
    pub first_double: Option<u64>,
}

/// A receipt that a client holds: everything of (device, boot, lane) up to `through`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The device.
    pub device: String,
    /// Its boot.
    pub boot: u64,
    /// The lane.
    pub lane: Lane,
    /// The last receipted sequence.
    pub through: u64,
}

/// The sums of a whole journal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conservation {
    /// By device, boot and lane.
    pub lanes: BTreeMap<(String, u64, Lane), LaneSum>,
    /// By patient.
    pub patients: BTreeMap<String, PatientSum>,
    /// By device: conditions of its own.
    pub own: BTreeMap<String, OwnSum>,
}

impl Conservation {
    /// Claims that the journal does not hold: receipts were given for what is missing.
    #[must_use]
    pub fn missing(&self, claims: &[Claim]) -> Vec<Claim> {
        let held = |claim: &&Claim| {
            let lane = self.lanes.get(&(claim.device.clone(), claim.boot, claim.lane));
            lane.map_or(0, |lane| lane.through) >= claim.through
        };
        claims.iter().filter(|claim| !held(claim)).cloned().collect()
    }

    /// Whether everything adds up.
    #[must_use]
    pub fn holds(&self) -> bool {
        let lanes = self.lanes.values().all(|lane| {
            lane.first_hole.is_none()
                && lane.first_double.is_none()
                && lane.stored + lane.undecodable + lane.declared_missing == lane.through
        });
        let patients = self.patients.values().all(|patient| {
            patient.first_double.is_none() && patient.evaluated + patient.pending == patient.handed_over
        });
        let own = self.own.values().all(|own| own.first_lost.is_none() && own.first_double.is_none());
        lanes && patients && own
    }
}

/// Adds up a journal.
///
/// # Errors
/// [`AuditError`].
pub fn conserve(reader: &Reader, keys: &Keys) -> Result<Conservation, AuditError> {
    let mut sums = Summing {
        keys,
        openers: HashMap::new(),
        sums: Conservation::default(),
        links: HashMap::new(),
        marks: HashMap::new(),
        own: HashMap::new(),
    };
    let mut failed = None;
    reader.scan(0, &mut |view| {
        let relevant = matches!(
            view.kind,
            RecordKind::Reading | RecordKind::Device | RecordKind::Mark | RecordKind::Patient | RecordKind::Subject
        );
        if !relevant {
            return ControlFlow::Continue(());
        }
        match view.to_stored().map(|record| sums.take(&record)) {
            Ok(Ok(())) => ControlFlow::Continue(()),
            Ok(Err(error)) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
            Err(_) => {
                failed = Some(AuditError::ForeignStream { position: view.position });
                ControlFlow::Break(())
            }
        }
    })?;
    match failed {
        Some(error) => Err(error),
        None => Ok(sums.finish()),
    }
}

struct Summing<'a> {
    keys: &'a Keys,
    openers: HashMap<StreamName, Option<Opener>>,
    sums: Conservation,
    /// Stream sequences handed over, by device and patient.
    links: HashMap<(String, String), Vec<u64>>,
    /// The newest mark, by device and patient.
    marks: HashMap<(String, String), u64>,
    /// By device: conditions of its own, and which its alert book took.
    own: HashMap<String, (BTreeSet<u64>, BTreeSet<u64>)>,
}

impl Summing<'_> {
    fn take(&mut self, record: &StoredRecord) -> Result<(), AuditError> {
        let Some(plaintext) = self.open(record)? else { return Ok(()) };
        match record.stream.kind() {
            StreamKind::Device => self.take_device(record, &plaintext),
            StreamKind::Patient => self.take_patient(record, &plaintext),
            StreamKind::Alerts => self.take_subject(record, &plaintext),
            _ => Ok(()),
        }
    }

    fn take_device(&mut self, record: &StoredRecord, plaintext: &[u8]) -> Result<(), AuditError> {
        let wrong = |error| AuditError::Decode { stream: record.stream.to_string(), sequence: record.sequence, error };
        let head = decode_device(plaintext).map_err(wrong)?;
        let device = record.stream.id().to_owned();
        if let Some((first, last, what)) = head.receipted().map_err(wrong)? {
            let lane = self.sums.lanes.entry((device.clone(), first.boot, first.lane)).or_default();
            lane.take(first.sequence, last, what);
        }
        if let Some(key) = head.conflicting().map_err(wrong)? {
            self.sums.lanes.entry((device.clone(), key.boot, key.lane)).or_default().conflicting += 1;
        }
        let link = head.hand_over().map_err(wrong)?;
        if link.is_none() && record.kind == RecordKind::Device && head.is_condition() {
            self.own.entry(device.clone()).or_default().0.insert(record.sequence);
        }
        if let Some(link) = link {
            self.links.entry((device, link.patient.to_string())).or_default().push(record.sequence);
        }
        Ok(())
    }

    fn take_subject(&mut self, record: &StoredRecord, plaintext: &[u8]) -> Result<(), AuditError> {
        let stored = decode_subject(plaintext).map_err(|error| AuditError::Decode {
            stream: record.stream.to_string(),
            sequence: record.sequence,
            error,
        })?;
        let (Ok(Subject::Device(device)), SubjectInput::Observed { what, source }) =
            (record.stream.id().parse(), stored.input)
        else {
            return Ok(());
        };
        // Of an assignment the device tells only where there is something to hand over.
        if !matches!(what, Observed::HandedOver) {
            let (_, taken) = self.own.entry(device.to_string()).or_default();
            if !taken.insert(source) {
                self.sums.own.entry(device.to_string()).or_default().first_double.get_or_insert(source);
            }
        }
        Ok(())
    }

    fn take_patient(&mut self, record: &StoredRecord, plaintext: &[u8]) -> Result<(), AuditError> {
        let stored = decode_patient(plaintext).map_err(|error| AuditError::Decode {
            stream: record.stream.to_string(),
            sequence: record.sequence,
            error,
        })?;
        let patient = record.stream.id().to_owned();
        let PatientInput::Consumed(runs) = stored.input else { return Ok(()) };
        for run in runs {
            let mark = self.marks.entry((run.device.to_string(), patient.clone())).or_default();
            if run.through <= *mark {
                self.sums.patients.entry(patient.clone()).or_default().first_double.get_or_insert(record.sequence);
            }
            *mark = run.through;
        }
        Ok(())
    }

    /// The head of a record in the clear; `None` for one of a patient who was erased.
    fn open(&mut self, record: &StoredRecord) -> Result<Option<Vec<u8>>, AuditError> {
        let name = &record.stream;
        if !self.openers.contains_key(name) {
            let opener = self.key(name)?.map(|key| Opener::new(Some(key), name));
            self.openers.insert(name.clone(), opener);
        }
        let Some(Some(opener)) = self.openers.get_mut(name) else { return Ok(None) };
        let opened = opener.open(record);
        opened.map(Some).map_err(|error| AuditError::Seal {
            stream: name.to_string(),
            sequence: record.sequence,
            error,
        })
    }

    fn key(&self, name: &StreamName) -> Result<Option<crate::storage::DataKey>, AuditError> {
        if name.kind() == StreamKind::Alerts {
            return Ok(Some(self.keys.care()));
        }
        if let (StreamKind::Device, Ok(device)) = (name.kind(), DeviceId::new(name.id())) {
            return Ok(Some(self.keys.device(&device)));
        }
        let Ok(patient) = PatientId::new(name.id()) else { return Ok(None) };
        match self.keys.patient(&patient) {
            Ok(key) => Ok(key),
            Err(KeyError::Destroyed) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn finish(mut self) -> Conservation {
        for (device, (told, taken)) in &self.own {
            let newest = taken.last().copied().unwrap_or_default();
            let sum = self.sums.own.entry(device.clone()).or_default();
            (sum.told, sum.taken) = (told.len() as u64, told.intersection(taken).count() as u64);
            sum.pending = told.range(newest + 1..).count() as u64;
            sum.first_lost = told.difference(taken).find(|sequence| **sequence <= newest).copied();
        }
        for ((device, patient), sequences) in self.links {
            let mark = self.marks.get(&(device, patient.clone())).copied().unwrap_or_default();
            let sum = self.sums.patients.entry(patient).or_default();
            let evaluated = sequences.iter().filter(|sequence| **sequence <= mark).count() as u64;
            sum.handed_over += sequences.len() as u64;
            sum.evaluated += evaluated;
            sum.pending += sequences.len() as u64 - evaluated;
        }
        self.sums
    }
}
