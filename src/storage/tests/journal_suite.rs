//! The suite that every journal passes.

use std::ops::ControlFlow;
use std::sync::Arc;

use bytes::Bytes;

use super::support::device;
use crate::proto::{Genesis, RecordKind};
use crate::storage::redb_journal::RedbJournal;
use crate::storage::{
    Access, AppendError, BlockBuilder, BlockHeader, EncodedBlock, Journal, JournalHead, MemoryJournal, ReadError,
    SealedRecord, SimDisk, record_len,
};
use crate::time::Timestamp;

/// Opens the same journal again and again.
trait Medium {
    fn open(&self) -> Arc<dyn Journal>;
}

impl Medium for MemoryJournal {
    fn open(&self) -> Arc<dyn Journal> {
        Arc::new(self.reopened())
    }
}

struct Redb {
    disk: SimDisk,
    file_bytes_max: u64,
}

impl Medium for Redb {
    fn open(&self) -> Arc<dyn Journal> {
        let first = Genesis {
            format: 1,
            journal_id: vec![7; 16],
            file_number: 1,
            previous_hash: vec![0; 32],
            ..Genesis::default()
        };
        let disk = Arc::new(self.disk.clone());
        Arc::new(RedbJournal::open(disk, Access::Create, &first, self.file_bytes_max).unwrap())
    }
}

fn media() -> Vec<(&'static str, Box<dyn Medium>)> {
    vec![
        ("memory", Box::new(MemoryJournal::new(0))),
        ("redb", Box::new(Redb { disk: SimDisk::new(), file_bytes_max: 256 << 20 })),
        ("redb, a file per append", Box::new(Redb { disk: SimDisk::new(), file_bytes_max: 1 })),
    ]
}

/// A block of `records` records of `bytes` bytes that continues `head`.
fn block(head: &JournalHead, epoch: u64, records: u64, bytes: usize) -> EncodedBlock {
    let header = BlockHeader {
        shard: 0,
        epoch,
        first_position: head.next_position,
        previous_hash: head.hash,
        incarnation: [3; 16],
        at: Timestamp(5),
    };
    let mut builder = BlockBuilder::new(&header);
    for index in 0..records {
        let record = SealedRecord {
            sequence: head.next_position + index + 1,
            kind: RecordKind::Reading,
            sealed: Bytes::from(vec![0xAB; bytes]),
            body: Bytes::new(),
        };
        let length = record_len(device("d").as_str(), &record, None);
        builder.push(device("d").as_str(), &record, None, length);
    }
    builder.finish()
}

fn append(journal: &dyn Journal, epoch: u64, sizes: &[u64]) -> Vec<EncodedBlock> {
    let start = journal.head().unwrap();
    let mut head = start;
    let mut blocks = Vec::new();
    for records in sizes {
        let next = block(&head, epoch, *records, 50);
        head = JournalHead { next_position: head.next_position + records, hash: next.hash };
        blocks.push(next);
    }
    journal.append(0, epoch, start.next_position, &blocks).unwrap();
    assert_eq!(journal.head().unwrap(), head);
    blocks
}

fn all(journal: &dyn Journal, from: u64) -> Vec<EncodedBlock> {
    let mut blocks = Vec::new();
    journal
        .blocks_from(from, &mut |block| {
            blocks.push(block);
            ControlFlow::Continue(())
        })
        .unwrap();
    blocks
}

#[test]
fn an_empty_journal_begins_at_zero() {
    for (name, medium) in media() {
        let journal = medium.open();
        assert_eq!(journal.head().unwrap(), JournalHead { next_position: 0, hash: [0; 32] }, "{name}");
        assert_eq!(journal.block_at(0).unwrap(), None, "{name}");
        assert!(all(&*journal, 0).is_empty(), "{name}");
    }
}

