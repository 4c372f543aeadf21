//! Records of the stream of checkpoints.

use prost::Message;

use super::error::DecodeError;
use crate::proto::CheckpointRecord;
use crate::storage::{Checkpoint, SignedCheckpoint};
use crate::time::Timestamp;

/// Encodes a record of the stream of checkpoints. The journal is the one that holds it.
#[must_use]
pub fn encode_checkpoint(signed: &SignedCheckpoint) -> Vec<u8> {
    let checkpoint = &signed.checkpoint;
    CheckpointRecord {
        next_position: checkpoint.next_position,
        hash: checkpoint.hash.to_vec(),
        at_us: checkpoint.at.micros(),
        signature: signed.signature.clone(),
    }
    .encode_to_vec()
}

/// Decodes a record of the stream of checkpoints of a journal.
///
/// # Errors
/// [`DecodeError`].
pub fn decode_checkpoint(plaintext: &[u8], journal_id: [u8; 16]) -> Result<SignedCheckpoint, DecodeError> {
    const WHAT: &str = "checkpoint";
    let stored = CheckpointRecord::decode(plaintext).map_err(|error| DecodeError::because(WHAT, error))?;
    let hash = stored.hash.try_into().map_err(|_| DecodeError::because(WHAT, "hash is not 32 bytes"))?;
    let checkpoint = Checkpoint { journal_id, next_position: stored.next_position, hash, at: Timestamp(stored.at_us) };
    Ok(SignedCheckpoint { checkpoint, signature: stored.signature })
}
