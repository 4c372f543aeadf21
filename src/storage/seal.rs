//! Sealing of records: AES-256-GCM under keys that are bound to one opening of the engine and one stream.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, RandomizedNonceKey, UnboundKey};
use aws_lc_rs::hkdf;
use bytes::Bytes;
use smallvec::SmallVec;

use super::keys::DataKey;
use super::record::{Incarnation, StoredRecord};
use super::stream::StreamName;
use crate::proto::RecordKind;

/// Why a sealed part cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The tag does not fit: the bytes or the clear header were changed, or it was sealed under another key.
    #[error("the seal is broken: the stored bytes were changed or belong under another key; run `vigil audit verify`")]
    Tampered,
    /// The key was destroyed, so that nobody can read this any more.
    #[error("the key was destroyed: what it sealed is erased")]
    KeyDestroyed,
}

/// Which part of a record is sealed; keeps the nonces of the two apart, even under one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Head = 0,
    Body = 1,
}

/// Seals the records of one stream in one opening of the engine. Each sequence MUST be sealed once only: the nonce is
/// the sequence.
pub struct Sealer {
    key: LessSafeKey,
    stream: StreamName,
}

impl Sealer {
    /// Derives the key of `stream` in this opening: HKDF-SHA256(data key, salt incarnation, info purpose and stream).
    #[must_use]
    pub fn new(key: &DataKey, incarnation: &Incarnation, stream: &StreamName) -> Self {
        Self { key: record_key(key, incarnation, stream), stream: stream.clone() }
    }

    /// Seals the head of a record: the ciphertext with its tag of 16 bytes.
    #[must_use]
    pub fn seal(&self, sequence: u64, kind: RecordKind, plaintext: &[u8]) -> Bytes {
        self.seal_part(Part::Head, sequence, kind, plaintext)
    }

    /// Seals the body of a record: the ciphertext with its tag of 16 bytes.
    #[must_use]
    pub fn seal_body(&self, sequence: u64, kind: RecordKind, plaintext: &[u8]) -> Bytes {
        self.seal_part(Part::Body, sequence, kind, plaintext)
    }

    fn seal_part(&self, part: Part, sequence: u64, kind: RecordKind, plaintext: &[u8]) -> Bytes {
        let mut bytes = Vec::with_capacity(plaintext.len() + AES_256_GCM.tag_len());
        bytes.extend_from_slice(plaintext);
        let aad = header(&self.stream, sequence, kind, part);
        self.key
            .seal_in_place_append_tag(nonce(part, sequence), Aad::from(&aad[..]), &mut bytes)
            .expect("AES-256-GCM seals anything shorter than 64 GiB, and a message has 256 KiB at most");
        Bytes::from(bytes)
    }
}

/// Opens the records of one stream, whatever opening of the engine sealed them; keeps the key of the newest.
pub struct Opener {
    key: Option<DataKey>,
    stream: StreamName,
    newest: Option<(Incarnation, LessSafeKey)>,
}

impl Opener {
    /// For the records of `stream` under `key`; `None` where the key was destroyed: then nothing opens.
    #[must_use]
    pub fn new(key: Option<DataKey>, stream: &StreamName) -> Self {
        Self { key, stream: stream.clone(), newest: None }
    }

    /// Opens the head of a record.
    ///
    /// # Errors
    /// [`SealError`]
    pub fn open(&mut self, record: &StoredRecord) -> Result<Vec<u8>, SealError> {
        self.open_part(Part::Head, record, &record.sealed)
    }

    /// Opens the body of a record.
    ///
    /// # Errors
    /// [`SealError`]
    pub fn open_body(&mut self, record: &StoredRecord) -> Result<Vec<u8>, SealError> {
        self.open_part(Part::Body, record, &record.body)
    }

