//! Who and what is known, and the figures of the engine.

use smol_str::SmolStr;

use crate::clinical::ids::{AlertId, DeviceId, GatewayId, PatientId, PersonId, UnitId};
use crate::clinical::patient::Profile;
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
}

/// A patient as admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatientEntry {
    /// The patient.
    pub patient: PatientId,
    /// The care unit.
    pub unit: UnitId,
    /// The bed.
    pub bed: SmolStr,
    /// What decides by which limits the patient is judged.
    pub profile: Profile,
    /// Devices that are assigned.
    pub devices: Vec<DeviceId>,
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
}
