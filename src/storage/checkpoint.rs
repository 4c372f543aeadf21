//! Checkpoints: signed statements of where the chain stood, which somebody outside can keep.

use std::fmt::Write as _;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use serde::Deserialize;

use super::block::Hash;
use super::keys::DataKey;
use crate::time::Timestamp;

/// Where the chain of a journal stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which journal.
    pub journal_id: [u8; 16],
    /// The position that came next; always the end of a block.
    pub next_position: u64,
    /// SHA-256 of the last block before it.
    pub hash: Hash,
    /// Receipt time.
    pub at: Timestamp,
}

impl Checkpoint {
    /// What is signed: five lines of text, so that anybody can make it again.
    #[must_use]
    pub fn statement(&self) -> String {
        let mut text = String::from("vigil checkpoint 1\n");
        // Writing to a string does not fail.
        let _ = writeln!(text, "journal {}", hex::encode(self.journal_id));
        let _ = writeln!(text, "next_position {}", self.next_position);
        let _ = writeln!(text, "sha256 {}", hex::encode(self.hash));
        let _ = writeln!(text, "at_us {}", self.at.micros());
        text
    }
}

/// A checkpoint with its signature (Ed25519, RFC 8032).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// What was signed.
    pub checkpoint: Checkpoint,
    /// 64 bytes.
    pub signature: Vec<u8>,
}

/// The key of a site's checkpoints. The same key store gives the same key.
pub struct CheckpointKey(Ed25519KeyPair);

impl CheckpointKey {
    pub(super) fn new(seed: &DataKey) -> Self {
        Self(Ed25519KeyPair::from_seed_unchecked(seed.bytes()).expect("any 32 bytes are a seed of Ed25519"))
    }

    /// Signs.
    #[must_use]
    pub fn sign(&self, checkpoint: Checkpoint) -> SignedCheckpoint {
        let signature = self.0.sign(checkpoint.statement().as_bytes()).as_ref().to_vec();
        SignedCheckpoint { checkpoint, signature }
    }

    /// The public key: 32 bytes, to be kept where the witness is.
    #[must_use]
    pub fn public_key(&self) -> Vec<u8> {
        self.0.public_key().as_ref().to_vec()
    }

    /// The checkpoint as one line for a witness.
    #[must_use]
    pub fn line(&self, signed: &SignedCheckpoint) -> String {
        let checkpoint = &signed.checkpoint;
        serde_json::json!({
            "vigil_checkpoint": 1,
            "journal": hex::encode(checkpoint.journal_id),
            "next_position": checkpoint.next_position,
            "sha256": hex::encode(checkpoint.hash),
            "at_us": checkpoint.at.micros(),
            "public_key": hex::encode(self.public_key()),
            "signature": hex::encode(&signed.signature),
        })
        .to_string()
    }
}

impl SignedCheckpoint {
    /// Whether `public_key` signed it.
    #[must_use]
    pub fn is_signed_by(&self, public_key: &[u8]) -> bool {
        let key = UnparsedPublicKey::new(&ED25519, public_key);
        key.verify(self.checkpoint.statement().as_bytes(), &self.signature).is_ok()
    }

    /// Reads a line of a witness. Who signed it is not checked.
    ///
    /// # Errors
    /// What is wrong with the line.
    pub fn parse(line: &str) -> Result<Self, String> {
        let line: Line = serde_json::from_str(line).map_err(|error| error.to_string())?;
        if line.vigil_checkpoint != 1 {
            return Err(format!("vigil_checkpoint is {}; this version knows 1", line.vigil_checkpoint));
        }
        let bytes = |name: &str, text: &str| hex::decode(text).map_err(|_| format!("{name} is not hexadecimal"));
        let length = |name: &str| format!("{name} has the wrong length");
        Ok(Self {
            checkpoint: Checkpoint {
                journal_id: bytes("journal", &line.journal)?.try_into().map_err(|_| length("journal"))?,
                next_position: line.next_position,
                hash: bytes("sha256", &line.sha256)?.try_into().map_err(|_| length("sha256"))?,
                at: Timestamp(line.at_us),
            },
            signature: bytes("signature", &line.signature)?,
        })
    }
}

/// One line of a witness.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    vigil_checkpoint: u32,
    journal: String,
    next_position: u64,
    sha256: String,
    at_us: i64,
    /// For whoever verifies with a key that they have from elsewhere: it is not believed.
    #[serde(rename = "public_key")]
    _public_key: String,
    signature: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: u8) -> CheckpointKey {
        CheckpointKey::new(&DataKey::from_bytes([seed; 32]))
    }

    fn checkpoint() -> Checkpoint {
        Checkpoint { journal_id: [7; 16], next_position: 42, hash: [9; 32], at: Timestamp(1_000) }
    }

    #[test]
    fn a_line_gives_the_checkpoint_back_and_its_signature_holds() {
        let signed = key(1).sign(checkpoint());
        let read = SignedCheckpoint::parse(&key(1).line(&signed)).unwrap();
        assert_eq!(read, signed);
        assert!(read.is_signed_by(&key(1).public_key()));
        assert!(!read.is_signed_by(&key(2).public_key()));
    }

    #[test]
    fn a_checkpoint_that_was_changed_is_not_signed() {
        let signed = key(1).sign(checkpoint());
        for changed in [
            Checkpoint { next_position: 41, ..checkpoint() },
            Checkpoint { hash: [8; 32], ..checkpoint() },
            Checkpoint { at: Timestamp(999), ..checkpoint() },
            Checkpoint { journal_id: [6; 16], ..checkpoint() },
        ] {
            let forged = SignedCheckpoint { checkpoint: changed, ..signed.clone() };
            assert!(!forged.is_signed_by(&key(1).public_key()));
        }
    }

    #[test]
    fn the_statement_is_what_the_documentation_says() {
        let lines = ["vigil checkpoint 1", &format!("journal {}", "07".repeat(16)), "next_position 42"].join("\n");
        assert_eq!(checkpoint().statement(), format!("{lines}\nsha256 {}\nat_us 1000\n", "09".repeat(32)));
    }
}
