//! Takes checkpoints of the chain: every 10 s or 10,000 records, into the journal and to the witnesses outside.

use std::sync::Arc;

use smallvec::smallvec;
use tokio::sync::{oneshot, watch};
use tokio::time::{Duration, Instant, sleep_until};

use super::context::Context;
use super::stream::{RecoverError, Stream};
use super::witness::Witness;
use crate::proto::RecordKind;
use crate::storage::codec::encode_checkpoint;
use crate::storage::{Checkpoint, CheckpointKey, JournalHead, StreamName, Wakes};
use crate::time::Timestamp;

/// A checkpoint is taken at the latest so long after the one before it.
const EVERY: Duration = Duration::from_secs(10);
/// And after so many records.
const RECORDS: u64 = 10_000;

/// Takes checkpoints until told to stop; then a last one.
pub(super) struct Checkpointer {
    context: Arc<Context>,
    stream: Stream,
    key: CheckpointKey,
    heads: watch::Receiver<JournalHead>,
    witnesses: Vec<Witness>,
    /// The position after the newest checkpoint's own record: up to there nothing new happened.
    covered: u64,
}

impl Checkpointer {
    /// Continues the stream of checkpoints where it ends.
    pub async fn open(context: &Arc<Context>) -> Result<Self, RecoverError> {
        let stream = Stream::resume(context, StreamName::checkpoints(), &context.keys.audit()).await?;
        Ok(Self {
            context: Arc::clone(context),
            stream,
            key: context.keys.checkpoint(),
            heads: context.writer.heads(),
            witnesses: context.options.witnesses.clone(),
            covered: 0,
        })
    }

    /// Runs until `stop` resolves, or the journal stops.
    pub async fn run(mut self, mut stop: oneshot::Receiver<()>) {
        let mut due = Instant::now();
        loop {
            let head = *self.heads.borrow_and_update();
            let news = head.next_position.saturating_sub(self.covered);
            if news >= RECORDS || (news > 0 && Instant::now() >= due) {
                if self.take(head).await.is_none() {
                    return;
                }
                due = Instant::now() + EVERY;
            }
            // Without news there is nothing to be due.
            let wait = if news > 0 { due.max(Instant::now()) } else { Instant::now() + EVERY };
            tokio::select! {
                biased;
                _ = &mut stop => break,
                changed = self.heads.changed() => if changed.is_err() { return },
                () = sleep_until(wait) => {}
            }
        }
        let head = *self.heads.borrow();
        if head.next_position > self.covered {
            self.take(head).await;
        }
    }

    /// One checkpoint: durable in the journal first, then with the witnesses. `None`: the journal stops.
    async fn take(&mut self, head: JournalHead) -> Option<()> {
        let checkpoint = Checkpoint {
            journal_id: self.context.reader.journal_id(),
            next_position: head.next_position,
            hash: head.hash,
            at: self.context.clock.now(),
        };
        let signed = self.key.sign(checkpoint);
        let sealed = self.stream.seal(RecordKind::Checkpoint, &encode_checkpoint(&signed));
        let (reply, durable) = oneshot::channel();
        self.stream.append(&self.context, smallvec![sealed], move |position: u64, _: Timestamp, _: &mut Wakes| {
            // Whoever waits may have been stopped.
            let _ = reply.send(position);
        });
        let position = durable.await.ok()?;
        // What was committed between the head and the checkpoint's own record is not covered.
        self.covered = if position == head.next_position { position + 1 } else { head.next_position };
        if !self.witnesses.is_empty() {
            let (line, mut witnesses) = (self.key.line(&signed), std::mem::take(&mut self.witnesses));
            let told = tokio::task::spawn_blocking(move || {
                for witness in &mut witnesses {
                    witness.tell(&line);
                }
                witnesses
            });
            self.witnesses = told.await.ok()?;
        }
        Some(())
    }
}
