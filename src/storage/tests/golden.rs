//! The stored format: golden files of every past version still open, and this version still writes the same bytes.
//!
//! `VIGIL_GOLDEN=write` writes the files of a new version; never change those of an old one.

use bytes::Bytes;
use prost::Message as _;

use super::support::device;
use crate::proto::{self, RecordKind};
use crate::storage::block::hash_of;
use crate::storage::{
    Block, BlockBuilder, BlockHeader, DataKey, EncodedBlock, Opener, SealedRecord, Sealer, StoredRecord, record_len,
};
use crate::time::Timestamp;

const INCARNATION: [u8; 16] = *b"an opening of it";

fn path(name: &str) -> String {
    format!("{}/tests/golden/storage/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn key() -> DataKey {
    DataKey::from_bytes(*b"a fixed key, for golden files ..")
}

fn golden(name: &str, written: &[u8]) -> Vec<u8> {
    if std::env::var("VIGIL_GOLDEN").is_ok_and(|value| value == "write") {
        std::fs::write(path(name), hex::encode(written) + "\n").unwrap();
    }
    hex::decode(std::fs::read_to_string(path(name)).unwrap().trim()).unwrap()
}

fn block() -> EncodedBlock {
    let header = BlockHeader {
        shard: 0,
        epoch: 300,
        first_position: 1_000,
        previous_hash: [0xC4; 32],
        incarnation: INCARNATION,
        at: Timestamp(1_700_000_000_123_456),
    };
    let sealer = Sealer::new(&key(), &INCARNATION, &device("pump-7"));
    let mut builder = BlockBuilder::new(&header);
    for (sequence, previous) in [(1, None), (2, Some(1_000)), (3, Some(1_001))] {
        let record = SealedRecord {
            sequence,
            kind: RecordKind::Reading,
            sealed: sealer.seal(sequence, RecordKind::Reading, format!("head {sequence}").as_bytes()),
            body: if sequence == 2 { Bytes::new() } else { sealer.seal_body(sequence, RecordKind::Reading, b"body") },
        };
        let length = record_len("device/pump-7", &record, previous);
        builder.push("device/pump-7", &record, previous, length);
    }
    builder.finish()
}

#[test]
fn a_block_of_format_1_is_written_as_ever_and_its_seals_open() {
    let written = block();
    let bytes = golden("block-1.hex", &written.bytes);
    assert_eq!(written.bytes, bytes, "the format changed: raise it, and keep the old golden file");
    let encoded = EncodedBlock { first_position: 1_000, hash: hash_of(&bytes), bytes: bytes.into() };
    let parsed = Block::parse(&encoded).unwrap();
    assert_eq!(parsed.next_position(), 1_003);
    assert_eq!(parsed.header.at, Timestamp(1_700_000_000_123_456));
    let mut opener = Opener::new(Some(key()), &device("pump-7"));
    let records: Vec<StoredRecord> = parsed.records().map(|view| view.unwrap().to_stored().unwrap()).collect();
    for (record, sequence) in records.iter().zip(1..) {
        assert_eq!(record.sequence, sequence);
        assert_eq!(opener.open(record).unwrap(), format!("head {sequence}").as_bytes());
    }
    assert_eq!(opener.open_body(&records[2]).unwrap(), b"body");
}

#[test]
fn any_protobuf_library_reads_the_same() {
    let written = block();
    let message = proto::Block::decode(written.bytes.clone()).unwrap();
    assert_eq!((message.format, message.epoch, message.first_position), (1, 300, 1_000));
    assert_eq!(message.records.len(), 3);
    assert_eq!(message.records[1].previous, 1_001);
    assert_eq!(message.records[0].kind(), RecordKind::Reading);
    assert_eq!(message.encode_to_vec(), written.bytes, "and writes the same bytes");
}

#[test]
fn a_record_that_was_moved_or_changed_does_not_open() {
    let written = block();
    let parsed = Block::parse(&written).unwrap();
    let record = parsed.record(1_001).unwrap().unwrap().to_stored().unwrap();
    let open = |record: &StoredRecord| Opener::new(Some(key()), &record.stream).open(record);
    assert!(open(&record).is_ok());
    let changes: [fn(&mut StoredRecord); 5] = [
        |record| record.sequence = 3,
        |record| record.kind = RecordKind::Device,
        |record| record.stream = device("pump-8"),
        |record| record.incarnation[0] ^= 1,
        |record| record.sealed = record.sealed.slice(..record.sealed.len() - 1),
    ];
    for change in changes {
        let mut changed = record.clone();
        change(&mut changed);
        assert!(open(&changed).is_err());
    }
    let mut body_as_head = parsed.record(1_002).unwrap().unwrap().to_stored().unwrap();
    body_as_head.sealed = body_as_head.body.clone();
    assert!(open(&body_as_head).is_err());
    assert!(Opener::new(None, &record.stream).open(&record).is_err(), "nothing opens without the key");
}
