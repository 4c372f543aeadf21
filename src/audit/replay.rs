//! Re-derives every event of every patient from the journaled inputs, and compares (I2).

use std::collections::HashMap;
use std::sync::Arc;

use crate::clinical::alert::AlertEvent;
use crate::clinical::ids::PatientId;
use crate::clinical::patient::{PatientInput, PatientRecord, PatientState};
use crate::clinical::rules::RuleSet;
use crate::storage::codec::{DecodeError, decode_patient, decode_rules};
use crate::storage::{
    ItemError, KeyError, Keys, Opener, ReadError, Reader, SealError, StreamKind, StreamName, Streams, read_items,
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
    /// Items of a device could not be read.
    #[error(transparent)]
    Items(#[from] ItemError),
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
}

/// The first place where what is stored does not follow from the inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The patient's stream.
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

/// Replays every patient's stream. `engine` is the version of this program's pure core; `progress` is called with the
/// number of patients done and all.
///
/// # Errors
/// [`AuditError`]: the journal cannot be read. A difference is not an error but a finding.
pub fn replay(
    reader: &Reader,
    streams: &Streams,
    keys: &Keys,
    engine: u32,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<(Replayed, Option<Difference>), AuditError> {
    let rules = journaled_rules(reader, keys)?;
    let names = streams.names(StreamKind::Patient);
    let mut sum = Replayed::default();
    for (done, name) in names.iter().enumerate() {
        progress(done, names.len());
        let replay = PatientReplay { reader, keys, rules: &rules, engine };
        if let Some(difference) = replay.run(name, &mut sum)? {
            return Ok((sum, Some(difference)));
        }
    }
    progress(names.len(), names.len());
    Ok((sum, None))
}

/// Every rule set in the journal that this version understands, by its hash.
fn journaled_rules(reader: &Reader, keys: &Keys) -> Result<HashMap<[u8; 32], Arc<RuleSet>>, AuditError> {
    let name = StreamName::rules();
    let mut opener = Opener::new(Some(keys.care()), &name);
    let mut sets = HashMap::new();
    for record in reader.tail(&name, 0)? {
        let place = |sequence| (name.to_string(), sequence);
        let plaintext = opener.open(&record).map_err(|error| seal_error(place(record.sequence), error))?;
        let stored = decode_rules(&plaintext).map_err(|error| decode_error(place(record.sequence), error))?;
        if let Ok(set) = RuleSet::parse(&stored.files) {
            sets.insert(set.hash(), Arc::new(set));
        }
    }
    Ok(sets)
}

struct PatientReplay<'a> {
    reader: &'a Reader,
    keys: &'a Keys,
    rules: &'a HashMap<[u8; 32], Arc<RuleSet>>,
    engine: u32,
}

impl PatientReplay<'_> {
    fn run(&self, name: &StreamName, sum: &mut Replayed) -> Result<Option<Difference>, AuditError> {
        let Ok(patient) = PatientId::new(name.id()) else { return Ok(None) };
        let key = match self.keys.patient(&patient) {
            Ok(Some(key)) => key,
            Ok(None) | Err(KeyError::Destroyed) => {
                sum.patients_erased += 1;
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        let mut opener = Opener::new(Some(key), name);
        let mut state = PatientState::default();
        let mut rules = None;
        sum.patients += 1;
        for record in self.reader.tail(name, 0)? {
            let place = || (name.to_string(), record.sequence);
            let plaintext = opener.open(&record).map_err(|error| seal_error(place(), error))?;
            let stored = decode_patient(&plaintext).map_err(|error| decode_error(place(), error))?;
            if let PatientInput::RulesAdopted { hash, engine } = &stored.input {
                rules = self.rules.get(hash).filter(|_| *engine == self.engine).cloned();
                if rules.is_none() {
                    sum.patients_of_other_versions += 1;
                    return Ok(None);
                }
            }
            let derived = self.derive(&patient, &mut state, &stored, rules.as_deref(), sum)?;
            sum.inputs += 1;
            sum.events += stored.events.len() as u64;
            if derived != stored.events {
                let (sequence, position) = (record.sequence, record.position);
                let difference =
                    Difference { stream: name.clone(), sequence, position, stored: stored.events, derived };
                return Ok(Some(difference));
            }
        }
        Ok(None)
    }

    fn derive(
        &self,
        patient: &PatientId,
        state: &mut PatientState,
        stored: &PatientRecord,
        rules: Option<&RuleSet>,
        sum: &mut Replayed,
    ) -> Result<Vec<AlertEvent>, AuditError> {
        let PatientInput::Consumed(runs) = &stored.input else {
            // A refused command would not have been stored: refused now, it gives no events, which is a difference.
            return Ok(state.handle(&stored.input, stored.now).ok().flatten().unwrap_or_default());
        };
        let mut derived = Vec::new();
        // Rules are adopted before the first item is consumed.
        let Some(rules) = rules else { return Ok(derived) };
        for run in runs {
            let from = state.mark(&run.device) + 1;
            for item in read_items(self.reader, self.keys, patient, &run.device, from, run.through)? {
                sum.items += 1;
                derived.extend(state.consume(&run.device, item.stream_sequence, &item.item, item.received_at, rules));
            }
        }
        Ok(derived)
    }
}

fn seal_error((stream, sequence): (String, u64), error: SealError) -> AuditError {
    AuditError::Seal { stream, sequence, error }
}

fn decode_error((stream, sequence): (String, u64), error: DecodeError) -> AuditError {
    AuditError::Decode { stream, sequence, error }
}
