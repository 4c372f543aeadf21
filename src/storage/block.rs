//! The encoding of blocks: the protobuf of `journal.proto`, written and walked without copying.

use std::str;

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use prost::encoding::{WireType, decode_key, decode_varint, encode_key, encode_varint, encoded_len_varint};

use super::append::SealedRecord;
use super::record::{Incarnation, RecordView};
use crate::proto::RecordKind;
use crate::time::Timestamp;

/// The stored format that this version writes and reads.
pub const FORMAT: u32 = 1;

/// What a block and its hash may take together, so that the row lies within a page of 64 KiB: a redb leaf with one row
/// adds 16 bytes (header 4, end of the value 4, key 8).
pub const ROW_BYTES_MAX: usize = (64 << 10) - 16;

/// What the encoded block alone may take, unless it holds a single larger record.
pub const BLOCK_BYTES_MAX: usize = ROW_BYTES_MAX - size_of::<Hash>();

/// SHA-256.
pub type Hash = [u8; 32];

/// SHA-256 of an encoded block.
#[must_use]
pub fn hash_of(bytes: &[u8]) -> Hash {
    let mut hash = Hash::default();
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

/// A block as it is appended and read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedBlock {
    /// Position of its first record; the key of its row.
    pub first_position: u64,
    /// SHA-256 of `bytes`.
    pub hash: Hash,
    /// The encoded `Block`.
    pub bytes: Bytes,
}

/// All of a block but its records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockHeader {
    /// Which shard of the journal.
    pub shard: u32,
    /// The writer's fencing token.
    pub epoch: u64,
    /// Position of the first record.
    pub first_position: u64,
    /// SHA-256 of the block before; zeros for the first.
    pub previous_hash: Hash,
    /// The opening of the engine that sealed the records.
    pub incarnation: Incarnation,
    /// Receipt time of the commit.
    pub at: Timestamp,
}

/// Forms one block.
pub struct BlockBuilder {
    first_position: u64,
    records: u64,
    bytes: Vec<u8>,
}

impl BlockBuilder {
    /// An empty block.
    #[must_use]
    pub fn new(header: &BlockHeader) -> Self {
        let mut bytes = Vec::with_capacity(ROW_BYTES_MAX);
        put_varint(&mut bytes, 1, FORMAT.into());
        put_varint(&mut bytes, 2, header.shard.into());
        put_varint(&mut bytes, 3, header.epoch);
        put_varint(&mut bytes, 4, header.first_position);
        put_bytes(&mut bytes, 5, &header.previous_hash);
        put_bytes(&mut bytes, 6, &header.incarnation);
        put_varint(&mut bytes, 7, header.at.micros().cast_unsigned());
        Self { first_position: header.first_position, records: 0, bytes }
    }

    /// Whether the record still belongs into this block: the first always does.
    #[must_use]
    pub fn has_room(&self, record_bytes: usize) -> bool {
        self.records == 0 || self.bytes.len() + framed_len(record_bytes) <= BLOCK_BYTES_MAX
    }

    /// Adds a record whose encoded length is `record_bytes`.
    pub fn push(&mut self, stream: &str, record: &SealedRecord, previous: Option<u64>, record_bytes: usize) {
        encode_key(8, WireType::LengthDelimited, &mut self.bytes);
        encode_varint(record_bytes as u64, &mut self.bytes);
        let start = self.bytes.len();
        put_bytes(&mut self.bytes, 1, stream.as_bytes());
        put_varint(&mut self.bytes, 2, record.sequence);
        put_varint(&mut self.bytes, 3, back_pointer(previous));
        put_varint(&mut self.bytes, 4, kind_number(record.kind));
        put_bytes(&mut self.bytes, 5, &record.sealed);
        put_bytes(&mut self.bytes, 6, &record.body);
        debug_assert_eq!(self.bytes.len() - start, record_bytes, "the announced length is the written one");
        self.records += 1;
    }

    /// Position after the last record.
    #[must_use]
    pub fn next_position(&self) -> u64 {
        self.first_position + self.records
    }

