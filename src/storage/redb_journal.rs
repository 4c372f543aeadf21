//! The journal in redb: a row per block, a file after the other.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use super::block::{Block, EncodedBlock};
use super::db::{Db, Failure, guarded};
use super::disk::{Access, Disk};
use super::error::{AppendError, OpenError, ReadError};
use super::files::{self, ActiveFile, BLOCKS, Found, SealedFile, decode_row, encode_row};
use super::head_mark::HeadMark;
use super::journal::{Journal, JournalHead, check_append, check_blocks};
use crate::proto::Genesis;

/// How many sealed files stay open at most.
const OPEN_SEALED_MAX: usize = 4;
/// How many blocks one read transaction takes at most.
const BLOCKS_PER_READ: usize = 16;

/// The journal in redb files on a [`Disk`].
pub struct RedbJournal {
    disk: Arc<dyn Disk>,
    file_bytes_max: u64,
    read_only: bool,
    files: RwLock<Option<Files>>,
    head: Mutex<JournalHead>,
    epoch: AtomicU64,
    /// Set by the first append whose outcome is unknown.
    failed: AtomicBool,
}

struct Files {
    sealed: Vec<SealedFile>,
    active: Active,
    open: Mutex<Vec<(u64, Arc<Db>)>>,
    mark: Option<HeadMark>,
}

struct Active {
    genesis: Genesis,
    db: Db,
    /// About how many bytes its rows take.
    bytes: AtomicU64,
}

impl RedbJournal {
    /// Opens the journal on `disk`; makes one where there is none and `access` is [`Access::Create`]. `first` is the
    /// genesis of a new journal.
    ///
    /// # Errors
    /// [`OpenError`]
    pub(super) fn open(
        disk: Arc<dyn Disk>,
        access: Access,
        first: &Genesis,
        file_bytes_max: u64,
    ) -> Result<Self, OpenError> {
        let read_only = access == Access::Read;
        let Found { sealed, active } = files::open_all(&*disk, access, first)?;
        let ActiveFile { genesis, db, head, epoch, bytes } = active;
        let mark = if read_only { None } else { HeadMark::open(&*disk, &genesis.journal_id)? };
        let expected = mark.as_ref().map_or(0, HeadMark::next_position);
        if head.next_position < expected {
            return Err(OpenError::WentBack { folder: disk.label(), found: head.next_position, expected });
        }
        let bytes = AtomicU64::new(bytes);
        let files = Files { sealed, active: Active { genesis, db, bytes }, open: Mutex::default(), mark };
        Ok(Self {
            disk,
            file_bytes_max,
            read_only,
            files: RwLock::new(Some(files)),
            head: Mutex::new(head),
            epoch: AtomicU64::new(epoch),
            failed: AtomicBool::new(false),
        })
    }

    /// The genesis of the file that is appended to.
    pub(super) fn genesis(&self) -> Option<Genesis> {
        let guard = self.files.read().unwrap_or_else(PoisonError::into_inner);
        guard.as_ref().map(|files| files.active.genesis.clone())
    }

    /// The newest epoch that was claimed, as far as the opening saw.
    pub(super) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// As [`Journal::claim`], with an epoch of the caller's; an older one than the newest leaves that.
    pub(super) fn claim_at_least(&self, epoch: u64) -> Result<u64, AppendError> {
        let epoch = epoch.max(self.epoch());
        self.write(|files| files::write_epoch(&files.active.db, epoch))?;
        self.epoch.store(epoch, Ordering::Release);
        Ok(epoch)
    }

    fn head_cell(&self) -> MutexGuard<'_, JournalHead> {
        self.head.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn writable(&self) -> Result<(), AppendError> {
        let cause = match (self.read_only, self.failed.load(Ordering::Acquire)) {
            (true, _) => "it is opened for reading",
            (_, true) => "an append before had an unknown outcome: reopen the journal",
            _ => return Ok(()),
        };
        Err(AppendError::Failed { cause: cause.to_owned() })
    }

