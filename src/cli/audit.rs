//! `vigil audit`: chain, positions, sequences, seals; and who saw a patient's data.

use std::collections::HashMap;
use std::io::Write as _;

use super::Failure;
use super::exit;
use super::progress::bar;
use super::store::{DataArgs, unreadable};
use crate::audit::{accesses_of, audit_event};
use crate::clinical::ids::{DeviceId, PatientId};
use crate::storage::codec::decode_device;
use crate::storage::{BodyKey, KeyError, Keys, StoredRecord, verify};

/// What can be proved of the journal.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Verifies the chain of blocks, every stream's sequence and back-pointers, and every seal. Exits 1 and names the
    /// first bad position.
    ///
    /// Example: vigil audit verify --data-dir data
    Verify {
        #[command(flatten)]
        data: DataArgs,
        /// One JSON object instead of a line.
        #[arg(long)]
        json: bool,
    },
    /// Every access to a patient's data, refused ones too, as one FHIR R4 `AuditEvent` per line, oldest first.
    ///
    /// Example: vigil audit export --data-dir data --patient p-17 > p-17.ndjson
    Export {
        #[command(flatten)]
        data: DataArgs,
        /// The patient.
        #[arg(long)]
        patient: String,
    },
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    match &args.verb {
        Verb::Verify { data, json } => verify_journal(data, *json),
        Verb::Export { data, patient } => export(data, patient),
    }
}

fn export(data: &DataArgs, patient: &str) -> Result<(), Failure> {
    let patient = PatientId::new(patient).map_err(|error| Failure::new(exit::BAD_DATA, error))?;
    let store = data.open()?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut written = Ok(());
    accesses_of(&store.reader(), &store.keys(), &patient, &mut |sequence, access| {
        if written.is_ok() {
            written = writeln!(out, "{}", audit_event(sequence, access, &patient));
        }
    })
    .map_err(unreadable)?;
    written?;
    Ok(out.flush()?)
}

fn verify_journal(data: &DataArgs, json: bool) -> Result<(), Failure> {
    let store = data.open_to_verify()?;
    let (reader, keys) = (store.reader(), store.keys());
    let bar = bar("records");
    bar.set_length(reader.next_position());
    let mut owners = BodyOwners { keys: keys.clone(), known: HashMap::new() };
    let outcome = verify(&reader, &keys, &mut |record, head| owners.key(record, head), &mut |so_far| {
        bar.set_position(so_far.records);
    });
    bar.finish_and_clear();
    let verified = outcome.map_err(unreadable)?;
    if json {
        println!(
            "{}",
            serde_json::json!({
                "blocks": verified.blocks, "records": verified.records, "streams": verified.streams,
                "opened": verified.opened, "erased": verified.erased, "without_key": verified.without_key,
                "next_position": verified.next_position, "hash": hex::encode(verified.hash),
            })
        );
    } else {
        println!(
            "verified {} records in {} blocks of {} streams; {} seals opened, {} erased, {} without a key; chain ends \
             before position {} with {}",
            verified.records,
            verified.blocks,
            verified.streams,
            verified.opened,
            verified.erased,
            verified.without_key,
            verified.next_position,
            hex::encode(verified.hash)
        );
    }
    Ok(())
}

/// Finds the key of a body: the bookkeeping before it names the patient to whom it belongs.
struct BodyOwners {
    keys: Keys,
    known: HashMap<PatientId, BodyKey>,
}

impl BodyOwners {
    fn key(&mut self, record: &StoredRecord, head: &[u8]) -> BodyKey {
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
