//! Snapshots of streams: put without waiting, written by a thread of their own once their records are committed.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use tokio::sync::oneshot;

use super::db::Failure;
use super::index::{Changes, Index};
use super::reader::Reader;
use super::stream::StreamName;

/// How long puts are gathered before they are written together.
const GATHER: Duration = Duration::from_millis(50);
/// How many snapshots one transaction writes at most.
const WRITE_SNAPSHOTS_MAX: usize = 4_096;

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
    /// The last record that is in it: where the stream's head is beyond, the summary is out of date, and the tail has
    /// to be read.
    pub sequence: u64,
    /// Its position.
    pub position: u64,
    /// As put.
    pub summary: Bytes,
}

enum Order {
    /// There is something to write.
    Write,
    Cover(u64),
    Flush(oneshot::Sender<()>),
    Close,
}

struct Shared {
    reader: Reader,
    pending: Mutex<HashMap<StreamName, Snapshot>>,
    /// Whether the thread was told that something is pending.
    woken: AtomicBool,
    index: RwLock<Option<Index>>,
}

/// Snapshots of streams, in a second file that can be rebuilt. Cloning is cheap.
#[derive(Clone)]
pub struct Snapshots {
    shared: Arc<Shared>,
    orders: Sender<Order>,
}

impl Snapshots {
    /// Keeps a snapshot in the place of the stream's older one. Never blocks; a thread writes it once its record is
    /// committed. Losing it only makes the next recovery slower.
    pub fn put(&self, snapshot: Snapshot) {
        {
            let mut pending = self.shared.pending();
            match pending.get(&snapshot.stream) {
                Some(newer) if newer.sequence > snapshot.sequence => {}
                _ => drop(pending.insert(snapshot.stream.clone(), snapshot)),
            }
        }
        if !self.shared.woken.swap(true, Ordering::AcqRel) {
            // Where the thread is gone, the store is closed, and snapshots are not kept any more.
            let _ = self.orders.send(Order::Write);
        }
    }

    /// The newest snapshot of a stream. One that cannot be read counts as none: the journal has all of it.
    #[must_use]
    pub fn get(&self, stream: &StreamName) -> Option<Snapshot> {
        if let Some(snapshot) = self.shared.pending().get(stream) {
            return Some(snapshot.clone());
        }
        self.shared.read(|index| index.snapshot(stream)).flatten()
    }

    /// All written snapshots without their states.
    #[must_use]
    pub fn summaries(&self) -> Vec<Summary> {
        self.shared.read(Index::summaries).unwrap_or_default()
    }

    /// Lets the next recovery begin its scan at `position`: the ends of all streams that have nothing at or above it
    /// are written to the index. What an owner needs beyond its snapshot is found by its head and its tail, wherever
    /// that begins.
    pub fn cover(&self, position: u64) {
        // As in `put`.
        let _ = self.orders.send(Order::Cover(position));
    }

    /// Resolves when all that was put before is written, as far as its records are committed.
    pub fn flush(&self) -> impl Future<Output = ()> + Send + 'static {
        let (reply, answer) = oneshot::channel();
        // As in `put`: then the reply is dropped, which resolves the answer.
        let _ = self.orders.send(Order::Flush(reply));
        async move {
            let _ = answer.await;
        }
    }

    /// Writes what waits and releases the file.
    pub(super) fn close(&self, thread: JoinHandle<()>) {
        // As in `put`.
        let _ = self.orders.send(Order::Close);
        if thread.join().is_err() {
            tracing::warn!("the thread that writes snapshots panicked; the next recovery is slower");
        }
        let index = self.shared.index.write().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Err(failure)) = index.map(Index::close) {
            tracing::warn!(cause = failure.cause(), "close of the index fails");
        }
    }
}

/// Starts the thread that writes snapshots.
pub(super) fn start(reader: Reader, index: Index) -> std::io::Result<(Snapshots, JoinHandle<()>)> {
    let shared = Arc::new(Shared {
        reader,
        pending: Mutex::default(),
        woken: AtomicBool::new(false),
        index: RwLock::new(Some(index)),
    });
    let (orders, queue) = crossbeam_channel::unbounded();
    let run = {
        let shared = Arc::clone(&shared);
        move || write_all(&shared, &queue)
    };
    let thread = std::thread::Builder::new().name("vigil-snapshots".to_owned()).spawn(run)?;
    Ok((Snapshots { shared, orders }, thread))
}