    /// Runs a write; after a failure nothing more is written until the journal is opened anew.
    fn write<T>(&self, f: impl FnOnce(&Files) -> Result<T, Failure>) -> Result<T, AppendError> {
        self.writable()?;
        let guard = self.files.read().unwrap_or_else(PoisonError::into_inner);
        let files = guard.as_ref().ok_or(AppendError::Closed)?;
        guarded(|| f(files)).map_err(|failure| {
            self.failed.store(true, Ordering::Release);
            failure.into_append()
        })
    }

    fn read<T>(&self, f: impl FnOnce(&Files) -> Result<T, ReadError>) -> Result<T, ReadError> {
        let guard = self.files.read().unwrap_or_else(PoisonError::into_inner);
        f(guard.as_ref().ok_or(ReadError::Closed)?)
    }

    /// Goes on to a new file where the active one is full: the new one is durable before the old one is sealed, and
    /// the old one is sealed before anything is appended to the new one.
    fn rotate_if_full(&self, head: &JournalHead) -> Result<(), AppendError> {
        self.writable()?;
        let mut guard = self.files.write().unwrap_or_else(PoisonError::into_inner);
        let files = guard.as_mut().ok_or(AppendError::Closed)?;
        if files.active.bytes.load(Ordering::Relaxed) < self.file_bytes_max {
            return Ok(());
        }
        let changed = self.rotate(files, head);
        if changed.is_err() {
            self.failed.store(true, Ordering::Release);
        }
        changed
    }

    fn rotate(&self, files: &mut Files, head: &JournalHead) -> Result<(), AppendError> {
        let old = &files.active.genesis;
        let genesis = Genesis {
            file_number: old.file_number + 1,
            first_position: head.next_position,
            previous_hash: head.hash.to_vec(),
            ..old.clone()
        };
        let sealed = SealedFile {
            number: old.file_number,
            first_position: old.first_position,
            next_position: head.next_position,
        };
        let db = files::create(&*self.disk, &genesis, self.epoch.load(Ordering::Acquire))
            .map_err(|error| AppendError::Failed { cause: error.to_string() })?;
        files::write_seal(&files.active.db, head).map_err(Failure::into_append)?;
        let active = Active { genesis, db, bytes: AtomicU64::new(0) };
        let old = std::mem::replace(&mut files.active, active);
        files.sealed.push(sealed);
        old.db.close().map_err(Failure::into_append)
    }

    /// Reads up to `count` blocks from the one that holds `position` on, all from one file.
    fn read_blocks(&self, files: &Files, position: u64, count: usize) -> Result<Vec<EncodedBlock>, ReadError> {
        let next_position = self.head_cell().next_position;
        if position >= next_position {
            return Ok(Vec::new());
        }
        if position >= files.active.genesis.first_position {
            return rows(&files.active.db, position, next_position, count);
        }
        let index = files.sealed.partition_point(|file| file.next_position <= position);
        let file = files.sealed.get(index).ok_or_else(|| ReadError::damaged(position, "no file holds it"))?;
        rows(&*self.open_sealed(files, file.number)?, position, file.next_position, count)
    }

    fn open_sealed(&self, files: &Files, number: u64) -> Result<Arc<Db>, ReadError> {
        let mut open = files.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = open.iter().position(|(open, _)| *open == number) {
            let entry = open.remove(index);
            open.push(entry);
        } else {
            let access = if self.read_only { Access::Read } else { Access::Write };
            let db = files::open_sealed(&*self.disk, number, access).map_err(Failure::into_read)?;
            if open.len() >= OPEN_SEALED_MAX {
                open.remove(0);
            }
            open.push((number, Arc::new(db)));
        }
        open.last().map(|(_, db)| Arc::clone(db)).ok_or(ReadError::Closed)
    }

    /// Where a file that another process appends to ends now.
    fn refresh(&self) -> Result<(), ReadError> {
        let found = self.read(|files| {
            let read = || files::read_head(&files.active.db, &files.active.genesis);
            guarded(read).map_err(Failure::into_read)
        })?;
        *self.head_cell() = found;
        Ok(())
    }
}

