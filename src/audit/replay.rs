//! Re-derives every event of every alert, of patients, devices and units, from the journaled inputs, and compares (I2).

use std::collections::{HashMap, VecDeque};
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::clinical::alert::AlertEvent;
use crate::clinical::ids::{DeviceId, PatientId};
use crate::clinical::patient::{PatientInput, PatientRecord, PatientState, Run};
use crate::clinical::rules::RuleSet;
use crate::clinical::subject_book::{SubjectBook, SubjectInput};
use crate::proto::RecordKind;
use crate::storage::codec::{DecodeError, decode_device, decode_patient, decode_rules, decode_subject};
use crate::storage::{
    KeyError, Keys, Opener, ReadError, Reader, SealError, StoredItem, StoredRecord, StreamKind, StreamName, item_of,
};

/// Why a journal could not be audited.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The journal could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A key could not be had.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A record does not open.
    #[error("{stream} {sequence}: {error}")]
    Seal {
        /// Its stream.
        stream: String,
        /// Its sequence there.
        sequence: u64,
        /// Why.
        error: SealError,
    },
    /// A record opens, but does not decode.
    #[error("{stream} {sequence}: {error}")]
    Decode {
        /// Its stream.
        stream: String,
        /// Its sequence there.
        sequence: u64,
        /// Why.
        error: DecodeError,
    },
    /// A record names a stream that this platform does not have.
    #[error("position {position}: the record's stream is none of ours")]
    ForeignStream {
        /// Where it stands.
        position: u64,
    },
}

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
    pub stored: Vec<AlertEvent>,
    /// What the inputs give.
    pub derived: Vec<AlertEvent>,
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
        keys,
        engine,
        rules: HashMap::new(),
        rules_opener: Opener::new(Some(keys.care()), &StreamName::rules()),
        heads: HashMap::new(),
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
    outcome.map(|difference| (replay.sum, difference))
}

struct Replay<'a> {
    keys: &'a Keys,
    engine: u32,
    /// Every rule set so far that this version understands.
    rules: HashMap<[u8; 32], Arc<RuleSet>>,
    rules_opener: Opener,
    /// Opens the heads of devices' records.
    heads: HashMap<StreamName, Opener>,
    /// `None`: nothing of the patient can be replayed (any more).
    patients: HashMap<PatientId, Option<Box<Replaying>>>,
    subjects: HashMap<StreamName, ReplayingSubject>,
    sum: Replayed,
}

/// The alerts of one device or unit on the way through the journal.
struct ReplayingSubject {
    opener: Opener,
    book: SubjectBook,
    /// Whether this version of the engine decided what comes.
    is_ours: bool,
    was_ever_other: bool,
}

/// One patient on the way through the journal.
struct Replaying {
    opener: Opener,
    /// Opens the bodies of what a device handed over.
    bodies: HashMap<DeviceId, Opener>,
    /// Handed over, and not yet marked as consumed.
    items: HashMap<DeviceId, VecDeque<StoredItem>>,
    state: PatientState,
    rules: Option<Arc<RuleSet>>,
}

