//! Why a journal could not be audited.

use crate::storage::codec::DecodeError;
use crate::storage::{ItemError, KeyError, ReadError, SealError, StoredRecord};

/// Why a journal could not be audited.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The journal could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A key could not be had.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A record does not open.
    #[error("{stream} {sequence}: {error}")]
    Seal {
        /// Its stream.
        stream: String,
        /// Its sequence there.
        sequence: u64,
        /// Why.
        error: SealError,
    },
    /// A record opens, but does not decode.
    #[error("{stream} {sequence}: {error}")]
    Decode {
        /// Its stream.
        stream: String,
        /// Its sequence there.
        sequence: u64,
        /// Why.
        error: DecodeError,
    },
    /// The readings that a record was decided by could not be read.
    #[error("{stream} {sequence}: {error}")]
    Items {
        /// Its stream.
        stream: String,
        /// Its sequence there.
        sequence: u64,
        /// Why.
        error: ItemError,
    },
    /// A record names a stream that this platform does not have.
    #[error("position {position}: the record's stream is none of ours")]
    ForeignStream {
        /// Where it stands.
        position: u64,
    },
}

pub(in crate::audit) fn seal_error(record: &StoredRecord, error: SealError) -> AuditError {
    AuditError::Seal { stream: record.stream.to_string(), sequence: record.sequence, error }
}

pub(in crate::audit) fn decode_error(record: &StoredRecord, error: DecodeError) -> AuditError {
    AuditError::Decode { stream: record.stream.to_string(), sequence: record.sequence, error }
}

pub(super) fn unread(record: &StoredRecord, error: ItemError) -> AuditError {
    AuditError::Items { stream: record.stream.to_string(), sequence: record.sequence, error }
}
