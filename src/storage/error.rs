//! Errors, split by operation.

use std::fmt;
use std::io;
use std::sync::Arc;

/// Why a data folder cannot be opened. Says what, where, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error("{folder} is held by {holder}: stop that one first, or use a verb that only reads")]
    Held {
        /// The folder.
        folder: String,
        /// Process id, as far as known.
        holder: String,
    },
    /// It was written by another version of the stored format.
    #[error("{place} has stored format {found}; this version reads format {supported}: use the version that wrote it")]
    Version {
        /// The file.
        place: String,
        /// What is there.
        found: String,
        /// What this version reads.
        supported: u32,
    },
    /// The folder or file may not be written.
    #[error("{place} cannot be written: {cause}; give this user write permission, or use a verb that only reads")]
    ReadOnly {
        /// The folder or file.
        place: String,
        /// What the file system says.
        cause: String,
    },
    /// No space.
    #[error("the disk of {place} is full: free space, then start again; nothing that was receipted is lost")]
    Full {
        /// The folder or file.
        place: String,
    },
    /// There is no journal where only reading was asked for.
    #[error("{folder} holds no journal: check --data-dir")]
    Absent {
        /// The folder.
        folder: String,
    },
    /// It was not closed, and repairing it takes the right to write.
    #[error("{place} was left by a process that ended without closing it: run `vigil serve` once, which repairs it")]
    Unclosed {
        /// The file.
        place: String,
    },
    /// Stored bytes are not what was written.
    #[error("{place} is damaged: {what}; restore the folder from a copy (nothing was changed)")]
    Damaged {
        /// The file.
        place: String,
        /// What is wrong with it.
        what: String,
    },
    /// The journal ends before records that were committed.
    #[error(
        "{folder} went back: the journal ends before position {found}, but positions up to {expected} were committed; \
         nothing was changed; put the newer copy of the folder back"
    )]
    WentBack {
        /// The folder.
        folder: String,
        /// The journal's next position.
        found: u64,
        /// The next position that it had before.
        expected: u64,
    },
    /// The key folder is missing, or belongs to another journal.
    #[error("the keys in {keys} do not fit the journal in {data}: {what}; restore the key folder from its own copy")]
    WrongKeys {
        /// The key folder.
        keys: String,
        /// The data folder.
        data: String,
        /// What does not fit.
        what: String,
    },
    /// It is a backup: what is written into it would be lost with the next one.
    #[error(
        "{folder} is a backup: nothing runs in it; `vigil restore --from {folder} --data-dir DIR` makes a journal of it"
    )]
    Backup {
        /// The folder.
        folder: String,
    },
    /// A restore into it did not come to its end.
    #[error("{folder} holds a restore that did not finish: run the same `vigil restore` again, which begins anew")]
    Unfinished {
        /// The folder.
        folder: String,
    },
    /// Another failure of the file system.
    #[error("open of {place} fails: {cause}")]
    Io {
        /// The folder or file.
        place: String,
        /// What the file system says.
        cause: String,
    },
}

impl OpenError {
    /// The right variant for what the file system says about `place`.
    pub(super) fn from_io(place: impl Into<String>, error: &io::Error) -> Self {
        let (place, cause) = (place.into(), error.to_string());
        match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { place, cause },
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { place },
            _ => Self::Io { place, cause },
        }
    }
}

/// Why stored records cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Stored bytes are not what was written: nothing after them was shown.
    #[error("the journal is damaged at position {position}: {what}; run `vigil audit verify`, restore from a copy")]
    Damaged {
        /// The first position that is affected, as far as known.
        position: u64,
        /// What is wrong.
        what: String,
    },
    /// The storage engine reports a failure.
    #[error("a read of the journal fails: {cause}; the engine must be reopened")]
    Failed {
        /// What the engine says.
        cause: String,
    },
    /// The store was closed.
    #[error("the journal is closed")]
    Closed,
}

impl ReadError {
    pub(super) fn damaged(position: u64, what: impl Into<String>) -> Self {
        Self::Damaged { position, what: what.into() }
    }
}

/// Why blocks were not appended. Whether they are durable nevertheless is unknown, except where it is said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// A writer with a newer epoch exists; nothing was written.
    #[error("another writer took over with epoch {newest}; this one has epoch {epoch} and must stop")]
    Fenced {
        /// The epoch of the refused writer.
        epoch: u64,
        /// The newest epoch.
        newest: u64,
    },
    /// The blocks do not continue the journal; nothing was written.
    #[error("the append begins at position {first_position}, but the journal's next position is {next_position}")]
    NotNext {
        /// Where the append begins.
        first_position: u64,
        /// Where it should.
        next_position: u64,
    },
    /// No space; the engine must be reopened.
    #[error("the disk is full: free space; nothing that was receipted is lost")]
    Full,
    /// The commit failed or its outcome is unknown; the engine must be reopened.
    #[error("the commit fails: {cause}")]
    Failed {
        /// What the engine says.
        cause: String,
    },
    /// The journal was closed; nothing was written.
    #[error("the journal is closed")]
    Closed,
}

/// The writer has stopped: nothing more is committed until the store is opened anew.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the journal's writer has stopped: {reason}")]
pub struct Stopped {
    /// Why.
    pub reason: Arc<StopReason>,
}

/// Why the writer has stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// The store was closed.
    Closed,
    /// A commit failed: reopen and reconcile.
    Commit(AppendError),
    /// An actor appended a record out of its stream's order: a fault of ours.
    OutOfOrder {
        /// The stream's kind; its id stays out of logs.
        kind: &'static str,
        /// The sequence that was due.
        expected: u64,
        /// The sequence that came.
        found: u64,
    },
    /// The writer's thread panicked.
    Panicked(String),
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("the store was closed"),
            Self::Commit(error) => error.fmt(f),
            Self::OutOfOrder { kind, expected, found } => {
                write!(f, "a {kind} stream was to go on with sequence {expected}, but {found} came; report this fault")
            }
            Self::Panicked(what) => write!(f, "its thread panicked: {what}"),
        }
    }
}
