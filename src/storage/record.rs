//! A record as it is read back.

use bytes::Bytes;

use super::stream::StreamName;
use crate::proto::RecordKind;
use crate::time::Timestamp;

/// Random per opening of the engine: part of every key that seals records, so that nonces never repeat.
pub type Incarnation = [u8; 16];

/// A committed record with what its block says about it. Its parts are still sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRecord {
    /// Its stream.
    pub stream: StreamName,
    /// Sequence in its stream, from 1.
    pub sequence: u64,
    /// Position in the journal, from 0.
    pub position: u64,
    /// Receipt time of the commit.
    pub at: Timestamp,
    /// The opening of the engine that sealed it.
    pub incarnation: Incarnation,
    /// What it is, as far as it may be known without a key.
    pub kind: RecordKind,
    /// The head, sealed under the stream's key.
    pub sealed: Bytes,
    /// A reading's body, sealed under its patient's key; empty elsewhere.
    pub body: Bytes,
}

/// A committed record as a scan shows it: borrowed from its block, nothing copied.
#[derive(Clone, Copy, Debug)]
pub struct RecordView<'a> {
    /// Position in the journal, from 0.
    pub position: u64,
    /// Receipt time of the commit.
    pub at: Timestamp,
    /// The opening of the engine that sealed it.
    pub incarnation: Incarnation,
    /// Name of its stream.
    pub stream: &'a str,
    /// Sequence in its stream, from 1.
    pub sequence: u64,
    /// Position of the record before it in its stream; `None` for the first.
    pub previous: Option<u64>,
    /// What it is, as far as it may be known without a key.
    pub kind: RecordKind,
    /// The head, sealed under the stream's key.
    pub sealed: &'a [u8],
    /// A reading's body, sealed under its patient's key; empty elsewhere.
    pub body: &'a [u8],
    /// The encoded block that holds it.
    pub(super) block: &'a Bytes,
}

impl RecordView<'_> {
    /// The record on its own. It shares the block's memory, and keeps it alive.
    ///
    /// # Errors
    /// [`super::StreamNameError`] where the name in the header names no stream: the block was not written by us.
    pub fn to_stored(&self) -> Result<StoredRecord, super::StreamNameError> {
        let part = |bytes: &[u8]| if bytes.is_empty() { Bytes::new() } else { self.block.slice_ref(bytes) };
        Ok(StoredRecord {
            stream: StreamName::parse(self.stream)?,
            sequence: self.sequence,
            position: self.position,
            at: self.at,
            incarnation: self.incarnation,
            kind: self.kind,
            sealed: part(self.sealed),
            body: part(self.body),
        })
    }
}
