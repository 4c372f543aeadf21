//! Registration, assignment, loan, retirement: whose the device is.

use smallvec::{SmallVec, smallvec};
use tokio::sync::oneshot;

use super::actor::{DeviceActor, Parts};
use super::commit::DeviceCommit;
use crate::actors::handle::OperationError;
use crate::actors::stream::RecoverError;
use crate::clinical::device::{CustodyEvent, DeviceEvent, NotAssignable, Registration};
use crate::time::Timestamp;

impl DeviceActor {
    pub(super) fn register(
        &self,
        parts: &mut Parts,
        registration: Registration,
        reply: oneshot::Sender<Result<(), OperationError>>,
        now: Timestamp,
    ) -> Result<(), RecoverError> {
        let commit = DeviceCommit { reply: Some(reply), ..DeviceCommit::default() };
        if parts.state.registration() == Some(&registration) && !parts.state.is_retired() {
            return self.commit(parts, SmallVec::new(), now, commit);
        }
        self.commit(parts, smallvec![DeviceEvent::Registered(registration)], now, commit)
    }

    /// Makes a change durable, and answers once it is committed; where nothing changes, it is so already.
    pub(super) fn change_custody(
        &self,
        parts: &mut Parts,
        decided: Result<Vec<CustodyEvent>, NotAssignable>,
        reply: oneshot::Sender<Result<(), OperationError>>,
        now: Timestamp,
    ) -> Result<(), RecoverError> {
        match decided {
            Ok(events) => {
                let events = events.into_iter().map(DeviceEvent::Custody).collect();
                self.commit(parts, events, now, DeviceCommit { reply: Some(reply), ..DeviceCommit::default() })
            }
            Err(refused) => {
                drop(reply.send(Err(OperationError::Conflict(refused.to_string()))));
                Ok(())
            }
        }
    }

    /// Assignments and loans end at their end.
    pub(super) fn end_what_is_due(&self, parts: &mut Parts, now: Timestamp) -> Result<(), RecoverError> {
        for event in parts.state.end_what_is_due(now) {
            self.commit(parts, smallvec![DeviceEvent::Custody(event)], now, DeviceCommit::default())?;
        }
        Ok(())
    }

    /// Takes the device out of use: whoever speaks for it is told, and nobody is waited for.
    pub(super) fn retire(
        &self,
        parts: &mut Parts,
        reply: oneshot::Sender<Result<(), OperationError>>,
        now: Timestamp,
    ) -> Result<(), RecoverError> {
        let decided = parts.state.retire(now).map(smallvec::SmallVec::into_vec);
        if decided.is_ok()
            && let Some(cell) = self.context.links.take(&self.id)
        {
            cell.supersede();
        }
        self.change_custody(parts, decided, reply, now)
    }
}