    /// The block with its hash.
    #[must_use]
    pub fn finish(self) -> EncodedBlock {
        let hash = hash_of(&self.bytes);
        EncodedBlock { first_position: self.first_position, hash, bytes: self.bytes.into() }
    }
}

/// The encoded length of a record, without its frame.
#[must_use]
pub fn record_len(stream: &str, record: &SealedRecord, previous: Option<u64>) -> usize {
    bytes_len(stream.as_bytes())
        + varint_len(record.sequence)
        + varint_len(back_pointer(previous))
        + varint_len(kind_number(record.kind))
        + bytes_len(&record.sealed)
        + bytes_len(&record.body)
}

fn back_pointer(previous: Option<u64>) -> u64 {
    previous.map_or(0, |position| position + 1)
}

fn kind_number(kind: RecordKind) -> u64 {
    u64::from((kind as i32).cast_unsigned())
}

fn framed_len(bytes: usize) -> usize {
    1 + encoded_len_varint(bytes as u64) + bytes
}

fn bytes_len(bytes: &[u8]) -> usize {
    if bytes.is_empty() { 0 } else { framed_len(bytes.len()) }
}

fn varint_len(value: u64) -> usize {
    if value == 0 { 0 } else { 1 + encoded_len_varint(value) }
}

fn put_varint(buffer: &mut Vec<u8>, tag: u32, value: u64) {
    if value != 0 {
        encode_key(tag, WireType::Varint, buffer);
        encode_varint(value, buffer);
    }
}

fn put_bytes(buffer: &mut Vec<u8>, tag: u32, bytes: &[u8]) {
    if !bytes.is_empty() {
        encode_key(tag, WireType::LengthDelimited, buffer);
        encode_varint(bytes.len() as u64, buffer);
        buffer.extend_from_slice(bytes);
    }
}

/// Bytes that are not a block of this format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub &'static str);

/// A block that was walked once: each record can be shown without walking again.
#[derive(Debug)]
pub struct Block {
    /// All but the records.
    pub header: BlockHeader,
    /// SHA-256 of `bytes`.
    pub hash: Hash,
    bytes: Bytes,
    /// Where each record's content begins and ends in `bytes`.
    records: Vec<(u32, u32)>,
}

impl Block {
    /// Walks an encoded block.
    ///
    /// # Errors
    /// [`Malformed`]: it was not written by this version.
    pub fn parse(encoded: &EncodedBlock) -> Result<Self, Malformed> {
        let mut fields = Fields { rest: &encoded.bytes, whole: encoded.bytes.len() };
        let mut format = 0;
        let mut header = BlockHeader {
            shard: 0,
            epoch: 0,
            first_position: 0,
            previous_hash: Hash::default(),
            incarnation: Incarnation::default(),
            at: Timestamp(0),
        };
        let mut records = Vec::new();
        while let Some((tag, field)) = fields.next()? {
            match (tag, field) {
                (1, Field::Varint(value)) => format = value,
                (2, Field::Varint(value)) => {
                    header.shard = value.try_into().map_err(|_| Malformed("its shard is out of range"))?;
                }
                (3, Field::Varint(value)) => header.epoch = value,
                (4, Field::Varint(value)) => header.first_position = value,
                (5, Field::Bytes(_, bytes)) => {
                    header.previous_hash = bytes.try_into().map_err(|_| Malformed("a hash has the wrong length"))?;
                }
                (6, Field::Bytes(_, bytes)) => {
                    header.incarnation =
                        bytes.try_into().map_err(|_| Malformed("its incarnation has the wrong length"))?;
                }
                (7, Field::Varint(value)) => header.at = Timestamp(value.cast_signed()),
                (8, Field::Bytes(start, bytes)) => {
                    let too_long = |_| Malformed("it is longer than 4 GiB");
                    let end = u32::try_from(start + bytes.len()).map_err(too_long)?;
                    records.push((u32::try_from(start).map_err(too_long)?, end));
                }
                _ => return Err(Malformed("it has a field that this version does not know")),
            }
        }
        if format != u64::from(FORMAT) {
            return Err(Malformed("it has another format"));
        }
        if records.is_empty() || header.first_position != encoded.first_position {
            return Err(Malformed("it is empty or lies under another position"));
        }
        Ok(Self { header, hash: encoded.hash, bytes: encoded.bytes.clone(), records })
    }

