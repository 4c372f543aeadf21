//! The roster as it is committed, and the only way to change it.

use std::sync::Arc;

use arc_swap::ArcSwap;
use smallvec::smallvec;
use tokio::sync::Mutex;

use super::context::Context;
use super::handle::OperationError;
use super::stream::{RecoverError, Stream};
use crate::clinical::oncall::{Roster, RosterCommand, RosterRefused};
use crate::proto::RecordKind;
use crate::storage::codec::{RosterRecord, decode_roster, encode_roster};
use crate::storage::{StreamName, Wakes};
use crate::time::Timestamp;

/// Who is responsible: read by whoever asks "who now", changed by one command at a time. What is read is committed.
#[derive(Default)]
pub(super) struct RosterBook {
    committed: ArcSwap<Roster>,
    /// Its stream, once recovered. Held while a command is decided and committed.
    stream: Mutex<Option<Stream>>,
}

impl RosterBook {
    /// The roster in force.
    pub fn now(&self) -> Arc<Roster> {
        self.committed.load_full()
    }

    /// Reads the roster from the journal.
    pub async fn recover(context: &Context) -> Result<(), RecoverError> {
        let recovered = Stream::recover::<()>(context, StreamName::oncall(), context.keys.care()).await?;
        let (stream, mut opener) = (recovered.stream, recovered.opener);
        let mut roster = Roster::default();
        for record in &recovered.tail {
            let record = decode_roster(&opener.open(record)?)?;
            roster.evolve(&record.event, record.now);
        }
        let book = &context.roster;
        book.set(context, roster);
        *book.stream.lock().await = Some(stream);
        Ok(())
    }

    /// Carries a command out; returns the roster's version after the commit. Runs in a task of its own, so that a caller
    /// who goes away leaves no event that is committed and not in force.
    pub async fn command(context: &Arc<Context>, command: RosterCommand) -> Result<u32, OperationError> {
        let shared = Arc::clone(context);
        let done = tokio::spawn(async move { shared.roster.carry_out(&shared, &command).await });
        done.await.unwrap_or(Err(OperationError::Unavailable))
    }

    /// It is committed: whoever asks from now on is answered by it.
    fn set(&self, context: &Context, roster: Roster) {
        let roster = Arc::new(roster);
        context.care.set_roster(&roster);
        self.committed.store(roster);
    }

    async fn carry_out(&self, context: &Context, command: &RosterCommand) -> Result<u32, OperationError> {
        let mut stream = self.stream.lock().await;
        let stream = stream.as_mut().ok_or(OperationError::Unavailable)?;
        let now = context.clock.now();
        let mut roster = Roster::clone(&self.committed.load());
        for event in roster.decide(command, now).map_err(refused)? {
            roster.evolve(&event, now);
            let sealed = stream.seal(RecordKind::Roster, &encode_roster(&RosterRecord { now, event }));
            stream.append(context, smallvec![sealed], |_: u64, _: Timestamp, _: &mut Wakes| {});
        }
        context.writer.barrier().await.map_err(|_| OperationError::Unavailable)?;
        let version = roster.version();
        self.set(context, roster);
        Ok(version)
    }
}

fn refused(refused: RosterRefused) -> OperationError {
    match refused {
        RosterRefused::NotFound(what) => OperationError::NotFound(what),
        RosterRefused::Invalid(what) => OperationError::Invalid(what.to_owned()),
        other @ RosterRefused::NotAdopted(_) => OperationError::Invalid(other.to_string()),
        other @ RosterRefused::Contradicts { .. } => OperationError::Conflict(other.to_string()),
    }
}
