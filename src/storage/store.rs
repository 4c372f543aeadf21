//! The composition of storage: open, recover, write, read, close.

use std::fmt;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;

use super::append::Append;
use super::disk::Disk;
use super::error::{OpenError, ReadError, Stopped};
use super::keys::Keys;
use super::record::{Incarnation, RecordView, StoredRecord};
use super::stream::{StreamHead, StreamKind, StreamName};
use crate::clock::Clock;

/// Where the files lie.
#[derive(Clone, Debug, Default)]
pub enum Backend {
    /// In the folders that the options name.
    #[default]
    Files,
    /// On simulated disks, for tests and simulations.
    Disks {
        /// In the place of the data folder.
        data: Arc<dyn Disk>,
        /// In the place of the key folder.
        keys: Arc<dyn Disk>,
    },
}

/// How a store is opened.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// Journal, index and lock.
    pub data_dir: PathBuf,
    /// Keys; outside the data folder and its backups.
    pub keys_dir: PathBuf,
    /// A journal file that has reached this size is followed by a new one.
    pub file_bytes_max: u64,
    /// Where the files lie.
    pub backend: Backend,
    /// Which shard of the journal this is.
    pub shard: u32,
}

impl StoreOptions {
    /// The defaults for a data folder: keys in `<data-dir>-keys`, files of 256 MiB, shard 0.
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        let data_dir = data_dir.into();
        let mut keys_dir = data_dir.clone().into_os_string();
        keys_dir.push("-keys");
        Self { data_dir, keys_dir: keys_dir.into(), file_bytes_max: 256 << 20, backend: Backend::Files, shard: 0 }
    }
}

/// An open store.
pub struct Store {}

impl Store {
    /// Opens the store, or makes a new one, and recovers what is durable.
    ///
    /// # Errors
    /// [`OpenError`]
    #[allow(clippy::needless_pass_by_value)]
    pub fn open(_options: StoreOptions, _clock: Clock) -> Result<Self, OpenError> {
        unimplemented!("built next")
    }
    /// The way to append.
    pub fn writer(&self) -> Writer {
        unimplemented!("built next")
    }
    /// The way to read.
    pub fn reader(&self) -> Reader {
        unimplemented!("built next")
    }
    /// The heads of all streams.
    pub fn streams(&self) -> Arc<Streams> {
        unimplemented!("built next")
    }
    /// The 16 random bytes of this opening.
    pub fn incarnation(&self) -> Incarnation {
        unimplemented!("built next")
    }
    /// All keys.
    pub fn keys(&self) -> Keys {
        unimplemented!("built next")
    }
    /// Snapshots of streams.
    pub fn snapshots(&self) -> Snapshots {
        unimplemented!("built next")
    }
    /// Resolves when the writer has stopped, with the reason.
    pub async fn stopped(&self) -> Stopped {
        unimplemented!("built next")
    }
    /// Frees what the opening keeps so that the first activations are fast.
    pub fn forget_recovery_cache(&self) {
        unimplemented!("built next")
    }
    /// Commits what was appended, writes what waits for the index, and ends all threads. Blocks.
    pub fn close(self) {
        unimplemented!("built next")
    }
}

/// The heads of all streams.
pub struct Streams {}

impl Streams {
    /// The head of a stream: the same one for the life of the store, made on demand.
    pub fn head(&self, _stream: &StreamName) -> Arc<StreamHead> {
        unimplemented!("built next")
    }
    /// The names of all streams of a kind that have records, in no order.
    pub fn names(&self, _kind: StreamKind) -> Vec<StreamName> {
        unimplemented!("built next")
    }
}

/// The way to the writer's thread. Cloning is cheap.
#[derive(Clone)]
pub struct Writer {}

impl Writer {
    /// Hands records over; never blocks. Admission bounds what waits. Once the writer has stopped they are dropped,
    /// their callback uncalled.
    pub fn append(&self, _append: Append) {
        unimplemented!("built next")
    }
    /// Resolves when all that was handed over before is committed.
    ///
    /// # Errors
    /// [`Stopped`]: what was handed over before may be lost.
    #[allow(clippy::unused_async)]
    pub async fn barrier(&self) -> Result<(), Stopped> {
        unimplemented!("built next")
    }
    /// The next position: all below are committed.
    pub fn committed_position(&self) -> u64 {
        unimplemented!("built next")
    }
    /// Resolves when the writer has stopped, with the reason.
    #[allow(clippy::unused_async)]
    pub async fn stopped(&self) -> Stopped {
        unimplemented!("built next")
    }
}

/// The way to read. Cloning is cheap. All of it blocks on files: call it from a blocking task where latency counts.
#[derive(Clone)]
pub struct Reader {}

impl Reader {
    /// The next position: all below are committed and readable.
    pub fn next_position(&self) -> u64 {
        unimplemented!("built next")
    }
    /// The committed records of a stream after `after_sequence`, oldest first.
    pub fn tail(&self, _stream: &StreamName, _after_sequence: u64) -> Result<Vec<StoredRecord>, ReadError> {
        unimplemented!("built next")
    }
    /// The committed records of a stream from `from` through `through`, oldest first.
    pub fn range(&self, _stream: &StreamName, _from: u64, _through: u64) -> Result<Vec<StoredRecord>, ReadError> {
        unimplemented!("built next")
    }
    /// Shows all committed records from a position on, in the order of positions, until told to stop.
    pub fn scan(
        &self,
        _from_position: u64,
        _visit: &mut dyn FnMut(&RecordView<'_>) -> ControlFlow<()>,
    ) -> Result<(), ReadError> {
        unimplemented!("built next")
    }
}

/// The state of a stream's owner after one of its records.
#[derive(Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The stream.
    pub stream: StreamName,
    /// The last record that is in it.
    pub sequence: u64,
    /// Its position.
    pub position: u64,
    /// What must be known without opening the state, for example the next deadline. Clear: no patient data.
    pub summary: Bytes,
    /// The state, sealed by the caller with [`super::seal_state`].
    pub state: Bytes,
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Snapshot({} at {})", self.stream, self.sequence)
    }
}

/// A snapshot without its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The stream.
    pub stream: StreamName,
    /// The last record that is in it.
    pub sequence: u64,
    /// Its position.
    pub position: u64,
    /// As put.
    pub summary: Bytes,
}

/// Snapshots of streams, in a second file that can be rebuilt. Cloning is cheap.
#[derive(Clone)]
pub struct Snapshots {}

impl Snapshots {
    /// Keeps a snapshot in the place of the stream's older one. Never blocks; a thread writes it once its record is
    /// committed. Losing it only makes the next recovery slower.
    pub fn put(&self, _snapshot: Snapshot) {
        unimplemented!("built next")
    }
    /// The newest snapshot of a stream.
    pub fn get(&self, _stream: &StreamName) -> Option<Snapshot> {
        unimplemented!("built next")
    }
    /// All snapshots without their states.
    pub fn summaries(&self) -> Vec<Summary> {
        unimplemented!("built next")
    }
    /// Declares that the next recovery need not scan below `position`: for every stream, what lies below is in its
    /// snapshot or will be read from its tail.
    pub fn cover(&self, _position: u64) {
        unimplemented!("built next")
    }
    /// Resolves when all that was put before is written.
    #[allow(clippy::unused_async)]
    pub async fn flush(&self) {
        unimplemented!("built next")
    }
}