fn write_all(shared: &Shared, queue: &Receiver<Order>) {
    while let Ok(mut order) = queue.recv() {
        if matches!(order, Order::Write) {
            order = match queue.recv_timeout(GATHER) {
                Ok(order) => order,
                Err(RecvTimeoutError::Timeout) => Order::Write,
                Err(RecvTimeoutError::Disconnected) => Order::Close,
            };
        }
        let outcome = match &order {
            Order::Cover(position) => shared.write_pending().and_then(|()| shared.write_cover(*position)),
            Order::Write | Order::Flush(_) => shared.write_pending(),
            Order::Close => {
                let end = shared.reader.next_position();
                shared.write_pending().and_then(|()| shared.write_cover(end))
            }
        };
        if let Err(failure) = outcome {
            tracing::warn!(cause = failure.cause(), "write of snapshots fails; the next recovery is slower");
        }
        match order {
            Order::Close => return,
            // Whoever waited may have gone.
            Order::Flush(reply) => drop(reply.send(())),
            Order::Write | Order::Cover(_) => {}
        }
    }
}

impl Shared {
    fn pending(&self) -> MutexGuard<'_, HashMap<StreamName, Snapshot>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read<T>(&self, f: impl FnOnce(&Index) -> Result<T, Failure>) -> Option<T> {
        let guard = self.index.read().unwrap_or_else(PoisonError::into_inner);
        match f(guard.as_ref()?) {
            Ok(read) => Some(read),
            Err(failure) => {
                tracing::warn!(cause = failure.cause(), "read of snapshots fails; the journal is read instead");
                None
            }
        }
    }

    fn write(&self, changes: &Changes) -> Result<(), Failure> {
        let guard = self.index.read().unwrap_or_else(PoisonError::into_inner);
        match guard.as_ref() {
            Some(index) if !changes.is_empty() => index.write(changes),
            _ => Ok(()),
        }
    }

    /// Writes what waits and is committed; keeps what is ahead of its stream's head.
    fn write_pending(&self) -> Result<(), Failure> {
        self.woken.store(false, Ordering::Release);
        let mut snapshots: Vec<Snapshot> = {
            let mut pending = self.pending();
            let committed =
                |snapshot: &Snapshot| self.reader.streams.committed(&snapshot.stream).sequence >= snapshot.sequence;
            let (ready, early) = pending.drain().partition(|(_, snapshot)| committed(snapshot));
            *pending = early;
            let ready: HashMap<_, _> = ready;
            ready.into_values().collect()
        };
        // In the order of the keys, each page is written once.
        snapshots.sort_unstable_by(|a, b| a.stream.cmp(&b.stream));
        while !snapshots.is_empty() {
            let rest = snapshots.split_off(snapshots.len().min(WRITE_SNAPSHOTS_MAX));
            let changes = Changes { snapshots, ..Changes::default() };
            self.write(&changes)?;
            for snapshot in &changes.snapshots {
                self.reader.streams.head(&snapshot.stream).set_indexed_sequence(snapshot.sequence);
            }
            snapshots = rest;
        }
        Ok(())
    }

    fn write_cover(&self, position: u64) -> Result<(), Failure> {
        let position = position.min(self.reader.next_position());
        let Some(last) = position.checked_sub(1) else { return Ok(()) };
        let block = self.reader.journal.block_at(last).map_err(|error| Failure::Damaged(error.to_string()))?;
        let Some(block) = block else { return Ok(()) };
        let mut changes = Changes { cover: Some((position, block.hash)), ..Changes::default() };
        let mut written = Vec::new();
        self.reader.streams.each(|head| {
            let committed = head.committed();
            if committed.position < position && committed.sequence > head.indexed_sequence() {
                changes.heads.push((head.stream().clone(), committed));
                written.push((Arc::clone(head), committed.sequence));
            }
        });
        changes.heads.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        self.write(&changes)?;
        for (head, sequence) in written {
            head.set_indexed_sequence(sequence);
        }
        Ok(())
    }
}
