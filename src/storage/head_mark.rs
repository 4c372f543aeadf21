//! Remembers, beside the journal and unsynced, how far the journal was committed: a journal that opens shorter than
//! that went back, for example because a rotten header made redb choose an older commit.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use redb::StorageBackend;

use super::block::{Hash, hash_of};
use super::disk::{Access, Disk};
use super::error::OpenError;
use super::journal::JournalHead;

const FILE: &str = "head.mark";
const CONTENT_BYTES: usize = 16 + 8 + 32;
const CHECK_BYTES: usize = 8;

/// The open mark. Written after each commit and never synced: it may be behind the journal, never ahead of it.
pub(super) struct HeadMark {
    journal_id: [u8; 16],
    next_position: AtomicU64,
    file: Box<dyn StorageBackend>,
    warned: AtomicBool,
}

impl HeadMark {
    /// Opens the mark of a journal. One that is damaged or of another journal says nothing.
    pub(super) fn open(disk: &dyn Disk, journal_id: &[u8]) -> Result<Option<Self>, OpenError> {
        let fails = |error: io::Error| OpenError::from_io(format!("{}/{FILE}", disk.label()), &error);
        let Ok(journal_id) = journal_id.try_into() else { return Ok(None) };
        let file = disk.open(FILE, Access::Create).map_err(fails)?;
        let mut bytes = [0; CONTENT_BYTES + CHECK_BYTES];
        let mut next_position = 0;
        if file.len().map_err(fails)? >= bytes.len() as u64 {
            file.read(0, &mut bytes).map_err(fails)?;
            next_position = decode(&bytes, &journal_id).unwrap_or(0);
        }
        let next_position = AtomicU64::new(next_position);
        Ok(Some(Self { journal_id, next_position, file, warned: AtomicBool::new(false) }))
    }

    pub(super) fn next_position(&self) -> u64 {
        self.next_position.load(Ordering::Relaxed)
    }

    /// Notes a commit. A failure costs only this second look, so it is no error.
    pub(super) fn set(&self, head: &JournalHead) {
        self.next_position.store(head.next_position, Ordering::Relaxed);
        let written = self.file.write(0, &encode(&self.journal_id, head.next_position, &head.hash));
        if let Err(error) = written
            && !self.warned.swap(true, Ordering::Relaxed)
        {
            tracing::warn!(%error, "write of the head mark fails; a journal that goes back may stay unnoticed");
        }
    }
}

fn encode(journal_id: &[u8; 16], next_position: u64, hash: &Hash) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(CONTENT_BYTES + CHECK_BYTES);
    bytes.extend_from_slice(journal_id);
    bytes.extend_from_slice(&next_position.to_be_bytes());
    bytes.extend_from_slice(hash);
    let check = hash_of(&bytes);
    bytes.extend_from_slice(&check[..CHECK_BYTES]);
    bytes
}

fn decode(bytes: &[u8], journal_id: &[u8; 16]) -> Option<u64> {
    let (content, check) = bytes.split_at_checked(CONTENT_BYTES)?;
    if hash_of(content)[..CHECK_BYTES] != *check || content[..16] != journal_id[..] {
        return None;
    }
    Some(u64::from_be_bytes(content[16..24].try_into().ok()?))
}
