//! What an opening learns from the journal: where each stream ends, and the newest time.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::block::{Block, Hash};
use super::block_cache::BlockCache;
use super::error::ReadError;
use super::reader::Reader;
use super::record::RecordView;
use super::stream::{Committed, StreamName};
use crate::proto::RecordKind;
use crate::time::Timestamp;

/// What the index says.
#[derive(Debug, Default)]
pub(super) struct Indexed {
    /// All streams that have their last record below this position are in `heads`.
    pub(super) covered: u64,
    /// Hash of the block that holds the last covered position.
    pub(super) covered_hash: Hash,
    /// Ends of streams; a later record may exist at or above `covered`.
    pub(super) heads: HashMap<StreamName, Committed>,
}

/// Moves all heads to where their streams end; reads only what the index does not cover. Returns the receipt time of
/// the newest commit. An index that does not fit the journal is passed over.
pub(super) fn recover(reader: &Reader, indexed: Indexed) -> Result<Timestamp, ReadError> {
    let next_position = reader.next_position();
    let scan = match scan_with(reader, indexed, next_position)? {
        Some(scan) => scan,
        None => scan_with(reader, Indexed::default(), next_position)?
            .ok_or_else(|| ReadError::damaged(0, "a stream has a gap"))?,
    };
    for (stream, known) in scan.heads {
        let head = reader.streams.head(&stream);
        head.restore(known.end, known.quiet_from);
        if known.is_indexed {
            head.set_indexed_sequence(known.end.sequence);
        }
    }
    match scan.newest_at {
        None if next_position > 0 => {
            let newest = reader.journal.block_at(next_position - 1)?;
            let newest = newest.ok_or_else(|| ReadError::damaged(next_position - 1, "it is missing"))?;
            let block = Block::parse(&newest).map_err(|error| ReadError::damaged(next_position - 1, error.0))?;
            Ok(block.header.at)
        }
        newest_at => Ok(newest_at.unwrap_or(Timestamp::MIN)),
    }
}

/// Where a stream ends, as far as it was read.
struct Known {
    end: Committed,
    /// The index has the same end.
    is_indexed: bool,
    /// From this sequence on every record was read, and is quiet.
    quiet_from: u64,
}

struct Scan {
    covered: u64,
    heads: HashMap<StreamName, Known>,
    newest_at: Option<Timestamp>,
}

/// `None` where the index does not fit the journal.
fn scan_with(reader: &Reader, indexed: Indexed, next_position: u64) -> Result<Option<Scan>, ReadError> {
    let covered = indexed.covered;
    if covered > next_position || indexed.heads.values().any(|head| head.position >= next_position) {
        return Ok(None);
    }
    if covered > 0 {
        match reader.journal.block_at(covered - 1)? {
            Some(block) if block.hash == indexed.covered_hash => {}
            _ => return Ok(None),
        }
    }
    let known = |(stream, end): (_, Committed)| {
        (stream, Known { end, is_indexed: true, quiet_from: end.sequence.saturating_add(1) })
    };
    let mut scan = Scan { covered, heads: indexed.heads.into_iter().map(known).collect(), newest_at: None };
    let mut fits = true;
    let mut due = covered;
    reader.scan_blocks(covered, &mut |block| {
        due = block.next_position();
        scan.newest_at = Some(block.header.at);
        fits = scan.take(block, &reader.cache)?;
        Ok(if fits { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    if fits && due != next_position {
        return Err(ReadError::damaged(due, "the journal ends here, but more was committed"));
    }
    Ok(fits.then_some(scan))
}

impl Scan {
    fn take(&mut self, block: &Arc<Block>, cache: &BlockCache) -> Result<bool, ReadError> {
        for view in block.records() {
            let view = view.map_err(|error| ReadError::damaged(block.header.first_position, error.0))?;
            if view.position >= self.covered && !self.advance(&view)? {
                return Ok(false);
            }
        }
        cache.put(Arc::clone(block));
        Ok(true)
    }

    /// Whether the record continues its stream.
    fn advance(&mut self, view: &RecordView<'_>) -> Result<bool, ReadError> {
        let end = Committed { sequence: view.sequence, position: view.position };
        let quiet = matches!(view.kind, RecordKind::Reading | RecordKind::Mark);
        let after = view.sequence.saturating_add(1);
        let Some(known) = self.heads.get_mut(view.stream) else {
            let stream =
                StreamName::parse(view.stream).map_err(|error| ReadError::damaged(view.position, error.to_string()))?;
            let quiet_from = if quiet { view.sequence } else { after };
            self.heads.insert(stream, Known { end, is_indexed: false, quiet_from });
            return Ok(continues(view, None, self.covered));
        };
        if !quiet {
            known.quiet_from = known.quiet_from.max(after);
        }
        if known.end.sequence >= view.sequence {
            return Ok(known.end.sequence > view.sequence || known.end.position == view.position);
        }
        let before = std::mem::replace(&mut known.end, end);
        known.is_indexed = false;
        // Where records in between were not read, nothing is known of them.
        if view.sequence > before.sequence.saturating_add(1) {
            known.quiet_from = known.quiet_from.max(if quiet { view.sequence } else { after });
        }
        Ok(continues(view, Some(before), self.covered))
    }
}

/// A record follows the one before it in its stream; where that one lies below what the index covers, the index need
/// not know it.
fn continues(view: &RecordView<'_>, before: Option<Committed>, covered: u64) -> bool {
    let follows = match (view.previous, before) {
        (None, None) => view.sequence == 1,
        (Some(previous), Some(before)) => previous == before.position && view.sequence == before.sequence + 1,
        _ => false,
    };
    follows || view.previous.is_some_and(|previous| previous < covered && view.sequence > 1)
}
