//! Verification of a whole journal: chain, positions, streams, back-pointers, seals.

use std::collections::HashMap;
use std::ops::ControlFlow;

use super::block::{Block, Hash};
use super::checkpoint::SignedCheckpoint;
use super::error::ReadError;
use super::keys::{DataKey, KeyError, Keys};
use super::reader::Reader;
use super::record::{RecordView, StoredRecord};
use super::restore::DeclaredRestore;
use super::seal::{Opener, SealError};
use super::stream::{Committed, StreamName};
use super::verify_checkpoints::Checkpoints;
use crate::proto::RecordKind;
use crate::time::Timestamp;

/// What a verified journal holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Blocks.
    pub blocks: u64,
    /// Records.
    pub records: u64,
    /// Streams.
    pub streams: u64,
    /// Heads and bodies whose tag was checked.
    pub opened: u64,
    /// Heads and bodies that nobody can open any more, because their key was destroyed.
    pub erased: u64,
    /// The first and the last position of which something is erased.
    pub erased_range: Option<(u64, u64)>,
    /// Heads and bodies for which the key store knows no key, destroyed or not.
    pub without_key: u64,
    /// Position after the last record.
    pub next_position: u64,
    /// SHA-256 of the last block: what a signed checkpoint names.
    pub hash: Hash,
    /// Checkpoints in the journal whose signature holds and that fit the chain.
    pub checkpoints: u64,
    /// Checkpoints of the witness that fit the chain.
    pub witnessed: u64,
    /// Where the journal goes on from a backup, and who accepted the loss.
    pub restores: Vec<DeclaredRestore>,
    /// Checkpoints of the witness that lie in a range whose loss was declared.
    pub witness_lost: u64,
}

impl Verified {
    fn erase(&mut self, position: u64, parts: u64) {
        self.erased += parts;
        self.erased_range = Some((self.erased_range.map_or(position, |(first, _)| first), position));
    }
}

/// The key of a record's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyKey {
    /// This one.
    Key(DataKey),
    /// It was destroyed.
    Destroyed,
    /// It is not known.
    Unknown,
}

/// What a verification asks.
pub struct Verify<'a> {
    /// The keys of the journal.
    pub keys: &'a Keys,
    /// Names the key of a record's body from its opened head.
    pub body_key: &'a mut dyn FnMut(&StoredRecord, &[u8]) -> BodyKey,
    /// What a witness kept, by position; whether they are signed is for the caller to check.
    pub witness: &'a [SignedCheckpoint],
    /// Is told, block by block, how far it is.
    pub progress: &'a mut dyn FnMut(&Verified),
}

/// Verifies everything that the reader sees, also against what a witness saw.
///
/// # Errors
/// [`ReadError::Damaged`] with the first bad position and what is wrong there; other errors where reading fails.
pub fn verify(reader: &Reader, asked: Verify<'_>) -> Result<Verified, ReadError> {
    let end = reader.next_position();
    let Verify { keys, body_key, witness, progress } = asked;
    let mut walk = Walk {
        keys,
        body_key,
        checkpoints: Checkpoints::new(reader.journal_id(), keys.checkpoint().public_key(), witness)?,
        streams: HashMap::new(),
        report: Verified::default(),
        newest: (0, Timestamp::MIN),
    };
    reader.scan_blocks(0, &mut |block| {
        if block.header.first_position >= end {
            return Ok(ControlFlow::Break(()));
        }
        walk.block(block)?;
        progress(&walk.report);
        Ok(ControlFlow::Continue(()))
    })?;
    if walk.report.next_position < end {
        let what = format!("the journal ends here, but position {end} was said to come next");
        return Err(ReadError::damaged(walk.report.next_position, what));
    }
    walk.checkpoints.end(&walk.report)?;
    Ok(walk.report)
}

struct Walk<'a> {
    keys: &'a Keys,
    body_key: &'a mut dyn FnMut(&StoredRecord, &[u8]) -> BodyKey,
    checkpoints: Checkpoints<'a>,
    streams: HashMap<StreamName, Seen>,
    report: Verified,
    /// Epoch and receipt time of the block before.
    newest: (u64, Timestamp),
}

