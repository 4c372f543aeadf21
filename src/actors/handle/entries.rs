//! Who and what is known, and the figures of the engine.

use smol_str::SmolStr;

use crate::clinical::device::{DeviceState, Loan, Registration};
use crate::clinical::ids::{AlertId, DeviceId, GatewayId, PatientId, PersonId, UnitId};
use crate::clinical::oncall::{Contact, Quiet};
use crate::clinical::patient::{Presence, Profile, Standby, Stay};
use crate::time::Timestamp;

/// A page that waits in a person's inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboxPage {
    /// The alert.
    pub alert: AlertId,
    /// Its round.
    pub round: u32,
    /// Its step.
    pub step: u32,
    /// Receipt time of the page.
    pub paged_at: Timestamp,
    /// Why nothing but the inbox has it; `None`: it went out.
    pub quiet: Option<Quiet>,
}

/// A page that a contact never got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// The alert.
    pub alert: AlertId,
    /// Its round.
    pub round: u32,
    /// Its step.
    pub step: u32,
    /// By which contact.
    pub contact: Contact,
    /// Why it was given up.
    pub why: SmolStr,
    /// Receipt time of that.
    pub at: Timestamp,
}

/// A step of a care team's ladder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CareStep {
    /// Who is paged.
    pub people: Vec<PersonId>,
    /// How long they have.
    pub delay_ms: u32,
}

/// A device as registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceEntry {
    /// The device.
    pub device: DeviceId,
    /// Model, as registered.
    pub model: SmolStr,
    /// Firmware, as registered.
    pub firmware: SmolStr,
    /// The unit whose technicians care for it.
    pub unit: UnitId,
    /// The gateway that speaks for it; `None`: it speaks for itself.
    pub gateway: Option<GatewayId>,
    /// The patient to whom it is assigned.
    pub patient: Option<PatientId>,
    /// The unit to which it is lent.
    pub loan: Option<Loan>,
    /// Whether it was taken out of use.
    pub retired: bool,
}

impl DeviceEntry {
    /// The entry of a registered device; `None`: nobody registered it.
    #[must_use]
    pub fn of(device: &DeviceId, state: &DeviceState) -> Option<Self> {
        let patient = state.assignment().map(|assignment| assignment.patient.clone());
        let loan = state.loan().cloned();
        Some(Self { patient, loan, retired: state.is_retired(), ..Self::registered(device, state.registration()?) })
    }

    /// The entry of a device as it is registered.
    #[must_use]
    pub fn registered(device: &DeviceId, registration: &Registration) -> Self {
        let Registration { model, firmware, unit, gateway } = registration.clone();
        Self { device: device.clone(), model, firmware, unit, gateway, patient: None, loan: None, retired: false }
    }
}

/// A patient who was admitted once, as committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatientEntry {
    /// The patient.
    pub patient: PatientId,
    /// The care unit, or the last one.
    pub unit: UnitId,
    /// The bed, or the last one.
    pub bed: SmolStr,
    /// What decides by which limits the patient is judged.
    pub profile: Profile,
    /// Whether somebody is responsible for the patient here.
    pub presence: Presence,
    /// The standby that is in force.
    pub standby: Option<Standby>,
    /// Devices that are assigned.
    pub devices: Vec<DeviceId>,
}

impl PatientEntry {
    /// The entry of a patient who was admitted once; `None`: never.
    #[must_use]
    pub fn of(patient: PatientId, stay: &Stay, devices: Vec<DeviceId>) -> Option<Self> {
        Some(Self {
            patient,
            unit: stay.unit()?.clone(),
            bed: stay.bed().clone(),
            profile: stay.profile().clone(),
            presence: stay.presence().clone(),
            standby: stay.standby().cloned(),
            devices,
        })
    }
}

/// The terms of an admission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// The care unit; it must be known.
    pub unit: UnitId,
    /// The bed; empty: none. Nobody else may be in it.
    pub bed: SmolStr,
    /// What decides by which limits the patient is judged.
    pub profile: Profile,
}

/// Live figures of the engine; no patient data. Names as in `StatusResponse` of `admin.proto`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Status {
    pub position: u64,
    pub readings_stored: u64,
    pub readings_duplicate: u64,
    pub readings_quarantined: u64,
    pub readings_undecodable: u64,
    pub readings_declared_missing: u64,
    pub observations_rejected: u64,
    pub readings_pending: u64,
    pub alerts_open: u64,
    pub device_actors: u64,
    pub patient_actors: u64,
    pub actor_restarts: u64,
    pub actors_parked: u64,
    pub alerts_overdue: u64,
    pub alerts_late_ms_max: u64,
    pub page_attempts_failed: u64,
    pub pages_dead: u64,
}
