//! Proofs that a record is in the journal that a checkpoint signs: the blocks from the one that holds it to the
//! checkpoint, each naming the hash of the one before it. `examples/verify_inclusion.rs` checks one without this crate.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::AuditError;
use crate::proto::RecordKind;
use crate::storage::codec::decode_checkpoint;
use crate::storage::{Keys, Opener, ReadError, Reader, SignedCheckpoint, StreamName};

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// The journal cannot be read.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// Nothing is signed there yet.
    #[error("no checkpoint covers position {0} yet: they are taken every 10 s or 10,000 records")]
    NotCovered(u64),
}

/// The proof for the record at `position`, under the first checkpoint of the journal that covers it.
///
/// # Errors
/// [`ProofError`].
pub fn prove_inclusion(reader: &Reader, keys: &Keys, position: u64) -> Result<Value, ProofError> {
    let signed = first_checkpoint_after(reader, keys, position)?.ok_or(ProofError::NotCovered(position))?;
    let blocks = reader.encoded_blocks(position, signed.checkpoint.next_position).map_err(AuditError::from)?;
    let blocks: Vec<_> = blocks.iter().map(|block| BASE64_STANDARD.encode(block)).collect();
    let line: Value = serde_json::from_str(&keys.checkpoint().line(&signed)).unwrap_or_default();
    Ok(json!({ "vigil_inclusion": 1, "position": position, "checkpoint": line, "blocks": blocks }))
}

fn first_checkpoint_after(reader: &Reader, keys: &Keys, position: u64) -> Result<Option<SignedCheckpoint>, AuditError> {
    let mut opener = Opener::new(Some(keys.audit()), &StreamName::checkpoints());
    let mut found = Ok(None);
    reader.scan(position, &mut |view| {
        use std::ops::ControlFlow::{Break, Continue};
        if view.kind != RecordKind::Checkpoint {
            return Continue(());
        }
        let damaged = |what: String| AuditError::from(ReadError::Damaged { position: view.position, what });
        let opened = view.to_stored().map_err(|error| damaged(error.to_string())).and_then(|record| {
            let plaintext = opener.open(&record).map_err(|error| damaged(error.to_string()))?;
            let decoded = decode_checkpoint(&plaintext, reader.journal_id());
            decoded.map(|(signed, _)| signed).map_err(|error| damaged(error.to_string()))
        });
        match opened {
            Ok(signed) if signed.checkpoint.next_position <= position => return Continue(()),
            opened => found = opened.map(Some),
        }
        Break(())
    })?;
    found
}
