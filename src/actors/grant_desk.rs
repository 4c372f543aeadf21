//! The only writer of the stream of grants: decides from committed state, appends, and lets the change count after the
//! commit.

use smallvec::smallvec;
use tokio::sync::{Mutex, oneshot};

use super::context::Context;
use super::handle::OperationError;
use super::stream::{RecoverError, Stream};
use crate::access::{GrantCommand, GrantEvent, Grants};
use crate::clinical::ids::PersonId;
use crate::proto::RecordKind;
use crate::storage::codec::{GrantRecord, decode_grant, encode_grant};
use crate::storage::{StreamName, Wakes};
use crate::time::Timestamp;

/// Decides about grants, one after the other.
pub(super) struct GrantDesk {
    stream: Mutex<Stream>,
}

impl GrantDesk {
    /// Reads the grants back, and puts them into the care teams.
    pub async fn open(context: &Context) -> Result<Self, RecoverError> {
        let mut recovered = Stream::recover::<Grants>(context, StreamName::grants(), context.keys.audit()).await?;
        for record in &recovered.tail {
            let record = decode_grant(&recovered.opener.open(record)?)?;
            recovered.state.evolve(&record.event, record.now);
        }
        context.care.set_grants(recovered.state);
        Ok(Self { stream: Mutex::new(recovered.stream) })
    }

    /// Carries a command out; returns the event once it is durable, `None` where all is already as asked.
    pub async fn decide(
        &self,
        context: &std::sync::Arc<Context>,
        by: &PersonId,
        command: GrantCommand,
    ) -> Result<Option<GrantEvent>, OperationError> {
        let mut stream = self.stream.lock().await;
        let now = context.clock.now();
        let mut grants = context.care.now().grants().clone();
        let event = grants.decide(by, command, now).map_err(OperationError::Invalid)?;
        let Some(event) = event else { return Ok(None) };
        grants.evolve(&event, now);
        let record = GrantRecord { now, by: by.clone(), event: event.clone() };
        let sealed = stream.seal(RecordKind::Grant, &encode_grant(&record));
        let snapshot = if stream.wants_snapshot() { stream.snapshot(&grants, &()) } else { None };
        let (reply, durable) = oneshot::channel();
        let shared = std::sync::Arc::clone(context);
        stream.append(context, smallvec![sealed], move |position: u64, _: Timestamp, _: &mut Wakes| {
            if let Some(snapshot) = snapshot {
                snapshot.keep(&shared, Some(position));
            }
            let _ = reply.send(());
        });
        durable.await.map_err(|_| OperationError::Unavailable)?;
        context.care.set_grants(grants);
        Ok(Some(event))
    }
}