impl Replay<'_> {
    fn take(&mut self, record: &StoredRecord) -> Result<Option<Difference>, AuditError> {
        match record.stream.kind() {
            StreamKind::Device => self.take_device(record).map(|()| None),
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

    fn take_device(&mut self, record: &StoredRecord) -> Result<(), AuditError> {
        let Ok(device) = DeviceId::new(record.stream.id()) else { return Ok(()) };
        let keys = self.keys;
        let opener = self
            .heads
            .entry(record.stream.clone())
            .or_insert_with(|| Opener::new(Some(keys.device(&device)), &record.stream));
        let plaintext = opener.open(record).map_err(|error| seal_error(record, error))?;
        let wrong = |error| decode_error(record, error);
        let head = decode_device(&plaintext).map_err(wrong)?;
        let Some(link) = head.hand_over().map_err(wrong)? else { return Ok(()) };
        let Some(patient) = self.patient(&link.patient)? else { return Ok(()) };
        let body =
            if record.body.is_empty() { None } else { Some(patient.body(keys, &link.patient, &device, record)?) };
        let received_at = head.now;
        if let Some(item) = item_of(head.with_body(body.as_deref()).map_err(wrong)?) {
            let item = StoredItem { stream_sequence: record.sequence, received_at, item };
            patient.items.entry(device).or_default().push_back(item);
        }
        Ok(())
    }

    fn take_patient(&mut self, record: &StoredRecord) -> Result<Option<Difference>, AuditError> {
        let Ok(id) = PatientId::new(record.stream.id()) else { return Ok(None) };
        // Copies of readings decide nothing.
        if record.kind == RecordKind::Copy {
            return Ok(None);
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
        let Some(patient) = self.patient(&id)? else { return Ok(None) };
        let (derived, items) = patient.derive(&stored);
        self.sum.items += items;
        self.sum.inputs += 1;
        self.sum.events += stored.events.len() as u64;
        if derived == stored.events {
            return Ok(None);
        }
        let (stream, sequence, position) = (record.stream.clone(), record.sequence, record.position);
        Ok(Some(Difference { stream, sequence, position, stored: stored.events, derived }))
    }

    fn take_subject(&mut self, record: &StoredRecord) -> Result<Option<Difference>, AuditError> {
        let (keys, sum) = (self.keys, &mut self.sum);
        let subject = self.subjects.entry(record.stream.clone()).or_insert_with(|| {
            sum.subjects += 1;
            let opener = Opener::new(Some(keys.care()), &record.stream);
            ReplayingSubject { opener, book: SubjectBook::default(), is_ours: false, was_ever_other: false }
        });
        let plaintext = subject.opener.open(record).map_err(|error| seal_error(record, error))?;
        let stored = decode_subject(&plaintext).map_err(|error| decode_error(record, error))?;
        if let SubjectInput::Adopted { engine, .. } = &stored.input {
            subject.is_ours = *engine == self.engine;
            if !subject.is_ours && !std::mem::replace(&mut subject.was_ever_other, true) {
                sum.subjects_of_other_versions += 1;
            }
        }
        if !subject.is_ours {
            subject.book.restore(&stored.input, &stored.events, stored.now);
            return Ok(None);
        }
        // A refused command would not have been stored: refused now, it gives no events, which is a difference.
        let derived = subject.book.handle(&stored.input, stored.now).ok().flatten().unwrap_or_default();
        sum.inputs += 1;
        sum.events += stored.events.len() as u64;
        if derived == stored.events {
            return Ok(None);
        }
        let (stream, sequence, position) = (record.stream.clone(), record.sequence, record.position);
        Ok(Some(Difference { stream, sequence, position, stored: stored.events, derived }))
    }

    /// The patient on the way; `None` where nothing can be re-derived.
    fn patient(&mut self, id: &PatientId) -> Result<Option<&mut Replaying>, AuditError> {
        if !self.patients.contains_key(id) {
            let replaying = match self.keys.patient(id) {
                Ok(Some(key)) => {
                    self.sum.patients += 1;
                    Some(Box::new(Replaying {
                        opener: Opener::new(Some(key), &StreamName::patient(id)),
                        bodies: HashMap::new(),
                        items: HashMap::new(),
                        state: PatientState::default(),
                        rules: None,
                    }))
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

impl Replaying {
    fn body(
        &mut self,
        keys: &Keys,
        id: &PatientId,
        device: &DeviceId,
        record: &StoredRecord,
    ) -> Result<Vec<u8>, AuditError> {
        if !self.bodies.contains_key(device) {
            self.bodies.insert(device.clone(), Opener::new(keys.patient(id)?, &record.stream));
        }
        let opened = self.bodies.get_mut(device).map(|opener| opener.open_body(record));
        opened.unwrap_or(Err(SealError::KeyDestroyed)).map_err(|error| seal_error(record, error))
    }

    /// What the input gives now, and how many items were consumed for it.
    fn derive(&mut self, stored: &PatientRecord) -> (Vec<AlertEvent>, u64) {
        let PatientInput::Consumed(runs) = &stored.input else {
            // A refused command would not have been stored: refused now, it gives no events, which is a difference.
            return (self.state.handle(&stored.input, stored.now).ok().flatten().unwrap_or_default(), 0);
        };
        let (mut derived, mut items) = (Vec::new(), 0);
        // Rules are adopted before the first item is consumed.
        let Some(rules) = self.rules.clone() else { return (derived, items) };
        for Run { device, through } in runs {
            let waiting = self.items.entry(device.clone()).or_default();
            while let Some(item) = waiting.pop_front_if(|item| item.stream_sequence <= *through) {
                items += 1;
                derived.extend(self.state.consume(device, item.stream_sequence, &item.item, item.received_at, &rules));
            }
        }
        (derived, items)
    }
}

fn seal_error(record: &StoredRecord, error: SealError) -> AuditError {
    AuditError::Seal { stream: record.stream.to_string(), sequence: record.sequence, error }
}

fn decode_error(record: &StoredRecord, error: DecodeError) -> AuditError {
    AuditError::Decode { stream: record.stream.to_string(), sequence: record.sequence, error }
}