impl Journal for RedbJournal {
    fn claim(&self) -> Result<u64, AppendError> {
        self.claim_at_least(self.epoch() + 1)
    }

    fn head(&self) -> Result<JournalHead, ReadError> {
        self.read(|_| Ok(()))?;
        if self.read_only {
            self.refresh()?;
        }
        Ok(*self.head_cell())
    }

    fn append(&self, shard: u32, epoch: u64, first_position: u64, blocks: &[EncodedBlock]) -> Result<(), AppendError> {
        let head = *self.head_cell();
        let own_shard = self.genesis().ok_or(AppendError::Closed)?.shard;
        check_append((own_shard, shard), (self.epoch.load(Ordering::Acquire), epoch), &head, first_position)?;
        let after = check_blocks(&head, blocks)?;
        self.rotate_if_full(&head)?;
        self.write(|files| {
            let transaction = files.active.db.begin_write()?;
            let mut written = 0;
            {
                let mut table = transaction.open_table(BLOCKS)?;
                let mut row = Vec::with_capacity(super::block::ROW_BYTES_MAX);
                for block in blocks {
                    encode_row(block, &mut row);
                    table.insert(block.first_position, &row[..])?;
                    written += row.len() as u64;
                }
            }
            transaction.commit()?;
            files.active.bytes.fetch_add(written, Ordering::Relaxed);
            *self.head_cell() = after;
            if let Some(mark) = &files.mark {
                mark.set(&after);
            }
            Ok(())
        })
    }

    fn block_at(&self, position: u64) -> Result<Option<EncodedBlock>, ReadError> {
        Ok(self.read(|files| self.read_blocks(files, position, 1))?.pop())
    }

    fn blocks_from(
        &self,
        position: u64,
        visit: &mut dyn FnMut(EncodedBlock) -> ControlFlow<()>,
    ) -> Result<(), ReadError> {
        let mut position = position;
        loop {
            let blocks = self.read(|files| self.read_blocks(files, position, BLOCKS_PER_READ))?;
            let Some(last) = blocks.last() else { return Ok(()) };
            position = next_position(last)?;
            for block in blocks {
                if visit(block).is_break() {
                    return Ok(());
                }
            }
        }
    }

    fn close(&self) {
        let files = self.files.write().unwrap_or_else(PoisonError::into_inner).take();
        let Some(files) = files else { return };
        if let Err(failure) = files.active.db.close() {
            tracing::warn!(cause = failure.cause(), "close of the journal fails");
        }
    }
}

fn next_position(block: &EncodedBlock) -> Result<u64, ReadError> {
    let parsed = Block::parse(block).map_err(|error| ReadError::damaged(block.first_position, error.0))?;
    Ok(parsed.next_position())
}

/// The rows of one file from the one that holds `position` on. Each must match its hash and begin where the one before
/// it ended.
fn rows(db: &Db, position: u64, end: u64, count: usize) -> Result<Vec<EncodedBlock>, ReadError> {
    let rows = guarded(|| {
        let transaction = db.begin_read()?;
        let table = transaction.open_table(BLOCKS)?;
        let first = table.range(..=position)?.next_back().transpose()?.map(|(key, _)| key.value());
        let mut rows = Vec::with_capacity(count);
        let Some(first) = first else { return Ok(rows) };
        for row in table.range(first..end)?.take(count) {
            let (key, value) = row?;
            rows.push((key.value(), decode_row(key.value(), value.value())));
        }
        Ok(rows)
    })
    .map_err(Failure::into_read)?;
    let mut blocks = Vec::with_capacity(rows.len());
    let mut due = position;
    for (key, block) in rows {
        let block = block.ok_or_else(|| ReadError::damaged(key, "a block does not match its hash"))?;
        let next = next_position(&block)?;
        if due < key || next <= due {
            return Err(ReadError::damaged(due, "its block is missing"));
        }
        due = next;
        blocks.push(block);
    }
    if blocks.is_empty() {
        return Err(ReadError::damaged(position, "its block is missing"));
    }
    Ok(blocks)
}