#[test]
fn what_was_appended_is_read_back_also_after_reopening() {
    for (name, medium) in media() {
        let journal = medium.open();
        let epoch = journal.claim().unwrap();
        let mut written = append(&*journal, epoch, &[3, 1, 40]);
        written.extend(append(&*journal, epoch, &[2]));
        for reopened in [false, true] {
            let journal = if reopened {
                journal.close();
                medium.open()
            } else {
                Arc::clone(&journal)
            };
            assert_eq!(all(&*journal, 0), written, "{name}");
            assert_eq!(all(&*journal, 4), written[2..], "{name}: from the block that holds the position");
            assert_eq!(all(&*journal, 45), written[3..], "{name}");
            for (position, index) in [(0, 0), (2, 0), (3, 1), (4, 2), (43, 2), (44, 3), (45, 3)] {
                assert_eq!(journal.block_at(position).unwrap().as_ref(), Some(&written[index]), "{name}");
            }
            assert_eq!(journal.block_at(46).unwrap(), None, "{name}");
            if reopened {
                let epoch = journal.claim().unwrap();
                append(&*journal, epoch, &[5]);
                assert_eq!(all(&*journal, 46).len(), 1, "{name}: it goes on after reopening");
                journal.close();
            }
        }
    }
}

#[test]
fn an_older_epoch_is_refused_and_writes_nothing() {
    for (name, medium) in media() {
        let journal = medium.open();
        let older = journal.claim().unwrap();
        let newer = journal.claim().unwrap();
        assert!(newer > older, "{name}");
        let head = journal.head().unwrap();
        let refused = journal.append(0, older, 0, &[block(&head, older, 1, 1)]);
        assert_eq!(refused, Err(AppendError::Fenced { epoch: older, newest: newer }), "{name}");
        assert_eq!(journal.head().unwrap(), head, "{name}");
        append(&*journal, newer, &[1]);
        journal.close();
        assert!(medium.open().claim().unwrap() > newer, "{name}: epochs ascend over reopenings");
    }
}

#[test]
fn an_append_that_does_not_continue_the_journal_is_refused() {
    for (name, medium) in media() {
        let journal = medium.open();
        let epoch = journal.claim().unwrap();
        append(&*journal, epoch, &[2]);
        let head = journal.head().unwrap();
        let gap = JournalHead { next_position: 3, ..head };
        let wrong = journal.append(0, epoch, 3, &[block(&gap, epoch, 1, 1)]);
        assert_eq!(wrong, Err(AppendError::NotNext { first_position: 3, next_position: 2 }), "{name}");
        let torn = [block(&head, epoch, 1, 1), block(&gap, epoch, 1, 1)];
        let unchained = journal.append(0, epoch, 2, &torn);
        assert!(matches!(unchained, Err(AppendError::Failed { .. })), "{name}: {unchained:?}");
        let elsewhere = journal.append(9, epoch, 2, &[block(&head, epoch, 1, 1)]);
        assert!(matches!(elsewhere, Err(AppendError::Failed { .. })), "{name}: {elsewhere:?}");
        assert_eq!(journal.head().unwrap(), head, "{name}");
        append(&*journal, epoch, &[1]);
    }
}

#[test]
fn a_block_larger_than_a_page_is_kept() {
    for (name, medium) in media() {
        let journal = medium.open();
        let epoch = journal.claim().unwrap();
        let large = block(&journal.head().unwrap(), epoch, 1, 300_000);
        journal.append(0, epoch, 0, std::slice::from_ref(&large)).unwrap();
        journal.close();
        assert_eq!(medium.open().block_at(0).unwrap(), Some(large), "{name}");
    }
}

#[test]
fn a_closed_journal_refuses_everything() {
    for (name, medium) in media() {
        let journal = medium.open();
        let epoch = journal.claim().unwrap();
        journal.close();
        assert_eq!(journal.head(), Err(ReadError::Closed), "{name}");
        assert_eq!(journal.block_at(0), Err(ReadError::Closed), "{name}");
        assert!(journal.append(0, epoch, 0, &[]).is_err(), "{name}");
        assert!(journal.claim().is_err(), "{name}");
    }
}

#[test]
fn a_visit_that_breaks_sees_no_more() {
    for (name, medium) in media() {
        let journal = medium.open();
        let epoch = journal.claim().unwrap();
        append(&*journal, epoch, &[1; 40]);
        let mut seen = 0;
        journal
            .blocks_from(0, &mut |_| {
                seen += 1;
                if seen == 20 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })
            .unwrap();
        assert_eq!(seen, 20, "{name}");
    }
}
