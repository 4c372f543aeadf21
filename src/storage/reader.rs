//! Reading: one stream backwards by its back-pointers, or everything forwards.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

use super::block::Block;
use super::block_cache::BlockCache;
use super::error::ReadError;
use super::journal::Journal;
use super::record::{RecordView, StoredRecord};
use super::stream::{Committed, StreamName};
use super::streams::Streams;

/// How many bytes of decoded blocks are kept.
const CACHE_BYTES: usize = 32 << 20;

/// Is shown one block after the other.
pub(super) type BlockVisit<'a> = dyn FnMut(&Arc<Block>) -> Result<ControlFlow<()>, ReadError> + 'a;

/// The way to read. Cloning is cheap. All of it blocks on files: call it from a blocking task where latency counts.
#[derive(Clone)]
pub struct Reader {
    pub(super) journal: Arc<dyn Journal>,
    pub(super) cache: Arc<BlockCache>,
    pub(super) streams: Arc<Streams>,
    pub(super) committed_position: Arc<AtomicU64>,
    pub(super) journal_id: [u8; 16],
}

impl Reader {
    /// Which journal it is: random, the same in all its files.
    #[must_use]
    pub fn journal_id(&self) -> [u8; 16] {
        self.journal_id
    }

    /// The next position: all below are committed and readable.
    #[must_use]
    pub fn next_position(&self) -> u64 {
        self.committed_position.load(Ordering::Acquire)
    }

    /// The committed records of a stream after `after_sequence`, oldest first.
    ///
    /// # Errors
    /// [`ReadError`]; nothing is shown then.
    pub fn tail(&self, stream: &StreamName, after_sequence: u64) -> Result<Vec<StoredRecord>, ReadError> {
        self.range(stream, after_sequence.saturating_add(1), u64::MAX)
    }

    /// The committed records of a stream from sequence `from` through `through`, oldest first. Walks back from the
    /// stream's head, so that an old range takes long.
    ///
    /// # Errors
    /// [`ReadError`]; nothing is shown then.
    pub fn range(&self, stream: &StreamName, from: u64, through: u64) -> Result<Vec<StoredRecord>, ReadError> {
        let from = from.max(1);
        let head = self.streams.committed(stream);
        let mut records = Vec::new();
        let (mut sequence, mut position) = (head.sequence, head.position);
        while sequence >= from {
            let block = self.block(position)?;
            let view = record_of(&block, position, stream, sequence)?;
            if sequence <= through {
                records.push(view.to_stored().map_err(|error| ReadError::damaged(position, error.to_string()))?);
            }
            sequence -= 1;
            match view.previous {
                Some(previous) if sequence > 0 && previous < position => position = previous,
                None if sequence == 0 => {}
                _ => return Err(ReadError::damaged(position, "a back-pointer is wrong")),
            }
        }
        records.reverse();
        Ok(records)
    }

    /// Shows the committed records of a stream from its end, or from one that an earlier walk left off at, backwards,
    /// until told to stop. Returns where to go on: the first that was not shown.
    ///
    /// # Errors
    /// [`ReadError`]; what was shown before it is right.
    pub fn walk_back(
        &self,
        stream: &StreamName,
        from: Option<Committed>,
        visit: &mut dyn FnMut(StoredRecord) -> ControlFlow<()>,
    ) -> Result<Option<Committed>, ReadError> {
        let mut next = from.unwrap_or_else(|| self.streams.committed(stream));
        while next.sequence > 0 {
            let Committed { sequence, position } = next;
            let block = self.block(position)?;
            let view = record_of(&block, position, stream, sequence)?;
            let record = view.to_stored().map_err(|error| ReadError::damaged(position, error.to_string()))?;
            if visit(record).is_break() {
                return Ok(Some(next));
            }
            next = match view.previous {
                Some(previous) if sequence > 1 && previous < position => {
                    Committed { sequence: sequence - 1, position: previous }
                }
                None if sequence == 1 => return Ok(None),
                _ => return Err(ReadError::damaged(position, "a back-pointer is wrong")),
            };
        }
        Ok(None)
    }

