//! What the tests share: a store on simulated disks, and records with known content.

use std::sync::{Arc, Mutex};

use smallvec::smallvec;

use crate::clinical::ids::DeviceId;
use crate::clock::Clock;
use crate::proto::RecordKind;
use crate::storage::{
    Append, Backend, OpenError, Opener, Reader, SealedRecord, Sealer, SimDisk, Store, StoreOptions, StoredRecord,
    StreamName, Wakes, Writer,
};
use crate::time::Timestamp;

pub const START: Timestamp = Timestamp(1_700_000_000_000_000);

pub fn device(name: &str) -> StreamName {
    StreamName::device(&DeviceId::new(name).unwrap())
}

pub fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Two disks on which a store is opened again and again.
#[derive(Clone, Debug, Default)]
pub struct Disks {
    pub data: SimDisk,
    pub keys: SimDisk,
    pub file_bytes_max: Option<u64>,
}

impl Disks {
    pub fn options(&self) -> StoreOptions {
        let backend = Backend::Disks { data: Arc::new(self.data.clone()), keys: Arc::new(self.keys.clone()) };
        let mut options = StoreOptions { backend, ..StoreOptions::new("simulated") };
        options.file_bytes_max = self.file_bytes_max.unwrap_or(options.file_bytes_max);
        options
    }

    pub fn open(&self) -> Result<Store, OpenError> {
        Store::open(self.options(), Clock::starting_at(START))
    }
}

/// Appends as an actor would: one stream, sealed, in order.
pub struct Source {
    pub stream: StreamName,
    sealer: Sealer,
    head: Arc<crate::storage::StreamHead>,
    next: u64,
    writer: Writer,
}

impl Source {
    pub fn new(store: &Store, name: &str) -> Self {
        let stream = device(name);
        let key = store.keys().stream(&stream).unwrap().unwrap();
        let head = store.streams().head(&stream);
        let next = head.committed().sequence + 1;
        Self { sealer: Sealer::new(&key, &store.incarnation(), &stream), stream, head, next, writer: store.writer() }
    }

    pub fn append_with(&mut self, plaintext: &[u8], on_commit: impl FnOnce(u64, u64) + Send + 'static) {
        let sequence = self.next;
        self.next += 1;
        let kind = RecordKind::Reading;
        let sealed = self.sealer.seal(sequence, kind, plaintext);
        let body = self.sealer.seal_body(sequence, kind, &[plaintext, b" body"].concat());
        self.writer.append(Append {
            stream: self.stream.clone(),
            head: Arc::clone(&self.head),
            records: smallvec![SealedRecord { sequence, kind, sealed, body }],
            on_commit: Some(Box::new(move |position, _: Timestamp, _: &mut Wakes| on_commit(sequence, position))),
        });
    }

    /// The sequence that the next record gets.
    pub fn next_sequence(&self) -> u64 {
        self.next
    }

    pub fn append(&mut self, plaintext: &[u8]) {
        self.append_with(plaintext, |_, _| {});
    }
}

/// What was called back as committed: (stream, sequence, position).
#[derive(Clone, Default)]
pub struct Committed(Arc<Mutex<Vec<(StreamName, u64, u64)>>>);

impl Committed {
    pub fn append(&self, source: &mut Source, plaintext: &[u8]) {
        let (list, stream) = (Arc::clone(&self.0), source.stream.clone());
        source.append_with(plaintext, move |sequence, position| {
            list.lock().unwrap().push((stream, sequence, position));
        });
    }

    pub fn all(&self) -> Vec<(StreamName, u64, u64)> {
        self.0.lock().unwrap().clone()
    }
}

pub fn text(stream: &StreamName, sequence: u64) -> Vec<u8> {
    format!("{stream} {sequence}").into_bytes()
}

/// Opens head and body of a device's record and checks that it says its own name.
pub fn assert_opens(store_keys: &crate::storage::Keys, record: &StoredRecord) {
    let mut opener = Opener::new(store_keys.stream(&record.stream).unwrap(), &record.stream);
    assert_eq!(opener.open(record).unwrap(), text(&record.stream, record.sequence));
    let body = [&text(&record.stream, record.sequence)[..], b" body"].concat();
    assert_eq!(opener.open_body(record).unwrap(), body);
}

pub fn tail(reader: &Reader, stream: &StreamName) -> Vec<(u64, u64)> {
    reader.tail(stream, 0).unwrap().iter().map(|record| (record.sequence, record.position)).collect()
}
