//! The writer: one thread that puts what waits into blocks, commits them together, then tells whoever waits.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender};
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

use super::append::{Append, Wakes};
use super::block::{BlockBuilder, BlockHeader, EncodedBlock, record_len};
use super::db::panic_text;
use super::error::{StopReason, Stopped};
use super::journal::{Journal, JournalHead};
use super::record::Incarnation;
use super::stream::Committed;
use crate::clock::Clock;
use crate::metrics::Metrics;
use crate::time::Timestamp;

/// How many records one commit takes at most.
const COMMIT_RECORDS_MAX: usize = 50_000;
/// How many bytes one commit takes, about.
const COMMIT_BYTES_MAX: usize = 8 << 20;

enum Order {
    Append(Append),
    Barrier(oneshot::Sender<()>),
    Close,
}

/// Figures since the opening.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WriterFigures {
    /// Commits.
    pub commits: u64,
    /// Records in them.
    pub records: u64,
    /// Bytes of their blocks.
    pub bytes: u64,
    /// Time spent in commits, in microseconds.
    pub commit_us: u64,
}

#[derive(Default)]
struct Figures {
    commits: AtomicU64,
    records: AtomicU64,
    bytes: AtomicU64,
    commit_us: AtomicU64,
}

/// What the thread and the handles share.
struct Shared {
    /// The next position: all below are committed.
    committed_position: Arc<AtomicU64>,
    figures: Figures,
}

/// The way to the writer's thread. Cloning is cheap.
#[derive(Clone)]
pub struct Writer {
    orders: Sender<Order>,
    shared: Arc<Shared>,
    stop: watch::Receiver<Option<Stopped>>,
    heads: watch::Receiver<JournalHead>,
}

impl Writer {
    /// Hands records over; never blocks. Admission bounds what waits. Once the writer has stopped they are dropped,
    /// their callback uncalled.
    pub fn append(&self, append: Append) {
        if let Some(last) = append.records.last() {
            append.head.hand(last.sequence);
        }
        // A send fails only once the thread is gone: then dropping is what is promised.
        let _ = self.orders.send(Order::Append(append));
    }

    /// Resolves when all that was handed over before is committed and its callbacks have run.
    ///
    /// # Errors
    /// [`Stopped`]: what was handed over before may be lost.
    pub fn barrier(&self) -> impl Future<Output = Result<(), Stopped>> + Send + 'static {
        let (reply, answer) = oneshot::channel();
        // As above: the reply is dropped with the order, which resolves the answer.
        let _ = self.orders.send(Order::Barrier(reply));
        let stop = self.stop.clone();
        async move {
            match answer.await {
                Ok(()) => Ok(()),
                Err(_) => Err(stopped(stop).await),
            }
        }
    }

    /// The next position: all below are committed.
    #[must_use]
    pub fn committed_position(&self) -> u64 {
        self.shared.committed_position.load(Ordering::Acquire)
    }

    /// Where the chain stands, told after every commit. The newest overwrites what nobody looked at.
    #[must_use]
    pub fn heads(&self) -> watch::Receiver<JournalHead> {
        self.heads.clone()
    }

    /// Resolves when the writer has stopped, with the reason.
    pub fn stopped(&self) -> impl Future<Output = Stopped> + Send + 'static {
        stopped(self.stop.clone())
    }

    /// Whether, and why, the writer has stopped.
    #[must_use]
    pub fn has_stopped(&self) -> Option<Stopped> {
        self.stop.borrow().clone()
    }

    /// Figures since the opening.
    #[must_use]
    pub fn figures(&self) -> WriterFigures {
        let read = |figure: &AtomicU64| figure.load(Ordering::Relaxed);
        let figures = &self.shared.figures;
        WriterFigures {
            commits: read(&figures.commits),
            records: read(&figures.records),
            bytes: read(&figures.bytes),
            commit_us: read(&figures.commit_us),
        }
    }

    /// Asks the thread to commit what was handed over, and to end.
    pub(super) fn close(&self) {
        // As above: where the thread is gone, there is nothing to end.
        let _ = self.orders.send(Order::Close);
    }
}

