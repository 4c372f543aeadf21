//! What is handed to the writer, and what the writer calls after the commit.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use smallvec::SmallVec;
use tokio::sync::Notify;

use super::stream::{StreamHead, StreamName};
use crate::proto::RecordKind;
use crate::time::Timestamp;

/// One record, sealed by its actor. The writer adds its position and its back-pointer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedRecord {
    /// Sequence in its stream: 1 for the first, then without a gap.
    pub sequence: u64,
    /// What it is, as far as it may be known without a key.
    pub kind: RecordKind,
    /// The head, sealed under the stream's key.
    pub sealed: Bytes,
    /// A reading's body, sealed under its patient's key; empty elsewhere.
    pub body: Bytes,
}

/// Records of one stream that become durable together, in one commit.
pub struct Append {
    /// The stream.
    pub stream: StreamName,
    /// Its head, from [`super::Streams::head`].
    pub head: Arc<StreamHead>,
    /// In ascending sequence without a gap, continuing what was appended before.
    pub records: SmallVec<[SealedRecord; 1]>,
    /// Called after the commit; dropped uncalled if the commit failed.
    pub on_commit: Option<Box<dyn OnCommit>>,
}

impl fmt::Debug for Append {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sequences: Vec<u64> = self.records.iter().map(|record| record.sequence).collect();
        f.debug_struct("Append").field("stream", &self.stream).field("sequences", &sequences).finish_non_exhaustive()
    }
}

/// What follows from a commit: effects, receipts, news.
pub trait OnCommit: Send {
    /// Runs on the writer's thread once the records are durable, in the order of positions over all streams. MUST be
    /// quick and MUST NOT block: every receipt waits for it. A panic here stops the engine.
    ///
    /// `first_position` is that of the append's first record, `at` the receipt time of the commit.
    fn committed(self: Box<Self>, first_position: u64, at: Timestamp, wakes: &mut Wakes);
}

impl<F: FnOnce(u64, Timestamp, &mut Wakes) + Send> OnCommit for F {
    fn committed(self: Box<Self>, first_position: u64, at: Timestamp, wakes: &mut Wakes) {
        self(first_position, at, wakes);
    }
}

/// Whom to wake when all callbacks of a commit have run: each once, however many records concern it.
#[derive(Default)]
pub struct Wakes {
    notifies: Vec<Arc<Notify>>,
}

impl Wakes {
    /// Notes that one waiter of `notify` is to be woken (a permit is kept where nobody waits yet).
    pub fn wake(&mut self, notify: Arc<Notify>) {
        self.notifies.push(notify);
    }

    /// Wakes each once and forgets them.
    pub(super) fn notify_all(&mut self) {
        self.notifies.sort_unstable_by_key(Arc::as_ptr);
        self.notifies.dedup_by(|a, b| Arc::ptr_eq(a, b));
        for notify in self.notifies.drain(..) {
            notify.notify_one();
        }
    }
}