    /// Position after its last record.
    #[must_use]
    pub fn next_position(&self) -> u64 {
        self.header.first_position + self.records.len() as u64
    }

    /// As it is stored.
    #[must_use]
    pub fn encoded(&self) -> &Bytes {
        &self.bytes
    }

    /// How many bytes it takes in memory, about.
    #[must_use]
    pub fn bytes_len(&self) -> usize {
        self.bytes.len() + self.records.len() * size_of::<(u32, u32)>() + 128
    }

    /// The record at a position; `None` where it lies outside.
    ///
    /// # Errors
    /// [`Malformed`]
    pub fn record(&self, position: u64) -> Option<Result<RecordView<'_>, Malformed>> {
        let index = position.checked_sub(self.header.first_position)?;
        let (start, end) = *self.records.get(usize::try_from(index).ok()?)?;
        Some(self.view(position, &self.bytes[start as usize..end as usize]))
    }

    /// All records in the order of positions.
    pub fn records(&self) -> impl Iterator<Item = Result<RecordView<'_>, Malformed>> {
        (self.header.first_position..)
            .zip(&self.records)
            .map(|(position, &(start, end))| self.view(position, &self.bytes[start as usize..end as usize]))
    }

    fn view<'a>(&'a self, position: u64, content: &'a [u8]) -> Result<RecordView<'a>, Malformed> {
        let mut fields = Fields { rest: content, whole: content.len() };
        let mut view = RecordView {
            position,
            at: self.header.at,
            incarnation: self.header.incarnation,
            stream: "",
            sequence: 0,
            previous: None,
            kind: RecordKind::Unspecified,
            sealed: &[],
            body: &[],
            block: &self.bytes,
        };
        while let Some((tag, field)) = fields.next()? {
            match (tag, field) {
                (1, Field::Bytes(_, bytes)) => {
                    view.stream = str::from_utf8(bytes).map_err(|_| Malformed("a stream's name is not text"))?;
                }
                (2, Field::Varint(value)) => view.sequence = value,
                (3, Field::Varint(value)) => view.previous = value.checked_sub(1),
                (4, Field::Varint(value)) => {
                    let number = i32::try_from(value).ok();
                    view.kind = number
                        .and_then(|number| RecordKind::try_from(number).ok())
                        .ok_or(Malformed("a record has a kind that this version does not know"))?;
                }
                (5, Field::Bytes(_, bytes)) => view.sealed = bytes,
                (6, Field::Bytes(_, bytes)) => view.body = bytes,
                _ => return Err(Malformed("a record has a field that this version does not know")),
            }
        }
        if view.sequence == 0 || view.stream.is_empty() {
            return Err(Malformed("a record has no stream or no sequence"));
        }
        Ok(view)
    }
}

enum Field<'a> {
    Varint(u64),
    /// Where it begins, and the bytes.
    Bytes(usize, &'a [u8]),
}

/// Walks the fields of one encoded message.
struct Fields<'a> {
    rest: &'a [u8],
    whole: usize,
}

impl<'a> Fields<'a> {
    fn next(&mut self) -> Result<Option<(u32, Field<'a>)>, Malformed> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let cut = |_| Malformed("it is cut off or no protobuf");
        let (tag, wire) = decode_key(&mut self.rest).map_err(cut)?;
        let value = decode_varint(&mut self.rest).map_err(cut)?;
        match wire {
            WireType::Varint => Ok(Some((tag, Field::Varint(value)))),
            WireType::LengthDelimited => {
                let start = self.whole - self.rest.len();
                let length = usize::try_from(value).map_err(|_| Malformed("a length is out of range"))?;
                let (bytes, rest) = self.rest.split_at_checked(length).ok_or(Malformed("it is cut off"))?;
                self.rest = rest;
                Ok(Some((tag, Field::Bytes(start, bytes))))
            }
            _ => Err(Malformed("it has a field of a type that this version does not write")),
        }
    }
}
