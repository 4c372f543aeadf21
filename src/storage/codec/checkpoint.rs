//! Records of the stream of checkpoints.

use prost::Message;

use super::error::DecodeError;
use crate::clinical::ids::PersonId;
use crate::proto::{CheckpointRecord, RestoreDeclared};
use crate::storage::{Checkpoint, DeclaredRestore, SignedCheckpoint};
use crate::time::Timestamp;

const WHAT: &str = "checkpoint";

/// Encodes a record of the stream of checkpoints. The journal is the one that holds it.
#[must_use]
pub fn encode_checkpoint(signed: &SignedCheckpoint) -> Vec<u8> {
    record(signed, None).encode_to_vec()
}

/// Encodes the checkpoint at which a journal goes on from a backup.
#[must_use]
pub fn encode_restore(signed: &SignedCheckpoint, restore: &DeclaredRestore) -> Vec<u8> {
    let declared = RestoreDeclared {
        first_lost: restore.first_lost,
        seen_until: restore.seen_until.unwrap_or_default(),
        newest_us: restore.newest_at.micros(),
        epoch: restore.epoch,
        by: restore.by.iter().map(ToString::to_string).collect(),
        reason: restore.reason.clone(),
    };
    record(signed, Some(declared)).encode_to_vec()
}

fn record(signed: &SignedCheckpoint, restored: Option<RestoreDeclared>) -> CheckpointRecord {
    let checkpoint = &signed.checkpoint;
    CheckpointRecord {
        next_position: checkpoint.next_position,
        hash: checkpoint.hash.to_vec(),
        at_us: checkpoint.at.micros(),
        signature: signed.signature.clone(),
        restored,
    }
}

/// Decodes a record of the stream of checkpoints of a journal, with the restore that it declares, if it does.
///
/// # Errors
/// [`DecodeError`].
pub fn decode_checkpoint(
    plaintext: &[u8],
    journal_id: [u8; 16],
) -> Result<(SignedCheckpoint, Option<DeclaredRestore>), DecodeError> {
    let stored = CheckpointRecord::decode(plaintext).map_err(|error| DecodeError::because(WHAT, error))?;
    let hash = stored.hash.try_into().map_err(|_| DecodeError::because(WHAT, "hash is not 32 bytes"))?;
    let at = Timestamp(stored.at_us);
    let restored = stored.restored.map(|declared| restore(declared, at)).transpose()?;
    let checkpoint = Checkpoint { journal_id, next_position: stored.next_position, hash, at };
    Ok((SignedCheckpoint { checkpoint, signature: stored.signature }, restored))
}

fn restore(declared: RestoreDeclared, at: Timestamp) -> Result<DeclaredRestore, DecodeError> {
    let by: Result<Vec<_>, _> = declared.by.iter().map(|person| PersonId::new(person)).collect();
    let by = by.map_err(|error| DecodeError::because(WHAT, error))?;
    Ok(DeclaredRestore {
        first_lost: declared.first_lost,
        seen_until: (declared.seen_until > 0).then_some(declared.seen_until),
        newest_at: Timestamp(declared.newest_us),
        epoch: declared.epoch,
        by: by.try_into().map_err(|_| DecodeError::because(WHAT, "a restore is accepted by two people"))?,
        reason: declared.reason,
        at,
    })
}
