//! What people and care teams say of alerts: commands, answers for a step.

use tokio::sync::oneshot;

use super::actor::{Parts, PatientActor};
use super::commit::Reply;
use crate::actors::handle::{Answered, OperationError};
use crate::clinical::alert::{AlertInput, Command, Refused};
use crate::clinical::patient::{PatientInput, PatientRecord};
use crate::time::Timestamp;

impl PatientActor {
    /// Applies an input that cannot be refused.
    pub(super) fn decide(&self, parts: &mut Parts, input: PatientInput, now: Timestamp) {
        if let Ok(Some(events)) = parts.state.handle(&input, now) {
            let record = PatientRecord { now: parts.state.now(), input, events };
            self.append(parts, Some(record), None, None, None);
        }
    }

    pub(super) fn command(
        &self,
        parts: &mut Parts,
        command: Command,
        to: oneshot::Sender<Result<Answered, OperationError>>,
        now: Timestamp,
    ) {
        let ordinal = command.ordinal;
        let input = PatientInput::Alert(AlertInput::Command(command));
        match parts.state.handle(&input, now) {
            Ok(Some(events)) => {
                let record = PatientRecord { now: parts.state.now(), input, events };
                let reply = Reply::Answer { ordinal, stale: false, to };
                self.append(parts, Some(record), Some(reply), None, None);
            }
            // It is so already: said once what it stands on is committed.
            Ok(None) => self.append(parts, None, Some(Reply::Answer { ordinal, stale: false, to }), None, None),
            Err(Refused::Stale { .. }) => {
                self.append(parts, None, Some(Reply::Answer { ordinal, stale: true, to }), None, None);
            }
            Err(Refused::NoSuchAlert) => drop(to.send(Err(OperationError::NotFound("alert")))),
            Err(refused @ Refused::NotNow(_)) => drop(to.send(Err(OperationError::Conflict(refused.to_string())))),
        }
    }
}