    /// Shows all committed records from a position on, in the order of positions, until told to stop.
    ///
    /// # Errors
    /// [`ReadError`]; what was shown before it is right.
    pub fn scan(
        &self,
        from_position: u64,
        visit: &mut dyn FnMut(&RecordView<'_>) -> ControlFlow<()>,
    ) -> Result<(), ReadError> {
        let end = self.next_position();
        self.scan_blocks(from_position, &mut |block| {
            for view in block.records() {
                let view = view.map_err(|error| ReadError::damaged(block.header.first_position, error.0))?;
                if view.position >= end {
                    return Ok(ControlFlow::Break(()));
                }
                if view.position >= from_position && visit(&view).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            Ok(ControlFlow::Continue(()))
        })
    }

    /// Shows all blocks from the one that holds `from_position` on; checks that each names the one before it.
    pub(super) fn scan_blocks(&self, from_position: u64, visit: &mut BlockVisit<'_>) -> Result<(), ReadError> {
        let mut failure = None;
        let mut previous_hash = None;
        self.journal.blocks_from(from_position, &mut |encoded| {
            let mut step = || {
                let at = encoded.first_position;
                let block = Block::parse(&encoded).map_err(|error| ReadError::damaged(at, error.0))?;
                if previous_hash.replace(block.hash).is_some_and(|hash| hash != block.header.previous_hash) {
                    return Err(ReadError::damaged(at, "the block does not name the hash of the one before it"));
                }
                visit(&Arc::new(block))
            };
            step().unwrap_or_else(|error| {
                failure = Some(error);
                ControlFlow::Break(())
            })
        })?;
        failure.map_or(Ok(()), Err)
    }

    /// The encoded blocks from the one that holds `position` to the one that ends before `next_position`.
    ///
    /// # Errors
    /// [`ReadError`]; [`ReadError::Damaged`] where no block ends there.
    pub fn encoded_blocks(&self, position: u64, next_position: u64) -> Result<Vec<Bytes>, ReadError> {
        let (mut blocks, mut ends) = (Vec::new(), position);
        self.scan_blocks(position, &mut |block| {
            if ends >= next_position {
                return Ok(ControlFlow::Break(()));
            }
            ends = block.next_position();
            blocks.push(block.encoded().clone());
            Ok(ControlFlow::Continue(()))
        })?;
        if ends == next_position {
            Ok(blocks)
        } else {
            Err(ReadError::damaged(next_position, "no block ends here, though a checkpoint says so"))
        }
    }

    /// Frees what the opening keeps so that the first activations are fast.
    pub fn forget_recovery_cache(&self) {
        self.cache.set_bytes_max(CACHE_BYTES);
    }

    fn block(&self, position: u64) -> Result<Arc<Block>, ReadError> {
        if let Some(block) = self.cache.get(position) {
            return Ok(block);
        }
        let encoded = self.journal.block_at(position)?.ok_or_else(|| ReadError::damaged(position, "it is missing"))?;
        let block = Block::parse(&encoded).map_err(|error| ReadError::damaged(position, error.0))?;
        let block = Arc::new(block);
        self.cache.put(Arc::clone(&block));
        Ok(block)
    }
}

/// The record at a position, which must be that one of that stream.
fn record_of<'a>(
    block: &'a Block,
    position: u64,
    stream: &StreamName,
    sequence: u64,
) -> Result<RecordView<'a>, ReadError> {
    let view = block
        .record(position)
        .ok_or_else(|| ReadError::damaged(position, "its block does not hold it"))?
        .map_err(|error| ReadError::damaged(position, error.0))?;
    if view.stream != stream.as_str() || view.sequence != sequence {
        return Err(ReadError::damaged(position, "a back-pointer leads to another record"));
    }
    Ok(view)
}
