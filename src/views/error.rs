//! Why views cannot be kept or read.

use crate::storage::{KeyError, ReadError};

/// Why views cannot be kept or read. The journal is not touched by any of them.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// The journal cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A key cannot be had.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The file of the views cannot be opened, read or written.
    #[error("{verb} of {place} fails: {cause}; it can be deleted, and is made again from the journal")]
    File {
        /// What was tried.
        verb: &'static str,
        /// The file.
        place: String,
        /// What redb says.
        cause: String,
    },
    /// Another process has the file.
    #[error("{place} is held by a process that runs: stop it first")]
    Held {
        /// The file.
        place: String,
    },
    /// What was read is not what was written.
    #[error("what the views hold is damaged: `vigil views rebuild` makes them again from the journal")]
    Damaged,
}
