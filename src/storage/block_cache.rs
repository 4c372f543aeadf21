//! Decoded blocks that were read lately.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};

use super::block::Block;

/// Blocks by first position. The one that goes first is the next, round and round, that was not used since it was passed
/// (the clock algorithm): so that a look changes nothing but a flag, and many readers look at once.
#[derive(Debug)]
pub(super) struct BlockCache {
    content: RwLock<Content>,
}

#[derive(Debug, Default)]
struct Content {
    bytes_max: usize,
    bytes: usize,
    blocks: BTreeMap<u64, Kept>,
    /// First position from which on the next block to go is looked for.
    hand: u64,
}

#[derive(Debug)]
struct Kept {
    block: Arc<Block>,
    used: AtomicBool,
}

impl BlockCache {
    pub(super) fn new(bytes_max: usize) -> Self {
        Self { content: RwLock::new(Content { bytes_max, ..Content::default() }) }
    }

    /// The block that holds `position`, if it is here.
    pub(super) fn get(&self, position: u64) -> Option<Arc<Block>> {
        let content = self.content.read().unwrap_or_else(PoisonError::into_inner);
        let (_, kept) = content.blocks.range(..=position).next_back()?;
        if position >= kept.block.next_position() {
            return None;
        }
        // Readers on several threads write the flag only where it changes: its line stays shared.
        if !kept.used.load(Ordering::Relaxed) {
            kept.used.store(true, Ordering::Relaxed);
        }
        Some(Arc::clone(&kept.block))
    }

    pub(super) fn put(&self, block: Arc<Block>) {
        let mut content = self.content();
        content.bytes += block.bytes_len();
        let kept = Kept { block, used: AtomicBool::new(true) };
        if let Some(replaced) = content.blocks.insert(kept.block.header.first_position, kept) {
            content.bytes -= replaced.block.bytes_len();
        }
        content.shrink();
    }

    /// Changes how much may be kept, and drops what is too much.
    pub(super) fn set_bytes_max(&self, bytes_max: usize) {
        let mut content = self.content();
        content.bytes_max = bytes_max;
        content.shrink();
    }

    fn content(&self) -> RwLockWriteGuard<'_, Content> {
        self.content.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Content {
    fn shrink(&mut self) {
        while self.bytes > self.bytes_max {
            let Some((&first, kept)) = self.blocks.range_mut(self.hand..).next() else {
                if self.blocks.is_empty() {
                    return;
                }
                self.hand = 0;
                continue;
            };
            self.hand = first + 1;
            if !std::mem::take(kept.used.get_mut())
                && let Some(gone) = self.blocks.remove(&first)
            {
                self.bytes -= gone.block.bytes_len();
            }
        }
    }
}
