//! The contract of the journal. What is above this trait knows of no storage engine.

use std::ops::ControlFlow;

use super::block::{Block, EncodedBlock, Hash};
use super::error::{AppendError, ReadError};

/// Where a journal ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalHead {
    /// The position that the next record gets; all below are durable.
    pub next_position: u64,
    /// SHA-256 of the last block; zeros for an empty journal.
    pub hash: Hash,
}

/// One shard's log of blocks.
///
/// An implementation
/// - MUST make an append durable, whole, before it returns `Ok`, and MUST NOT show a part of one that failed;
/// - MUST refuse an append whose epoch is older than the newest claimed one ([`AppendError::Fenced`]), of another
///   shard, or that does not begin at the head's next position ([`AppendError::NotNext`]), and then write nothing;
/// - after an append whose outcome is unknown, MUST refuse every further one until it is reopened; what
///   [`Journal::head`] then says, decides;
/// - MUST return exactly the bytes that were appended, or [`ReadError::Damaged`]: it compares each block that it reads
///   with its stored hash;
/// - MUST allow reads from many threads beside one append, and SHOULD keep each of its read transactions short;
/// - MUST survive the loss of the process at any point, and of the machine if its storage honours syncs;
/// - MUST NOT panic, whatever the stored bytes are;
/// - SHOULD make a group of blocks durable with one transaction.
///
/// `journal_tests.rs` is the suite that every implementation passes.
pub trait Journal: Send + Sync {
    /// Takes the right to append away from every earlier writer, durably. Returns the new epoch, from 1.
    ///
    /// # Errors
    /// [`AppendError`]; the right may or may not have been taken.
    fn claim(&self) -> Result<u64, AppendError>;

    /// Where the journal ends.
    ///
    /// # Errors
    /// [`ReadError`]
    fn head(&self) -> Result<JournalHead, ReadError>;

    /// Appends blocks that follow each other without a gap, all or none.
    ///
    /// # Errors
    /// [`AppendError`]
    fn append(&self, shard: u32, epoch: u64, first_position: u64, blocks: &[EncodedBlock]) -> Result<(), AppendError>;

    /// The block that holds the record at `position`; `None` at or above the head's next position.
    ///
    /// # Errors
    /// [`ReadError`]
    fn block_at(&self, position: u64) -> Result<Option<EncodedBlock>, ReadError>;

    /// Shows the blocks in order, beginning with the one that holds `position`, until the head as it is at the time or
    /// until told to stop.
    ///
    /// # Errors
    /// [`ReadError`]; what was shown before it is right.
    fn blocks_from(
        &self,
        position: u64,
        visit: &mut dyn FnMut(EncodedBlock) -> ControlFlow<()>,
    ) -> Result<(), ReadError>;

    /// Releases files and locks; everything is refused afterwards. Waits for reads that are under way.
    fn close(&self);
}

/// What every implementation checks before an append: (its shard, the caller's), (newest epoch, the caller's), where
/// it ends, where the append begins.
pub(super) fn check_append(
    (own_shard, shard): (u32, u32),
    (newest, epoch): (u64, u64),
    head: &JournalHead,
    first_position: u64,
) -> Result<(), AppendError> {
    if shard != own_shard {
        return Err(AppendError::Failed { cause: format!("shard {shard} is appended to the journal of {own_shard}") });
    }
    if epoch < newest {
        return Err(AppendError::Fenced { epoch, newest });
    }
    if first_position != head.next_position {
        return Err(AppendError::NotNext { first_position, next_position: head.next_position });
    }
    Ok(())
}

/// Checks that blocks continue the head and each other; returns where the journal ends after them.
pub(super) fn check_blocks(head: &JournalHead, blocks: &[EncodedBlock]) -> Result<JournalHead, AppendError> {
    let mut head = *head;
    for block in blocks {
        let (first_position, next_position) = (block.first_position, head.next_position);
        let parsed = Block::parse(block).map_err(|error| AppendError::Failed { cause: error.0.to_owned() })?;
        if first_position != next_position {
            return Err(AppendError::NotNext { first_position, next_position });
        }
        if parsed.header.previous_hash != head.hash {
            return Err(AppendError::Failed { cause: "a block does not name the one before it".to_owned() });
        }
        head = JournalHead { next_position: parsed.next_position(), hash: block.hash };
    }
    Ok(head)
}