    fn open_part(&mut self, part: Part, record: &StoredRecord, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let Some(data_key) = &self.key else { return Err(SealError::KeyDestroyed) };
        if record.stream != self.stream {
            return Err(SealError::Tampered);
        }
        let known = self.newest.take().filter(|(incarnation, _)| *incarnation == record.incarnation);
        let (_, key) =
            self.newest
                .insert(known.unwrap_or_else(|| {
                    (record.incarnation, record_key(data_key, &record.incarnation, &record.stream))
                }));
        let aad = header(&record.stream, record.sequence, record.kind, part);
        let mut bytes = sealed.to_vec();
        let length = key
            .open_in_place(nonce(part, record.sequence), Aad::from(&aad[..]), &mut bytes)
            .map_err(|_| SealError::Tampered)?
            .len();
        bytes.truncate(length);
        Ok(bytes)
    }
}

/// Seals the state of a snapshot under a random nonce, so that the same sequence may be sealed again. The result is
/// nonce, ciphertext and tag.
#[must_use]
#[allow(clippy::missing_panics_doc)] // The message of the `expect` says why it never does.
pub fn seal_state(key: &DataKey, stream: &StreamName, sequence: u64, plaintext: &[u8]) -> Bytes {
    let mut sealed = plaintext.to_vec();
    let nonce = state_key(key, stream)
        .seal_in_place_append_tag(Aad::from(sequence.to_be_bytes()), &mut sealed)
        .expect("AES-256-GCM seals anything shorter than 64 GiB, and the system's source of randomness is seeded");
    let mut bytes = Vec::with_capacity(NONCE_LEN + sealed.len());
    bytes.extend_from_slice(nonce.as_ref());
    bytes.extend_from_slice(&sealed);
    Bytes::from(bytes)
}

/// Opens what [`seal_state`] sealed for the same stream and sequence.
///
/// # Errors
/// [`SealError::Tampered`]: a snapshot that does not open is passed over; the journal is the truth.
pub fn open_state(key: &DataKey, stream: &StreamName, sequence: u64, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
    let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN).ok_or(SealError::Tampered)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError::Tampered)?;
    let mut bytes = sealed.to_vec();
    let length = state_key(key, stream)
        .open_in_place(nonce, Aad::from(sequence.to_be_bytes()), &mut bytes)
        .map_err(|_| SealError::Tampered)?
        .len();
    bytes.truncate(length);
    Ok(bytes)
}

fn record_key(key: &DataKey, incarnation: &Incarnation, stream: &StreamName) -> LessSafeKey {
    let bytes = key.derive(incarnation, &[b"vigil/record/1\0", stream.as_str().as_bytes()]);
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &bytes[..]).expect("AES-256-GCM takes any key of 32 bytes"))
}

/// Raised with every change of what is kept in snapshots: one of another form then does not open, and the journal, which
/// has all of it, is read instead.
const SNAPSHOT_FORMAT: &[u8] = b"vigil/snapshot/10\0";

fn state_key(key: &DataKey, stream: &StreamName) -> RandomizedNonceKey {
    let bytes = key.derive(&[], &[SNAPSHOT_FORMAT, stream.as_str().as_bytes()]);
    RandomizedNonceKey::new(&AES_256_GCM, &bytes[..]).expect("AES-256-GCM takes any key of 32 bytes")
}

/// The clear header that is authenticated with a part.
fn header(stream: &StreamName, sequence: u64, kind: RecordKind, part: Part) -> SmallVec<[u8; 96]> {
    let mut aad = SmallVec::new();
    aad.extend_from_slice(stream.as_str().as_bytes());
    aad.push(0);
    aad.extend_from_slice(&sequence.to_be_bytes());
    aad.extend_from_slice(&(kind as i32).to_be_bytes());
    aad.push(part as u8);
    aad
}

fn nonce(part: Part, sequence: u64) -> Nonce {
    let mut bytes = [0; NONCE_LEN];
    bytes[0] = part as u8;
    bytes[NONCE_LEN - 8..].copy_from_slice(&sequence.to_be_bytes());
    Nonce::assume_unique_for_key(bytes)
}

/// Lets HKDF give 32 bytes.
pub(super) struct Length32;

impl hkdf::KeyType for Length32 {
    fn len(&self) -> usize {
        32
    }
}
