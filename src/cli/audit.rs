//! `vigil audit`: chain, positions, sequences, seals; and who saw a patient's data.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::Failure;
use super::exit;
use super::progress::bar;
use super::store::{DataArgs, unreadable};
use crate::audit::{accesses_of, audit_event, prove_inclusion, read_witness};
use crate::clinical::ids::PatientId;
use crate::storage::{BodyOwners, DeclaredRestore, Keys, SignedCheckpoint, Verify, verify};

/// What can be proved of the journal.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Verifies the chain of blocks, every stream's sequence and back-pointers, every seal and every signed checkpoint;
    /// with a witness also that nothing was changed, cut off or rolled back since it saw the journal. Exits 1 and names
    /// the first bad position.
    ///
    /// Example: vigil audit verify --data-dir data --witness /mnt/other/witness.jsonl
    Verify {
        #[command(flatten)]
        data: DataArgs,
        /// What a witness kept: a checkpoint per line.
        #[arg(long, value_name = "FILE")]
        witness: Option<PathBuf>,
        /// One JSON object instead of a line.
        #[arg(long)]
        json: bool,
    },
    /// A proof that one record is in the journal that a checkpoint signs, for a verifier that knows nothing of Vigil:
    /// `examples/verify_inclusion.rs`.
    ///
    /// Example: vigil audit prove --data-dir data --position 4711 > proof.json
    Prove {
        #[command(flatten)]
        data: DataArgs,
        /// Position of the record in the journal.
        #[arg(long)]
        position: u64,
    },
    /// The public key of this site's checkpoints, in hexadecimal: keep it where the witness is.
    PublicKey {
        #[command(flatten)]
        data: DataArgs,
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
        Verb::Verify { data, witness, json } => verify_journal(data, witness.as_deref(), *json),
        Verb::Prove { data, position } => prove(data, *position),
        Verb::PublicKey { data } => {
            println!("{}", hex::encode(data.open()?.keys().checkpoint().public_key()));
            Ok(())
        }
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

fn prove(data: &DataArgs, position: u64) -> Result<(), Failure> {
    let store = data.open()?;
    match prove_inclusion(&store.reader(), &store.keys(), position) {
        Ok(proof) => println!("{proof}"),
        Err(error) => return Err(unreadable(error)),
    }
    Ok(())
}

/// What a witness kept, all of it signed by this site.
pub(super) fn witnessed(file: &Path, keys: &Keys) -> Result<Vec<SignedCheckpoint>, Failure> {
    let bad = |code, why: &dyn std::fmt::Display| Failure::new(code, format_args!("{}: {why}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| bad(exit::BAD_DATA, &error))?;
    read_witness(&text, &keys.checkpoint().public_key()).map_err(|error| bad(exit::NO, &error))
}

fn verify_journal(data: &DataArgs, witness: Option<&Path>, json: bool) -> Result<(), Failure> {
    let store = data.open_to_verify()?;
    let (reader, keys) = (store.reader(), store.keys());
    let witness = witness.map(|file| witnessed(file, &keys)).transpose()?.unwrap_or_default();
    let bar = bar("records");
    bar.set_length(reader.next_position());
    let mut owners = BodyOwners::new(keys.clone());
    let asked = Verify {
        keys: &keys,
        body_key: &mut |record, head| owners.key(record, head),
        witness: &witness,
        progress: &mut |so_far| bar.set_position(so_far.records),
    };
    let outcome = verify(&reader, asked);
    bar.finish_and_clear();
    let verified = outcome.map_err(unreadable)?;
    if json {
        println!(
            "{}",
            serde_json::json!({
                "blocks": verified.blocks, "records": verified.records, "streams": verified.streams,
                "opened": verified.opened, "erased": verified.erased, "without_key": verified.without_key,
                "erased_range": verified.erased_range,
                "checkpoints": verified.checkpoints, "witnessed": verified.witnessed,
                "restores": verified.restores.len(), "witness_lost": verified.witness_lost,
                "next_position": verified.next_position, "hash": hex::encode(verified.hash),
            })
        );
    } else {
        println!(
            "verified {} records in {} blocks of {} streams; {} seals opened, {} erased, {} without a key; {} \
             checkpoints signed, {} of the witness hold; chain ends before position {} with {}",
            verified.records,
            verified.blocks,
            verified.streams,
            verified.opened,
            verified.erased,
            verified.without_key,
            verified.checkpoints,
            verified.witnessed,
            verified.next_position,
            hex::encode(verified.hash)
        );
    }
    if !json {
        verified.restores.iter().for_each(say_restore);
    }
    if let Some((first, last)) = verified.erased_range.filter(|_| !json) {
        println!("erased for good, because keys were destroyed: parts of records from position {first} through {last}");
    }
    Ok(())
}

/// What a restore lost, and who accepted it.
pub(super) fn say_restore(restore: &DeclaredRestore) {
    let DeclaredRestore { first_lost, epoch, by: [first, second], reason, at, .. } = restore;
    let until = restore.seen_until.map_or_else(String::new, |until| format!(", which a witness saw until {until}"));
    println!(
        "restored from a backup at {at}, epoch {epoch}: what was at position {first_lost} and after{until}, is lost; \
         accepted by {first} and {second}: {reason}"
    );
}
