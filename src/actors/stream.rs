//! The part that all event-sourced actors share: recover, seal, append.

use std::sync::Arc;

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};
use smallvec::SmallVec;

use super::context::Context;
use super::sweep::SweepPart;
use crate::proto::RecordKind;
use crate::storage::{
    Append, DataKey, OnCommit, Opener, SealError, SealedRecord, Sealer, Snapshot, StoredRecord, StreamHead, StreamName,
    Wakes, open_state, seal_state,
};
use crate::time::Timestamp;

/// After so many records a snapshot is taken: recovery walks no further than this.
const RECORDS_PER_SNAPSHOT: u32 = 64;

/// Why an actor could not recover.
#[derive(Debug, thiserror::Error)]
pub(super) enum RecoverError {
    #[error("the engine stops: {0}")]
    Stopped(#[from] crate::storage::Stopped),
    #[error(transparent)]
    Read(#[from] crate::storage::ReadError),
    #[error(transparent)]
    Key(#[from] crate::storage::KeyError),
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error(transparent)]
    Decode(#[from] crate::storage::codec::DecodeError),
    #[error(transparent)]
    Items(#[from] crate::storage::ItemError),
    #[error(transparent)]
    Fault(#[from] crate::faults::Injected),
    #[error("the rules {0} that were in force are not in the journal")]
    UnknownRules(String),
}

/// One stream, as its only writer holds it.
pub(super) struct Stream {
    name: StreamName,
    head: Arc<StreamHead>,
    key: DataKey,
    sealer: Sealer,
    /// Sequence of the last record appended, committed or not.
    sequence: u64,
    since_snapshot: u32,
}

/// What a stream's owner recovers from: a state and the records after it.
pub(super) struct Recovered<S> {
    pub stream: Stream,
    /// The snapshot's state; the default where there is none.
    pub state: S,
    /// Records after the snapshot, oldest first.
    pub tail: Vec<StoredRecord>,
    /// Opens the heads of the records.
    pub opener: Opener,
}

impl Stream {
    /// Recovers a stream. Passes the writer's barrier first where a predecessor appended what is not committed yet.
    pub async fn recover<S>(context: &Context, name: StreamName, key: DataKey) -> Result<Recovered<S>, RecoverError>
    where
        S: Default + DeserializeOwned + Send + 'static,
    {
        let head = context.streams.head(&name);
        if !head.is_settled() {
            context.writer.barrier().await?;
        }
        let committed = head.committed();
        // A snapshot that does not open or decode is passed over: the journal is the truth.
        let snapshot =
            context.snapshots.get(&name).filter(|snapshot| snapshot.sequence <= committed.sequence).and_then(
                |snapshot| {
                    let plaintext = open_state(&key, &name, snapshot.sequence, &snapshot.state).ok()?;
                    Some((snapshot.sequence, postcard::from_bytes(&plaintext).ok()?))
                },
            );
        let (after, state) = snapshot.unwrap_or_default();
        let tail = context.reader.tail(&name, after)?;
        let stream = Self {
            head,
            sealer: Sealer::new(&key, &context.incarnation, &name),
            sequence: committed.sequence,
            since_snapshot: u32::try_from(tail.len()).unwrap_or(u32::MAX),
            name: name.clone(),
            key: key.clone(),
        };
        Ok(Recovered { stream, state, tail, opener: Opener::new(Some(key), &name) })
    }

    /// Continues a stream of which no state is kept: only where it ends is looked up. Passes the writer's barrier first.
    pub async fn resume(context: &Context, name: StreamName, key: &DataKey) -> Result<Self, RecoverError> {
        context.writer.barrier().await?;
        let head = context.streams.head(&name);
        Ok(Self {
            sealer: Sealer::new(key, &context.incarnation, &name),
            sequence: head.committed().sequence,
            since_snapshot: 0,
            head,
            name,
            key: key.clone(),
        })
    }

    pub fn name(&self) -> &StreamName {
        &self.name
    }

    /// Sequence of the last record appended, committed or not.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Seals the next record. It must be appended: its sequence is taken.
    pub fn seal(&mut self, kind: RecordKind, plaintext: &[u8]) -> SealedRecord {
        self.sequence += 1;
        self.since_snapshot += 1;
        let sealed = self.sealer.seal(self.sequence, kind, plaintext);
        SealedRecord { sequence: self.sequence, kind, sealed, body: Bytes::new() }
    }

    /// Seals a body under the stream's own key.
    pub fn seal_body(&self, kind: RecordKind, body: &[u8]) -> Bytes {
        self.sealer.seal_body(self.sequence, kind, body)
    }

    /// Whether enough was appended since the last snapshot for another.
    pub fn wants_snapshot(&self) -> bool {
        self.since_snapshot >= RECORDS_PER_SNAPSHOT
    }

    /// Seals a snapshot of `state`, which must be exactly what the records up to now give. It may be kept only once
    /// the last of them is committed: see [`Self::append`].
    pub fn snapshot<S: Serialize, M: Serialize>(&mut self, state: &S, summary: &M) -> Option<PendingSnapshot> {
        let state = postcard::to_stdvec(state).ok()?;
        let summary = postcard::to_stdvec(summary).ok()?;
        self.since_snapshot = 0;
        Some(PendingSnapshot {
            stream: self.name.clone(),
            sequence: self.sequence,
            summary: seal_state(&self.key, &self.name, self.sequence, &summary),
            state: seal_state(&self.key, &self.name, self.sequence, &state),
            head: Arc::clone(&self.head),
        })
    }

    /// The stream's part in a sweep: a snapshot of `state` if anything was appended since the last.
    pub fn sweep<S: Serialize, M: Serialize>(
        &mut self,
        context: &Arc<Context>,
        state: &S,
        summary: impl FnOnce() -> M,
        part: SweepPart,
    ) {
        if self.since_snapshot == 0 {
            part.done();
            return;
        }
        let snapshot = self.snapshot(state, &summary());
        let shared = Arc::clone(context);
        let kept = move |_: u64, _: Timestamp, _: &mut Wakes| {
            if let Some(snapshot) = snapshot {
                snapshot.keep(&shared, None);
            }
            part.done();
        };
        self.append(context, SmallVec::new(), kept);
    }

    /// Hands records to the writer; without records `on_commit` runs after everything that was appended before.
    pub fn append(&self, context: &Context, records: SmallVec<[SealedRecord; 1]>, on_commit: impl OnCommit + 'static) {
        context.writer.append(Append {
            stream: self.name.clone(),
            head: Arc::clone(&self.head),
            records,
            on_commit: Some(Box::new(on_commit)),
        });
    }
}

/// A snapshot that waits for the commit of its last record.
pub(super) struct PendingSnapshot {
    stream: StreamName,
    sequence: u64,
    summary: Bytes,
    state: Bytes,
    head: Arc<StreamHead>,
}

impl PendingSnapshot {
    /// Keeps it: everything up to its sequence is committed. `appended` is where the last record of its own append
    /// stands; `None` where it was appended without records.
    pub fn keep(self, context: &Context, appended: Option<u64>) {
        let committed = self.head.committed();
        let position = match appended {
            Some(position) => position,
            None if committed.sequence == self.sequence => committed.position,
            // Later records are committed already: the next snapshot will hold them.
            None => return,
        };
        context.snapshots.put(Snapshot {
            stream: self.stream,
            sequence: self.sequence,
            position,
            summary: self.summary,
            state: self.state,
        });
    }
}
