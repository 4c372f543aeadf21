//! The audit trail: its only writer seals access records in order and hands them to the writer's group commit; readers
//! walk it from its end.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use smallvec::smallvec;
use tokio::sync::oneshot;

use super::context::Context;
use super::handle::OperationError;
use super::history::off_thread;
use super::stream::{RecoverError, Stream};
use crate::access::AccessRecord;
use crate::clinical::ids::{PatientId, PersonId};
use crate::proto::RecordKind;
use crate::storage::codec::{decode_access, encode_access};
use crate::storage::{Committed, Opener, StreamName, Wakes};
use crate::time::Timestamp;

/// The audit trail. Nothing of it is kept in memory but where it ends.
pub(super) struct AuditTrail {
    stream: Mutex<Stream>,
}

impl AuditTrail {
    /// Continues the trail where it ends.
    pub async fn open(context: &Context) -> Result<Self, RecoverError> {
        let stream = Stream::resume(context, StreamName::audit(), &context.keys.audit()).await?;
        Ok(Self { stream: Mutex::new(stream) })
    }

    /// Hands a record over; resolves to its stream sequence once it is durable. It shares the sync of whatever else is
    /// committed then. An error: the journal stops, nothing may be shown.
    pub fn put(&self, context: &Context, record: &AccessRecord) -> oneshot::Receiver<u64> {
        let plaintext = encode_access(record);
        let (reply, durable) = oneshot::channel();
        // Sealed and handed over under one lock: the writer wants sequences in order.
        let mut stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        let sealed = stream.seal(RecordKind::Access, &plaintext);
        let sequence = stream.sequence();
        stream.append(context, smallvec![sealed], move |_: u64, _: Timestamp, _: &mut Wakes| {
            // Whoever asked may have gone; what is on record stays there.
            let _ = reply.send(sequence);
        });
        durable
    }
}

/// Records that one page looks at, at most: a filter that fits seldom must not read the whole trail at once.
const LOOKED_AT_MAX: usize = 20_000;

/// Which accesses are wanted.
#[derive(Clone, Debug)]
pub struct Accesses {
    /// Of this patient only.
    pub patient: Option<PatientId>,
    /// By this person only.
    pub person: Option<PersonId>,
    /// From this receipt time on.
    pub since: Timestamp,
    /// Before this one.
    pub until: Timestamp,
    /// How many at most.
    pub limit: usize,
    /// Where the page before left off; `None`: the newest first.
    pub from: Option<Committed>,
}

impl Accesses {
    fn fit(&self, record: &AccessRecord) -> bool {
        self.patient.as_ref().is_none_or(|patient| record.patients.contains(patient))
            && self.person.as_ref().is_none_or(|person| record.person.as_ref() == Some(person))
            && record.now < self.until
    }
}

/// Reads the trail backwards.
pub(super) async fn read(
    context: &Arc<Context>,
    wanted: Accesses,
) -> Result<(Vec<(u64, AccessRecord)>, Option<Committed>), OperationError> {
    let name = StreamName::audit();
    if wanted.from.is_some_and(|from| from.sequence > context.streams.committed(&name).sequence) {
        return Err(OperationError::Invalid("page_token must be the next_page_token of a page".to_owned()));
    }
    off_thread(context, move |context| {
        let mut opener = Opener::new(Some(context.keys.audit()), &name);
        let (mut found, mut looked_at, mut ends) = (Vec::new(), 0, Ok(false));
        let next = context.reader.walk_back(&name, wanted.from, &mut |record| {
            if found.len() == wanted.limit || looked_at == LOOKED_AT_MAX {
                return ControlFlow::Break(());
            }
            looked_at += 1;
            match open(&mut opener, &record) {
                Ok(access) if access.now >= wanted.since => {
                    if wanted.fit(&access) {
                        found.push((record.sequence, access));
                    }
                    return ControlFlow::Continue(());
                }
                // Only older ones follow: receipt times never go back.
                Ok(_) => ends = Ok(true),
                Err(error) => ends = Err(error),
            }
            ControlFlow::Break(())
        })?;
        let ends = ends?;
        Ok((found, next.filter(|_| !ends)))
    })
    .await
}

fn open(opener: &mut Opener, record: &crate::storage::StoredRecord) -> Result<AccessRecord, RecoverError> {
    Ok(decode_access(&opener.open(record)?)?)
}