async fn stopped(mut stop: watch::Receiver<Option<Stopped>>) -> Stopped {
    match stop.wait_for(Option::is_some).await.map(|reason| reason.clone()) {
        Ok(Some(stopped)) => stopped,
        Ok(None) | Err(_) => Stopped { reason: Arc::new(StopReason::Closed) },
    }
}

/// What the writer's thread needs.
pub(super) struct WriterOptions {
    pub(super) journal: Arc<dyn Journal>,
    pub(super) shard: u32,
    pub(super) epoch: u64,
    pub(super) head: JournalHead,
    pub(super) incarnation: Incarnation,
    pub(super) clock: Clock,
    /// Where to say up to which position all is committed.
    pub(super) committed_position: Arc<AtomicU64>,
    pub(super) metrics: Arc<Metrics>,
}

/// Starts the writer's thread.
pub(super) fn start(options: WriterOptions) -> std::io::Result<(Writer, JoinHandle<()>)> {
    let (orders, queue) = crossbeam_channel::unbounded();
    let (stop_sender, stop) = watch::channel(None);
    let (head_sender, heads) = watch::channel(options.head);
    let shared =
        Arc::new(Shared { committed_position: Arc::clone(&options.committed_position), figures: Figures::default() });
    let writer = Writer { orders, shared: Arc::clone(&shared), stop, heads };
    // The clock follows the time of the runtime that opens the store: paused time in tests.
    let runtime = tokio::runtime::Handle::try_current().ok();
    let run = move || {
        let _entered = runtime.as_ref().map(tokio::runtime::Handle::enter);
        let mut thread = Thread { at: Timestamp::MIN, options, shared, heads: head_sender };
        let ended = catch_unwind(AssertUnwindSafe(|| thread.run(&queue)));
        let reason = ended.unwrap_or_else(|panic| StopReason::Panicked(panic_text(&*panic)));
        if reason != StopReason::Closed {
            tracing::error!(%reason, "the journal's writer stops");
        }
        stop_sender.send_replace(Some(Stopped { reason: Arc::new(reason) }));
        // Dropping the queue drops what still waits in it, callbacks uncalled.
        drop(queue);
    };
    let thread = std::thread::Builder::new().name("vigil-writer".to_owned()).spawn(run)?;
    Ok((writer, thread))
}

/// What one commit makes durable.
#[derive(Default)]
struct Group {
    appends: Vec<Append>,
    barriers: Vec<oneshot::Sender<()>>,
    records: usize,
    bytes: usize,
    closing: bool,
}

impl Group {
    fn take(&mut self, order: Order) {
        match order {
            Order::Append(append) => {
                self.records += append.records.len();
                self.bytes += append.records.iter().map(|r| r.sealed.len() + r.body.len()).sum::<usize>();
                self.appends.push(append);
            }
            Order::Barrier(reply) => self.barriers.push(reply),
            Order::Close => self.closing = true,
        }
    }

    fn is_full(&self) -> bool {
        self.closing || self.records >= COMMIT_RECORDS_MAX || self.bytes >= COMMIT_BYTES_MAX
    }
}

struct Thread {
    options: WriterOptions,
    shared: Arc<Shared>,
    /// Receipt time of the newest commit: later ones are not before it.
    at: Timestamp,
    heads: watch::Sender<JournalHead>,
}

impl Thread {
    fn run(&mut self, queue: &Receiver<Order>) -> StopReason {
        let mut wakes = Wakes::default();
        while let Ok(order) = queue.recv() {
            let mut group = Group::default();
            group.take(order);
            while !group.is_full() {
                let Ok(order) = queue.try_recv() else { break };
                group.take(order);
            }
            let closing = group.closing;
            if let Err(reason) = self.commit(group, &mut wakes) {
                return reason;
            }
            if closing {
                break;
            }
        }
        StopReason::Closed
    }

