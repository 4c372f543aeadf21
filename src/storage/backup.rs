//! A backup: the journal's blocks, copied beside whoever writes them, chained as they are, and verified.
//!
//! A second backup into the same folder adds what is new. Keys are not in it: they have a copy of their own.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::block::EncodedBlock;
use super::body_owners::BodyOwners;
use super::checkpoint::{Checkpoint, SignedCheckpoint};
use super::disk::{Access, Disk};
use super::error::{AppendError, OpenError, ReadError};
use super::files::journal_exists;
use super::folder_marks::{self, BackupMark, counts_as_nothing};
use super::journal::{Journal, JournalHead};
use super::lock::FolderLock;
use super::options::{Backend, StoreOptions};
use super::redb_journal::RedbJournal;
use super::store::{ReadOnlyStore, Store};
use super::verify::{Verified, Verify, verify};
use crate::proto::Genesis;
use crate::time::Timestamp;

/// Bytes of blocks that one commit of the copy takes, about.
const COMMIT_BYTES: usize = 8 << 20;

/// Why there is no newer backup. The one that was there before is as good as it was.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The journal, the keys or the backup cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The journal, or the copy of it, cannot be read.
    #[error("{folder}: {error}")]
    Read {
        /// Which of the two.
        folder: String,
        /// Why.
        error: ReadError,
    },
    /// The copy cannot be written.
    #[error("{folder}: {error}; what was copied stays, and the next backup goes on from there")]
    Write {
        /// The backup.
        folder: String,
        /// Why.
        error: AppendError,
    },
    /// The folder holds something else.
    #[error("{folder} {what}; name an empty folder, or one that holds a backup of this journal")]
    Foreign {
        /// The folder.
        folder: String,
        /// What it holds.
        what: String,
    },
    /// The copy and the journal part from each other.
    #[error("{folder} {what}: one of the two went back; keep both, and run `vigil audit verify` on each")]
    Parted {
        /// The backup.
        folder: String,
        /// Where.
        what: String,
    },
}

/// What a backup holds now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackedUp {
    /// All of it, verified.
    pub verified: Verified,
    /// Blocks that this backup added.
    pub new_blocks: u64,
}

