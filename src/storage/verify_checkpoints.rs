//! The chain against signed checkpoints: those in the journal, and those that a witness kept.

use std::collections::{BTreeMap, VecDeque};

use super::block::Hash;
use super::checkpoint::SignedCheckpoint;
use super::codec::decode_checkpoint;
use super::error::ReadError;
use super::restore::DeclaredRestore;
use super::verify::Verified;

/// Ends of blocks that are remembered: a checkpoint's record follows within a few commits.
const ENDS_KEPT: usize = 8_192;

/// What is held against the chain.
pub(super) struct Checkpoints<'a> {
    journal_id: [u8; 16],
    public_key: Vec<u8>,
    /// Of the witness, not reached yet, in the order of positions.
    witness: VecDeque<&'a SignedCheckpoint>,
    /// Up to here the witness agrees.
    agreed: u64,
    /// Hashes of the newest blocks, by the position after them.
    ends: BTreeMap<u64, Hash>,
}

impl<'a> Checkpoints<'a> {
    /// The witness's checkpoints must be in the order of positions, and of this journal.
    pub fn new(journal_id: [u8; 16], public_key: Vec<u8>, witness: &'a [SignedCheckpoint]) -> Result<Self, ReadError> {
        if let Some(other) = witness.iter().find(|signed| signed.checkpoint.journal_id != journal_id) {
            let (this, that) = (hex::encode(journal_id), hex::encode(other.checkpoint.journal_id));
            return Err(ReadError::damaged(0, format!("this is journal {this}, but the witness saw {that}")));
        }
        Ok(Self { journal_id, public_key, witness: witness.iter().collect(), agreed: 0, ends: BTreeMap::new() })
    }

    /// After each block.
    pub fn block(&mut self, report: &mut Verified) -> Result<(), ReadError> {
        self.ends.insert(report.next_position, report.hash);
        if self.ends.len() > ENDS_KEPT {
            self.ends.pop_first();
        }
        while let Some(signed) = self.witness.front() {
            let seen = &signed.checkpoint;
            if seen.next_position > report.next_position {
                return Ok(());
            }
            if seen.next_position < report.next_position || seen.hash != report.hash {
                let what = format!(
                    "from here on, and before position {}, the journal is not what the witness saw at {}",
                    seen.next_position, seen.at
                );
                return Err(ReadError::damaged(self.agreed, what));
            }
            self.agreed = seen.next_position;
            self.witness.pop_front();
            report.witnessed += 1;
        }
        Ok(())
    }

    /// A checkpoint in the journal itself.
    pub fn record(&mut self, position: u64, plaintext: &[u8], report: &mut Verified) -> Result<(), ReadError> {
        let wrong = |what: &str| ReadError::damaged(position, what);
        let (signed, restored) =
            decode_checkpoint(plaintext, self.journal_id).map_err(|error| wrong(&error.to_string()))?;
        if !signed.is_signed_by(&self.public_key) {
            return Err(wrong("the signature of a checkpoint does not hold"));
        }
        match self.ends.get(&signed.checkpoint.next_position) {
            Some(hash) if *hash == signed.checkpoint.hash => {}
            None if signed.checkpoint.next_position == 0 && signed.checkpoint.hash == Hash::default() => {}
            _ => return Err(wrong("a checkpoint is not what the chain before it says")),
        }
        report.checkpoints += 1;
        match restored {
            Some(restore) if restore.first_lost != position => Err(wrong("a restore is declared at another position")),
            Some(restore) => {
                self.pass_over(&restore, report);
                report.restores.push(restore);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// What the witness saw of the lost range is not held against what came in its place: the loss was declared.
    fn pass_over(&mut self, restore: &DeclaredRestore, report: &mut Verified) {
        let before = self.witness.len();
        self.witness.retain(|signed| {
            let seen = &signed.checkpoint;
            seen.next_position <= restore.first_lost || seen.at > restore.at
        });
        report.witness_lost += (before - self.witness.len()) as u64;
    }

    /// After the last block.
    pub fn end(&self, report: &Verified) -> Result<(), ReadError> {
        let Some(signed) = self.witness.back() else { return Ok(()) };
        let what = format!(
            "the journal ends here, but the witness saw it at position {} at {}: it was cut off or rolled back",
            signed.checkpoint.next_position, signed.checkpoint.at
        );
        Err(ReadError::damaged(report.next_position, what))
    }
}