    fn commit(&mut self, mut group: Group, wakes: &mut Wakes) -> Result<(), StopReason> {
        let first_position = self.options.head.next_position;
        if group.records > 0 {
            self.at = self.at.max(self.options.clock.now());
            let blocks = self.form(&group.appends)?;
            self.make_durable(&blocks, group.records)?;
        }
        publish(&group.appends);
        self.shared.committed_position.store(self.options.head.next_position, Ordering::Release);
        if group.records > 0 {
            self.heads.send_replace(self.options.head);
        }
        let mut position = first_position;
        for append in &mut group.appends {
            if let Some(on_commit) = append.on_commit.take() {
                on_commit.committed(position, self.at, wakes);
            }
            position += append.records.len() as u64;
        }
        wakes.notify_all();
        for reply in group.barriers.drain(..) {
            // Whoever waited may have gone.
            let _ = reply.send(());
        }
        Ok(())
    }

    /// Gives each record its position and its back-pointer, and puts them into blocks.
    fn form(&self, appends: &[Append]) -> Result<Vec<EncodedBlock>, StopReason> {
        let mut blocks = Vec::new();
        let mut block: Option<BlockBuilder> = None;
        let mut position = self.options.head.next_position;
        let mut previous_hash = self.options.head.hash;
        for append in appends {
            assert_eq!(append.head.stream(), &append.stream, "an append carries the head of its own stream");
            for record in &append.records {
                let before = append.head.assigned();
                if record.sequence != before.sequence + 1 {
                    let kind = append.stream.kind().prefix();
                    return Err(StopReason::OutOfOrder { kind, expected: before.sequence + 1, found: record.sequence });
                }
                append.head.assign(Committed { sequence: record.sequence, position });
                let previous = (before.sequence > 0).then_some(before.position);
                let length = record_len(append.stream.as_str(), record, previous);
                if let Some(full) = block.take_if(|block| !block.has_room(length)) {
                    let full = full.finish();
                    previous_hash = full.hash;
                    blocks.push(full);
                }
                block.get_or_insert_with(|| BlockBuilder::new(&self.header(position, previous_hash))).push(
                    append.stream.as_str(),
                    record,
                    previous,
                    length,
                );
                position += 1;
            }
        }
        blocks.extend(block.map(BlockBuilder::finish));
        Ok(blocks)
    }

    fn header(&self, first_position: u64, previous_hash: super::block::Hash) -> BlockHeader {
        BlockHeader {
            shard: self.options.shard,
            epoch: self.options.epoch,
            first_position,
            previous_hash,
            incarnation: self.options.incarnation,
            at: self.at,
        }
    }

    fn make_durable(&mut self, blocks: &[EncodedBlock], records: usize) -> Result<(), StopReason> {
        let WriterOptions { journal, shard, epoch, head, metrics, .. } = &mut self.options;
        let started = Instant::now();
        journal.append(*shard, *epoch, head.next_position, blocks).map_err(StopReason::Commit)?;
        if let Some(last) = blocks.last() {
            *head = JournalHead { next_position: head.next_position + records as u64, hash: last.hash };
        }
        let took = started.elapsed();
        metrics.journal.commit_seconds.observe(took.as_secs_f64());
        let figures = &self.shared.figures;
        let bytes: u64 = blocks.iter().map(|block| block.bytes.len() as u64).sum();
        figures.commits.fetch_add(1, Ordering::Relaxed);
        figures.records.fetch_add(records as u64, Ordering::Relaxed);
        figures.bytes.fetch_add(bytes, Ordering::Relaxed);
        figures.commit_us.fetch_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
        Ok(())
    }
}

/// Lets the readers of each stream see what is now durable.
fn publish(appends: &[Append]) {
    for append in appends.iter().filter(|append| !append.records.is_empty()) {
        append.head.publish(append.head.assigned());
    }
}
