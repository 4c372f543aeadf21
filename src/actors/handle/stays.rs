//! Patients' stays.

use smol_str::SmolStr;

use super::answer::OperationError;
use super::engine_handle::Handle;
use super::entries::{Admission, PatientEntry};
use crate::actors::beds::BedClaim;
use crate::actors::patient::{OpenConditions, PatientMsg};
use crate::clinical::ids::{DeviceId, PatientId, PersonId, RuleId, UnitId};
use crate::clinical::patient::{Presence, Profile, StayChange};
use crate::clinical::rules::LimitValue;
use crate::storage::KeyError;
use crate::time::Timestamp;

/// How often a merge is tried anew because an alert was raised meanwhile.
const MERGE_TRIES: u32 = 8;

impl Handle {
    /// Admits a patient; the same again changes nothing. Who left may be admitted again.
    ///
    /// # Errors
    /// [`OperationError::NotFound`] for an unknown unit; [`OperationError::Conflict`] for a bed that is taken, a patient
    /// who is admitted with other terms, a record that was merged into another, or a patient whose key was destroyed.
    pub async fn admit_patient(
        &self,
        by: &PersonId,
        patient: PatientId,
        admission: Admission,
    ) -> Result<(), OperationError> {
        self.known_unit(&admission.unit)?;
        let claim = self.claim_bed(&admission.unit, &admission.bed, &patient)?;
        let key = self.context.keys.create_patient(&patient).await;
        key.map_err(|error| match error {
            KeyError::Destroyed => OperationError::Conflict(error.to_string()),
            _ => OperationError::Unavailable,
        })?;
        let by = by.clone();
        self.ask_patient(&patient, |reply| PatientMsg::Admit { by, admission, claim, reply }).await
    }

    /// Moves a patient to another unit or bed. Alerts that wait ask the new unit's care team at once.
    ///
    /// # Errors
    /// As for [`Self::admit_patient`]; [`OperationError::Conflict`] for a patient who is not admitted.
    pub async fn move_patient(
        &self,
        by: &PersonId,
        patient: &PatientId,
        unit: UnitId,
        bed: SmolStr,
    ) -> Result<(), OperationError> {
        self.known_unit(&unit)?;
        let claim = self.claim_bed(&unit, &bed, patient)?;
        self.change_stay(by, patient, StayChange::Moved { unit, bed }, claim).await
    }

    /// Replaces the profile by which a patient is judged.
    ///
    /// # Errors
    /// [`OperationError::NotFound`]; [`OperationError::Conflict`] for a patient who is not admitted.
    pub async fn prescribe(&self, by: &PersonId, patient: &PatientId, profile: Profile) -> Result<(), OperationError> {
        self.change_stay(by, patient, StayChange::Prescribed(profile), None).await
    }

    /// Sets a limit for a patient in place of a rule's own.
    ///
    /// # Errors
    /// [`OperationError::NotFound`]; [`OperationError::Invalid`] for a rule that is not in force or has no such limit, and
    /// for a limit beyond the rule's bounds; [`OperationError::Conflict`] for a patient who is not admitted, and for an end
    /// in the past.
    pub async fn set_limit(
        &self,
        by: &PersonId,
        patient: &PatientId,
        rule: RuleId,
        (limit, clears_at): (LimitValue, Option<LimitValue>),
        reason: SmolStr,
        until: Option<Timestamp>,
    ) -> Result<(), OperationError> {
        self.change_stay(by, patient, StayChange::LimitSet { rule, limit, clears_at, reason, until }, None).await
    }

    /// Takes a limit back: the rule's own holds again.
    ///
    /// # Errors
    /// [`OperationError::NotFound`]; [`OperationError::Conflict`] for a patient who is not admitted.
    pub async fn clear_limit(&self, by: &PersonId, patient: &PatientId, rule: RuleId) -> Result<(), OperationError> {
        self.change_stay(by, patient, StayChange::LimitCleared(rule), None).await
    }

    /// Signals off, evaluation on, until then or until valid signals return.
    ///
    /// # Errors
    /// [`OperationError::NotFound`]; [`OperationError::Conflict`] for a patient who is not admitted or has a high alert
    /// that nobody answered, and for an end that is not within the next 24 hours.
    pub async fn begin_standby(
        &self,
        by: &PersonId,
        patient: &PatientId,
        reason: SmolStr,
        until: Timestamp,
    ) -> Result<(), OperationError> {
        self.change_stay(by, patient, StayChange::StandbyBegan { reason, until }, None).await
    }

    /// Signals on; who is to answer is asked now for everything that the standby held.
    ///
    /// # Errors
    /// [`OperationError::NotFound`]; [`OperationError::Conflict`] for a patient who is not admitted.
    pub async fn end_standby(&self, by: &PersonId, patient: &PatientId) -> Result<(), OperationError> {
        self.change_stay(by, patient, StayChange::StandbyEnded, None).await
    }