/// Copies the journal of `from` into the folder of `to`, and verifies the whole copy: chain, streams, seals,
/// checkpoints. `progress` is told (position reached, position of the end), once for the copy and once for the
/// verification. Blocks.
///
/// # Errors
/// [`BackupError`]
pub fn back_up(
    from: &StoreOptions,
    to: &StoreOptions,
    now: Timestamp,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<BackedUp, BackupError> {
    let source = Store::open_read_only(from)?;
    let disk = to.data_disk(Access::Create)?;
    let _lock = lock(to)?;
    let key = source.keys().checkpoint();
    match folder_marks::read_backup(&*disk)? {
        BackupMark::Absent => {
            expect_empty(&*disk)?;
            folder_marks::write_backup(&*disk, &key, None)?;
        }
        BackupMark::Begun | BackupMark::Until(_) => {}
    }
    let new_blocks = copy(&source, to, &disk, source.epoch, progress)?;
    let verified = verify_copy(to, &source.head, &[], progress)?;
    let checkpoint = Checkpoint {
        journal_id: source.reader().journal_id(),
        next_position: verified.next_position,
        hash: verified.hash,
        at: now,
    };
    folder_marks::write_backup(&*disk, &key, Some(&key.sign(checkpoint)))?;
    Ok(BackedUp { verified, new_blocks })
}

pub(super) fn lock(options: &StoreOptions) -> Result<Option<FolderLock>, OpenError> {
    match options.backend {
        Backend::Files => FolderLock::take(&options.data_dir).map(Some),
        Backend::Disks { .. } => Ok(None),
    }
}

/// A folder into which something is copied for the first time must hold nothing.
pub(super) fn expect_empty(disk: &dyn Disk) -> Result<(), BackupError> {
    let folder = disk.label();
    let what = if journal_exists(disk)? {
        "holds a journal that is no backup".to_owned()
    } else {
        let names = disk.names().map_err(|error| OpenError::from_io(&folder, &error))?;
        match names.iter().filter(|name| !counts_as_nothing(name)).min() {
            Some(name) => format!("is not empty: it holds {name}"),
            None => return Ok(()),
        }
    };
    Err(BackupError::Foreign { folder, what })
}

/// Copies what the folder does not hold yet, under an epoch that is not older than `epoch`. Returns how many blocks.
pub(super) fn copy(
    source: &ReadOnlyStore,
    to: &StoreOptions,
    disk: &Arc<dyn Disk>,
    epoch: u64,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<u64, BackupError> {
    let genesis = &source.genesis;
    let first = Genesis { file_number: 1, first_position: 0, previous_hash: vec![0; 32], ..genesis.clone() };
    let target = RedbJournal::open(Arc::clone(disk), Access::Create, &first, to.file_bytes_max)?;
    let found = target.genesis().unwrap_or_default();
    if (&found.journal_id, found.shard) != (&genesis.journal_id, genesis.shard) {
        return Err(BackupError::Foreign { folder: disk.label(), what: "is a backup of another journal".to_owned() });
    }
    let copied = Copy { source, target: &target, folder: disk.label() }.run(epoch, progress);
    target.close();
    copied
}

struct Copy<'a> {
    source: &'a ReadOnlyStore,
    target: &'a RedbJournal,
    folder: String,
}

impl Copy<'_> {
    fn run(&self, epoch: u64, progress: &mut dyn FnMut(u64, u64)) -> Result<u64, BackupError> {
        let head = self.target.head().map_err(|error| self.read(error))?;
        self.expect_continued(&head)?;
        let epoch = self.target.claim_at_least(epoch).map_err(|error| self.write(error))?;
        let end = self.source.head.next_position;
        let (mut batch, mut bytes, mut blocks, mut failed) = (Vec::new(), 0, 0, None);
        let read = self.source.reader().scan_blocks(head.next_position, &mut |block| {
            let first_position = block.header.first_position;
            if first_position >= end {
                return Ok(ControlFlow::Break(()));
            }
            bytes += block.encoded().len();
            batch.push(EncodedBlock { first_position, hash: block.hash, bytes: block.encoded().clone() });
            if bytes < COMMIT_BYTES {
                return Ok(ControlFlow::Continue(()));
            }
            bytes = 0;
            blocks += batch.len() as u64;
            progress(first_position, end);
            Ok(match self.append(epoch, &std::mem::take(&mut batch)) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    failed = Some(error);
                    ControlFlow::Break(())
                }
            })
        });
        // What was read before the failure is right, and of use to the next backup.
        blocks += batch.len() as u64;
        failed.map_or(Ok(()), Err)?;
        self.append(epoch, &batch)?;
        read.map_err(|error| BackupError::Read { folder: "the journal".to_owned(), error })?;
        Ok(blocks)
    }

    fn append(&self, epoch: u64, blocks: &[EncodedBlock]) -> Result<(), BackupError> {
        let Some(first) = blocks.first() else { return Ok(()) };
        let shard = self.source.genesis.shard;
        self.target.append(shard, epoch, first.first_position, blocks).map_err(|error| self.write(error))
    }

    /// The journal must hold what the copy holds already.
    fn expect_continued(&self, head: &JournalHead) -> Result<(), BackupError> {
        let end = self.source.head.next_position;
        let parted = |what| BackupError::Parted { folder: self.folder.clone(), what };
        if head.next_position > end {
            return Err(parted(format!(
                "goes on until position {}, but the journal ends at {end}",
                head.next_position
            )));
        }
        let Some(last) = head.next_position.checked_sub(1) else { return Ok(()) };
        let block = self.source.reader().journal.block_at(last);
        let block = block.map_err(|error| BackupError::Read { folder: "the journal".to_owned(), error })?;
        if block.is_some_and(|block| block.hash == head.hash) {
            Ok(())
        } else {
            Err(parted(format!("and the journal differ before position {}", head.next_position)))
        }
    }

    fn read(&self, error: ReadError) -> BackupError {
        BackupError::Read { folder: self.folder.clone(), error }
    }

    fn write(&self, error: AppendError) -> BackupError {
        BackupError::Write { folder: self.folder.clone(), error }
    }
}

/// Reads a copy back: it must verify, and end where it was said to.
pub(super) fn verify_copy(
    copy: &StoreOptions,
    head: &JournalHead,
    witness: &[SignedCheckpoint],
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Verified, BackupError> {
    let store = Store::open_read_only(copy)?;
    let folder = || copy.data_dir.display().to_string();
    let verified = verify_store(&store, witness, progress);
    let verified = verified.map_err(|error| BackupError::Read { folder: folder(), error })?;
    if (verified.next_position, verified.hash) == (head.next_position, head.hash) {
        return Ok(verified);
    }
    let what = format!("ends at position {}, not at {}", verified.next_position, head.next_position);
    Err(BackupError::Parted { folder: folder(), what })
}

pub(super) fn verify_store(
    store: &ReadOnlyStore,
    witness: &[SignedCheckpoint],
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Verified, ReadError> {
    let (reader, keys) = (store.reader(), store.keys());
    let end = reader.next_position();
    let mut owners = BodyOwners::new(keys.clone());
    let asked = Verify {
        keys: &keys,
        body_key: &mut |record, head| owners.key(record, head),
        witness,
        progress: &mut |so_far| progress(so_far.next_position, end),
    };
    verify(&reader, asked)
}
