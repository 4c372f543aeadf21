//! Rotation of the key-encryption key, and erasure of a patient.

use super::answer::OperationError;
use super::engine_handle::Handle;
use crate::clinical::ids::PatientId;
use crate::clinical::patient::Presence;
use crate::storage::KeyError;

impl Handle {
    /// Wraps all keys under a new key-encryption key, and shreds the old one. Readings go on meanwhile; the first
    /// activation of a patient waits. Returns the new version.
    ///
    /// # Errors
    /// [`OperationError::Unavailable`]: the key store cannot be written, and asking again is right.
    pub async fn rotate_keys(&self) -> Result<u32, OperationError> {
        self.context.keys.rotate().await.map_err(|error| unavailable(&error))
    }

    /// Erases a patient for good: destroys the key, and forgets what memory holds.
    ///
    /// # Errors
    /// [`OperationError::NotFound`]; [`OperationError::Conflict`] while the patient is admitted, a device is assigned or an alert
    /// is open.
    pub async fn erase_patient(&self, patient: &PatientId) -> Result<(), OperationError> {
        let context = &self.context;
        // Forgotten first: from here on no device can be assigned.
        let entry = context.directory.forget_patient(patient).ok_or(OperationError::NotFound("patient"))?;
        let hindrance = if entry.presence == Presence::Present {
            Some("the patient is admitted: discharge first")
        } else if !context.directory.devices_of(patient).is_empty() {
            Some("a device is assigned to the patient: unassign it first")
        } else if context.feed.has_open(patient) {
            Some("the patient has an open alert: it must be closed first")
        } else {
            None
        };
        if let Some(hindrance) = hindrance {
            context.directory.put_patient(entry);
            return Err(OperationError::Conflict(hindrance.to_owned()));
        }
        if let Err(error) = context.keys.destroy_patient(patient).await {
            context.directory.put_patient(entry);
            return Err(unavailable(&error));
        }
        // The actor holds a copy of the key.
        if let Some(actor) = context.router().patients.running(patient) {
            context.router().patients.retire(patient, &actor);
        }
        context.feed.forget(patient);
        Ok(())
    }
}

fn unavailable(error: &KeyError) -> OperationError {
    tracing::error!(%error, "the key store refuses");
    OperationError::Unavailable
}