    /// Discharges a patient: open alerts are closed, on record, and the devices are freed. Returns the devices.
    ///
    /// # Errors
    /// [`OperationError::NotFound`]; [`OperationError::Conflict`] for a patient who is not admitted. Asked again, it frees
    /// the devices that are still assigned.
    pub async fn discharge_patient(&self, by: &PersonId, patient: &PatientId) -> Result<Vec<DeviceId>, OperationError> {
        self.change_stay(by, patient, StayChange::Discharged, None).await?;
        self.free_devices(patient).await
    }

    /// The patient died: as a discharge.
    ///
    /// # Errors
    /// As for [`Self::discharge_patient`].
    pub async fn patient_died(&self, by: &PersonId, patient: &PatientId) -> Result<Vec<DeviceId>, OperationError> {
        self.change_stay(by, patient, StayChange::Died, None).await?;
        self.free_devices(patient).await
    }

    /// Makes two records of one person one: devices, open alerts and everything that comes go on under `into`; the
    /// history of `from` stays where it is, and refers to `into`. Whatever interrupts it, no alert is lost: those of
    /// `from` end last. Asked again, it is finished.
    ///
    /// # Errors
    /// [`OperationError::NotFound`]; [`OperationError::Invalid`] for a record with itself; [`OperationError::Conflict`]
    /// where `into` is not admitted, or `from` was merged into another record.
    pub async fn merge_patients(
        &self,
        by: &PersonId,
        from: &PatientId,
        into: &PatientId,
    ) -> Result<(), OperationError> {
        if from == into {
            return Err(OperationError::Invalid("a record cannot be merged into itself".to_owned()));
        }
        let (known, target) = (self.known_patient(from)?, self.known_patient(into)?);
        if target.presence != Presence::Present {
            return Err(OperationError::Conflict("the record that is to go on is not admitted".to_owned()));
        }
        match &known.presence {
            Presence::Merged(other) if other == into => {}
            Presence::Merged(_) => {
                return Err(OperationError::Conflict("the record was merged into another one".to_owned()));
            }
            _ => {}
        }
        self.pass_devices_on(from, into).await?;
        for _ in 0..MERGE_TRIES {
            let open = self.ask_patient(from, |reply| PatientMsg::OpenConditions { reply }).await?;
            let OpenConditions { last_ordinal, conditions, .. } = open;
            let took_over = StayChange::TookOver { from: from.clone(), conditions };
            self.change_stay(by, into, took_over, None).await?;
            let merged = StayChange::MergedInto { into: into.clone(), last_ordinal };
            match self.change_stay(by, from, merged, None).await {
                // An alert was raised between the two: it is taken over as well.
                Err(OperationError::Conflict(_)) => {}
                done => return done,
            }
        }
        Err(OperationError::Unavailable)
    }

    /// A patient who was admitted once.
    ///
    /// # Errors
    /// [`OperationError::NotFound`].
    pub fn known_patient(&self, patient: &PatientId) -> Result<PatientEntry, OperationError> {
        self.context.directory.patient(patient).ok_or(OperationError::NotFound("patient"))
    }

    async fn change_stay(
        &self,
        by: &PersonId,
        patient: &PatientId,
        change: StayChange,
        claim: Option<BedClaim>,
    ) -> Result<(), OperationError> {
        // Nobody can make actors of patients who do not exist.
        self.known_patient(patient)?;
        let by = by.clone();
        self.ask_patient(patient, |reply| PatientMsg::Stay { by, change, claim, reply }).await
    }

    fn claim_bed(&self, unit: &UnitId, bed: &SmolStr, patient: &PatientId) -> Result<Option<BedClaim>, OperationError> {
        let taken = |_| OperationError::Conflict("the bed is taken: move or discharge its patient first".to_owned());
        self.context.directory.beds.claim(unit, bed, patient).map_err(taken)
    }

    async fn free_devices(&self, patient: &PatientId) -> Result<Vec<DeviceId>, OperationError> {
        let devices = self.context.directory.devices_of(patient);
        for device in &devices {
            match self.unassign_device(device.clone(), None).await {
                // Somebody else freed it meanwhile.
                Ok(()) | Err(OperationError::Conflict(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(devices)
    }

    /// Devices that are with the duplicate, and those that were: readings of their time may still come.
    async fn pass_devices_on(&self, from: &PatientId, into: &PatientId) -> Result<(), OperationError> {
        let mut devices = self.ask_patient(from, |reply| PatientMsg::OpenConditions { reply }).await?.devices;
        devices.extend(self.context.directory.devices_of(from));
        devices.sort_unstable();
        devices.dedup();
        for device in devices {
            self.pass_device_on(&device, from, into).await?;
        }
        Ok(())
    }
}
