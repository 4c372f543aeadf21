//! A journal in memory, for tests of what lies above. Its content outlives it, so that it can be reopened.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::block::{Block, EncodedBlock, Hash, hash_of};
use super::error::{AppendError, ReadError};
use super::journal::{Journal, JournalHead, check_append, check_blocks};

/// What a [`MemoryJournal`] keeps.
#[derive(Debug, Default)]
struct Content {
    epoch: u64,
    next_position: u64,
    hash: Hash,
    blocks: BTreeMap<u64, EncodedBlock>,
}

/// A journal in memory. Clones of one another share their content; [`MemoryJournal::reopened`] opens it anew.
#[derive(Debug)]
pub struct MemoryJournal {
    shard: u32,
    content: Arc<Mutex<Content>>,
    closed: AtomicBool,
}

impl MemoryJournal {
    /// An empty one.
    #[must_use]
    pub fn new(shard: u32) -> Self {
        Self { shard, content: Arc::default(), closed: AtomicBool::new(false) }
    }

    /// The same content, opened anew.
    #[must_use]
    pub fn reopened(&self) -> Self {
        Self { shard: self.shard, content: Arc::clone(&self.content), closed: AtomicBool::new(false) }
    }

    fn content<E>(&self, closed: E) -> Result<MutexGuard<'_, Content>, E> {
        if self.closed.load(Ordering::Acquire) {
            return Err(closed);
        }
        Ok(self.content.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Journal for MemoryJournal {
    fn claim(&self) -> Result<u64, AppendError> {
        let mut content = self.content(AppendError::Closed)?;
        content.epoch += 1;
        Ok(content.epoch)
    }

    fn head(&self) -> Result<JournalHead, ReadError> {
        let content = self.content(ReadError::Closed)?;
        Ok(JournalHead { next_position: content.next_position, hash: content.hash })
    }

    fn append(&self, shard: u32, epoch: u64, first_position: u64, blocks: &[EncodedBlock]) -> Result<(), AppendError> {
        let mut content = self.content(AppendError::Closed)?;
        let head = JournalHead { next_position: content.next_position, hash: content.hash };
        check_append((self.shard, shard), (content.epoch, epoch), &head, first_position)?;
        let after = check_blocks(&head, blocks)?;
        content.blocks.extend(blocks.iter().map(|block| (block.first_position, block.clone())));
        (content.next_position, content.hash) = (after.next_position, after.hash);
        Ok(())
    }

    fn block_at(&self, position: u64) -> Result<Option<EncodedBlock>, ReadError> {
        let content = self.content(ReadError::Closed)?;
        if position >= content.next_position {
            return Ok(None);
        }
        let found = content.blocks.range(..=position).next_back().map(|(_, block)| block.clone());
        match found {
            Some(block) if hash_of(&block.bytes) == block.hash => Ok(Some(block)),
            _ => Err(ReadError::damaged(position, "a block does not match its hash")),
        }
    }

    fn blocks_from(
        &self,
        position: u64,
        visit: &mut dyn FnMut(EncodedBlock) -> ControlFlow<()>,
    ) -> Result<(), ReadError> {
        let mut position = position;
        while let Some(block) = self.block_at(position)? {
            let parsed = Block::parse(&block).map_err(|error| ReadError::damaged(position, error.0))?;
            position = parsed.next_position();
            if visit(block).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }
}
