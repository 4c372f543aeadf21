//! Decoded blocks that were read lately.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::block::Block;

/// Blocks by first position; the one used longest ago goes first.
#[derive(Debug)]
pub(super) struct BlockCache {
    content: Mutex<Content>,
}

#[derive(Debug, Default)]
struct Content {
    bytes_max: usize,
    bytes: usize,
    ticks: u64,
    /// First position to the tick of its last use, and the block.
    blocks: BTreeMap<u64, (u64, Arc<Block>)>,
    /// Tick of last use to first position.
    uses: BTreeMap<u64, u64>,
}

impl BlockCache {
    pub(super) fn new(bytes_max: usize) -> Self {
        Self { content: Mutex::new(Content { bytes_max, ..Content::default() }) }
    }

    /// The block that holds `position`, if it is here.
    pub(super) fn get(&self, position: u64) -> Option<Arc<Block>> {
        let mut guard = self.content();
        let content = &mut *guard;
        let (first, (tick, block)) = content.blocks.range_mut(..=position).next_back()?;
        if position >= block.next_position() {
            return None;
        }
        content.uses.remove(tick);
        content.ticks += 1;
        *tick = content.ticks;
        content.uses.insert(content.ticks, *first);
        Some(Arc::clone(block))
    }

    pub(super) fn put(&self, block: Arc<Block>) {
        let mut content = self.content();
        content.ticks += 1;
        let (tick, first) = (content.ticks, block.header.first_position);
        content.bytes += block.bytes_len();
        if let Some((older, replaced)) = content.blocks.insert(first, (tick, block)) {
            content.bytes -= replaced.bytes_len();
            content.uses.remove(&older);
        }
        content.uses.insert(tick, first);
        content.shrink();
    }

    /// Changes how much may be kept, and drops what is too much.
    pub(super) fn set_bytes_max(&self, bytes_max: usize) {
        let mut content = self.content();
        content.bytes_max = bytes_max;
        content.shrink();
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Content {
    fn shrink(&mut self) {
        while self.bytes > self.bytes_max {
            let Some((_, first)) = self.uses.pop_first() else { return };
            if let Some((_, block)) = self.blocks.remove(&first) {
                self.bytes -= block.bytes_len();
            }
        }
    }
}
