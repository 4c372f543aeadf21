//! Registration and assignment.

use smallvec::{SmallVec, smallvec};
use tokio::sync::oneshot;

use super::actor::{DeviceActor, Parts};
use super::commit::DeviceCommit;
use crate::actors::handle::{DeviceEntry, OperationError};
use crate::actors::stream::RecoverError;
use crate::clinical::device::{DeviceEvent, Registration};
use crate::clinical::ids::PatientId;
use crate::time::Timestamp;

impl DeviceActor {
    pub(super) fn register(
        &self,
        parts: &mut Parts,
        registration: Registration,
        reply: oneshot::Sender<Result<(), OperationError>>,
        now: Timestamp,
    ) -> Result<(), RecoverError> {
        let mut commit = DeviceCommit { reply: Some(reply), ..DeviceCommit::default() };
        if parts.state.registration() == Some(&registration) {
            return self.commit(parts, SmallVec::new(), now, commit);
        }
        let patient = parts.state.assignment().map(|assignment| assignment.patient.clone());
        commit.entry = Some(self.entry(&registration, patient));
        self.commit(parts, smallvec![DeviceEvent::Registered(registration)], now, commit)
    }

    pub(super) fn assign(
        &self,
        parts: &mut Parts,
        patient: &PatientId,
        from: Option<Timestamp>,
        reply: oneshot::Sender<Result<(), OperationError>>,
        now: Timestamp,
    ) -> Result<(), RecoverError> {
        match parts.state.assign(patient, from) {
            Ok(event) => {
                let entry = parts.state.registration().map(|known| self.entry(known, Some(patient.clone())));
                let commit = DeviceCommit { reply: Some(reply), entry, ..DeviceCommit::default() };
                self.commit(parts, event.into_iter().collect(), now, commit)
            }
            Err(refused) => {
                drop(reply.send(Err(OperationError::Conflict(refused.to_string()))));
                Ok(())
            }
        }
    }

    pub(super) fn unassign(
        &self,
        parts: &mut Parts,
        reply: oneshot::Sender<Result<(), OperationError>>,
        now: Timestamp,
    ) -> Result<(), RecoverError> {
        match parts.state.unassign() {
            Ok(event) => {
                let entry = parts.state.registration().map(|known| self.entry(known, None));
                let commit = DeviceCommit { reply: Some(reply), entry, ..DeviceCommit::default() };
                self.commit(parts, smallvec![event], now, commit)
            }
            Err(refused) => {
                drop(reply.send(Err(OperationError::Conflict(refused.to_string()))));
                Ok(())
            }
        }
    }

    pub(super) fn entry(&self, registration: &Registration, patient: Option<PatientId>) -> DeviceEntry {
        DeviceEntry {
            device: self.id.clone(),
            model: registration.model.clone(),
            firmware: registration.firmware.clone(),
            unit: registration.unit.clone(),
            gateway: registration.gateway.clone(),
            patient,
        }
    }
}