/// What was seen of one stream.
struct Seen {
    end: Committed,
    head: Result<Option<Opener>, Erased>,
    body: Option<(DataKey, Opener)>,
}

/// The key was destroyed.
struct Erased;

impl Walk<'_> {
    fn block(&mut self, block: &Block) -> Result<(), ReadError> {
        let header = &block.header;
        let wrong = |what: &str| ReadError::damaged(header.first_position, what);
        if header.first_position != self.report.next_position {
            return Err(ReadError::damaged(self.report.next_position, "records are missing"));
        }
        if header.previous_hash != self.report.hash {
            return Err(wrong("the block does not name the hash of the one before it"));
        }
        if header.epoch < self.newest.0 || header.at < self.newest.1 {
            return Err(wrong("its epoch or time lies before that of the block before"));
        }
        for view in block.records() {
            self.record(&view.map_err(|error| wrong(error.0))?)?;
        }
        self.newest = (header.epoch, header.at);
        self.report.blocks += 1;
        self.report.next_position = block.next_position();
        self.report.hash = block.hash;
        self.checkpoints.block(&mut self.report)
    }

    fn record(&mut self, view: &RecordView<'_>) -> Result<(), ReadError> {
        let wrong = |what: &str| ReadError::damaged(view.position, what);
        let record = view.to_stored().map_err(|error| wrong(&error.to_string()))?;
        if !self.streams.contains_key(&record.stream) {
            let head = head_opener(self.keys, &record.stream).map_err(|error| wrong(&error.to_string()))?;
            self.streams.insert(record.stream.clone(), Seen { end: Committed::default(), head, body: None });
            self.report.streams += 1;
        }
        let seen = self.streams.get_mut(&record.stream).ok_or_else(|| wrong("its stream is unknown"))?;
        let previous = (seen.end.sequence > 0).then_some(seen.end.position);
        if record.sequence != seen.end.sequence + 1 {
            return Err(wrong("its stream has a gap or a repetition before it"));
        }
        if view.previous != previous {
            return Err(wrong("its back-pointer is wrong"));
        }
        seen.end = Committed { sequence: record.sequence, position: record.position };
        self.report.records += 1;
        let head = match &mut seen.head {
            Ok(Some(opener)) => opener.open(&record).map_err(|error| wrong(&error.to_string()))?,
            Ok(None) => {
                self.report.without_key += 1 + u64::from(!record.body.is_empty());
                return Ok(());
            }
            Err(Erased) => {
                self.report.erase(record.position, 1 + u64::from(!record.body.is_empty()));
                return Ok(());
            }
        };
        self.report.opened += 1;
        if record.kind == RecordKind::Checkpoint {
            self.checkpoints.record(record.position, &head, &mut self.report)?;
        }
        if record.body.is_empty() {
            return Ok(());
        }
        match (self.body_key)(&record, &head) {
            BodyKey::Destroyed => self.report.erase(record.position, 1),
            BodyKey::Unknown => self.report.without_key += 1,
            BodyKey::Key(key) => {
                open_body(seen, key, &record).map_err(|error| wrong(&error.to_string()))?;
                self.report.opened += 1;
            }
        }
        Ok(())
    }
}

fn open_body(seen: &mut Seen, key: DataKey, record: &StoredRecord) -> Result<(), SealError> {
    let known = seen.body.take().filter(|(known, _)| *known == key);
    let (_, opener) = seen.body.insert(known.unwrap_or_else(|| {
        let opener = Opener::new(Some(key.clone()), &record.stream);
        (key, opener)
    }));
    opener.open_body(record).map(drop)
}

fn head_opener(keys: &Keys, stream: &StreamName) -> Result<Result<Option<Opener>, Erased>, KeyError> {
    match keys.stream(stream) {
        Ok(key) => Ok(Ok(key.map(|key| Opener::new(Some(key), stream)))),
        Err(KeyError::Destroyed) => Ok(Err(Erased)),
        Err(error) => Err(error),
    }
}
