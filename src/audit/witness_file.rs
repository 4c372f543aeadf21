//! What a witness kept: one checkpoint per line.

use crate::storage::SignedCheckpoint;

/// Why a witness's file cannot be held against a journal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WitnessError {
    /// A line is no checkpoint.
    #[error("line {line} is no checkpoint: {what}")]
    Malformed {
        /// From 1.
        line: usize,
        /// What is wrong.
        what: String,
    },
    /// A line was signed by somebody else, or changed.
    #[error("line {line} was not signed with this site's key, or was changed")]
    Unsigned {
        /// From 1.
        line: usize,
    },
    /// Nothing to hold against anything.
    #[error("it holds no checkpoint")]
    Empty,
}

/// Reads the checkpoints of a witness, in the order of positions: all of the journal that it saw last. A last line that
/// was cut off while it was written is passed over.
///
/// # Errors
/// [`WitnessError`].
pub fn read_witness(text: &str, public_key: &[u8]) -> Result<Vec<SignedCheckpoint>, WitnessError> {
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let mut checkpoints = Vec::new();
    for (line, text) in (1..).zip(whole.lines()).filter(|(_, text)| !text.trim().is_empty()) {
        let signed = SignedCheckpoint::parse(text).map_err(|what| WitnessError::Malformed { line, what })?;
        if !signed.is_signed_by(public_key) {
            return Err(WitnessError::Unsigned { line });
        }
        checkpoints.push(signed);
    }
    let journal = checkpoints.last().ok_or(WitnessError::Empty)?.checkpoint.journal_id;
    checkpoints.retain(|signed| signed.checkpoint.journal_id == journal);
    checkpoints.sort_by_key(|signed| signed.checkpoint.next_position);
    Ok(checkpoints)
}
