//! Whose devices are.

use smol_str::SmolStr;

use super::answer::OperationError;
use super::engine_handle::Handle;
use super::entries::DeviceEntry;
use crate::actors::device::DeviceMsg;
use crate::actors::reattribution;
use crate::clinical::device::{Loan, Reattribution, Registration};
use crate::clinical::ids::{DeviceId, PatientId, PersonId};
use crate::clinical::patient::Presence;
use crate::clinical::reading::Lane;
use crate::time::Timestamp;

/// Which stored readings of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// Observed in `[from, until)`, by the device's clock.
    DeviceTime {
        /// The first instant.
        from: Timestamp,
        /// The instant after the last.
        until: Timestamp,
    },
    /// As the device numbered them.
    Sequences {
        /// Its boot.
        boot: u64,
        /// The lane.
        lane: Lane,
        /// The first one.
        first: u64,
        /// The last one.
        last: u64,
    },
}

impl Handle {
    /// Registers a device; the same again changes nothing. One that was retired is in use again.
    ///
    /// # Errors
    /// [`OperationError::NotFound`] for a unit that nobody made known; [`OperationError::Unavailable`].
    pub async fn register_device(&self, device: &DeviceId, registration: Registration) -> Result<(), OperationError> {
        self.known_unit(&registration.unit)?;
        self.ask_device(device, |reply| DeviceMsg::Register { registration, reply }).await
    }

    /// Assigns a device to a patient from one device time to another. Without `from`, it begins where the newest
    /// assignment ended.
    ///
    /// # Errors
    /// [`OperationError::NotFound`] for a patient or device that is not known; [`OperationError::Conflict`] for a patient
    /// who is not admitted, a retired device, and a time of which a part is another assignment's.
    pub async fn assign_device(
        &self,
        device: DeviceId,
        patient: PatientId,
        from: Option<Timestamp>,
        until: Option<Timestamp>,
    ) -> Result<(), OperationError> {
        if self.known_patient(&patient)?.presence != Presence::Present {
            return Err(OperationError::Conflict("the patient is not admitted".to_owned()));
        }
        self.known_device(&device)?;
        self.ask_device(&device, |reply| DeviceMsg::Assign { patient, from, until, reply }).await
    }

    /// Ends the assignment of a device, at a device time that has passed, or now. What was observed before still belongs
    /// to the patient, whenever it arrives.
    ///
    /// # Errors
    /// [`OperationError::NotFound`], or [`OperationError::Conflict`] for a device that is assigned to nobody.
    pub async fn unassign_device(&self, device: DeviceId, at: Option<Timestamp>) -> Result<(), OperationError> {
        self.known_device(&device)?;
        self.ask_device(&device, |reply| DeviceMsg::Unassign { at, reply }).await
    }

    /// Takes a device out of use: its assignment and its stream end.
    ///
    /// # Errors
    /// [`OperationError::NotFound`].
    pub async fn retire_device(&self, device: &DeviceId) -> Result<(), OperationError> {
        self.known_device(device)?;
        self.ask_device(device, |reply| DeviceMsg::Retire { reply }).await
    }

    /// Lends a device to another unit until then; `None` brings it back.
    ///
    /// # Errors
    /// [`OperationError::NotFound`] for an unknown device or unit; [`OperationError::Conflict`] for a retired device, or
    /// an end that has passed.
    pub async fn lend_device(&self, device: &DeviceId, loan: Option<Loan>) -> Result<(), OperationError> {
        self.known_device(device)?;
        if let Some(loan) = &loan {
            self.known_unit(&loan.unit)?;
        }
        self.ask_device(device, |reply| DeviceMsg::Lend { loan, reply }).await
    }

    /// Says that stored readings were recorded for the wrong patient. The originals stay on record; the right patient's
    /// stream takes a copy under that patient's key; open alerts that stand on them are disputed at once. Returns how
    /// many readings.
    ///
    /// # Errors
    /// [`OperationError::NotFound`] for an unknown device or patient, or where no reading is selected;
    /// [`OperationError::Invalid`] for a selection of nothing or of too much; [`OperationError::Conflict`] for a patient
    /// whose key was destroyed.
    pub async fn reattribute(
        &self,
        by: &PersonId,
        device: &DeviceId,
        (from, to): (&PatientId, &PatientId),
        selection: Selection,
        reason: SmolStr,
    ) -> Result<u64, OperationError> {
        self.known_device(device)?;
        self.known_patient(from)?;
        self.known_patient(to)?;
        if from == to {
            return Err(OperationError::Invalid("readings are re-attributed to another patient".to_owned()));
        }
        let (runs, readings) = reattribution::select(&self.context, device, from, selection).await?;
        let what = Reattribution { from: from.clone(), to: to.clone(), runs, by: by.clone(), reason };
        self.ask_device(device, |reply| DeviceMsg::Reattribute { what, reply }).await?;
        Ok(readings)
    }

    /// A registered device.
    ///
    /// # Errors
    /// [`OperationError::NotFound`].
    pub fn known_device(&self, device: &DeviceId) -> Result<DeviceEntry, OperationError> {
        self.context.directory.device(device).ok_or(OperationError::NotFound("device"))
    }

    /// Everything that a device has of one record is another's from here on.
    pub(super) async fn pass_device_on(
        &self,
        device: &DeviceId,
        from: &PatientId,
        into: &PatientId,
    ) -> Result<(), OperationError> {
        let (from, into) = (from.clone(), into.clone());
        self.ask_device(device, |reply| DeviceMsg::PassOn { from, into, reply }).await
    }
}
