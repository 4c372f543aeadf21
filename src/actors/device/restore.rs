//! How a device's state comes back from the records after its snapshot.

use std::collections::HashMap;
use std::sync::Arc;

use super::actor::DeviceActor;
use crate::actors::stream::RecoverError;
use crate::clinical::device::{DeviceEvent, DeviceState};
use crate::clinical::ids::PatientId;
use crate::clinical::rules::RuleSet;
use crate::storage::codec::DeviceRecord;
use crate::storage::{KeyError, Opener, StoredRecord, StreamName};

/// Opens the bodies of readings, by the patient under whose key they are; `None`: under the device's own.
#[derive(Default)]
pub(super) struct Bodies(HashMap<Option<PatientId>, Opener>);

impl DeviceActor {
    /// Applies a record. Of a reading the bookkeeping in the head is enough, unless rules of the device judge it.
    pub(super) fn restore(
        &self,
        state: &mut DeviceState,
        head: DeviceRecord,
        record: &StoredRecord,
        bodies: &mut Bodies,
    ) -> Result<(), RecoverError> {
        let now = head.now;
        let judged_by = state.rules_in_force().filter(|_| !record.body.is_empty());
        let body = match judged_by {
            Some(_) => self.open_body(&head, record, bodies)?,
            None => None,
        };
        let event = head.with_body(body.as_deref())?;
        state.evolve(&event, record.sequence, now);
        if let (Some((hash, _)), DeviceEvent::Reading(stored), Some(_)) = (judged_by, &event, &body) {
            // What it found then stands behind it in the stream.
            state.judge(&self.id, stored, record.sequence, &*self.rules(&hash)?);
        }
        Ok(())
    }

    /// The rules with this hash.
    pub(super) fn rules(&self, hash: &[u8; 32]) -> Result<Arc<RuleSet>, RecoverError> {
        self.context.rules.get(hash).ok_or_else(|| RecoverError::UnknownRules(hex::encode(hash)))
    }

    /// The body of a reading; `None`: its patient's key was destroyed.
    fn open_body(
        &self,
        head: &DeviceRecord,
        record: &StoredRecord,
        bodies: &mut Bodies,
    ) -> Result<Option<Vec<u8>>, RecoverError> {
        let owner = head.body_of()?;
        if !bodies.0.contains_key(&owner) {
            let key = match &owner {
                None => Some(self.context.keys.device(&self.id)),
                Some(patient) => match self.context.keys.patient(patient) {
                    Ok(key) => key,
                    Err(KeyError::Destroyed) => None,
                    Err(error) => return Err(error.into()),
                },
            };
            let Some(key) = key else { return Ok(None) };
            bodies.0.insert(owner.clone(), Opener::new(Some(key), &StreamName::device(&self.id)));
        }
        let opened = bodies.0.get_mut(&owner).map(|opener| opener.open_body(record)).transpose()?;
        Ok(opened)
    }
}
