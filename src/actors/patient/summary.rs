//! What must be known of a patient without the actor.

use serde::{Deserialize, Serialize};

use crate::clinical::ids::DeviceId;
use crate::clinical::patient::{PatientState, Stay};

/// What must be known of a patient without the actor. Sealed under the patient's key.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PatientSummary {
    pub stay: Stay,
    pub devices: Vec<DeviceId>,
    pub marks: Vec<(DeviceId, u64)>,
    /// Whether any alert is open: the actor must then run from the start.
    pub open_alerts: u32,
    /// Whether late readings wait to be judged: likewise.
    pub late: bool,
}

impl PatientSummary {
    pub fn of(state: &PatientState) -> Self {
        Self {
            stay: state.stay().clone(),
            devices: state.devices().cloned().collect(),
            marks: state.marks().map(|(device, mark)| (device.clone(), mark)).collect(),
            late: state.late_due().is_some(),
            open_alerts: u32::try_from(state.book().open().len()).unwrap_or(u32::MAX),
        }
    }
}
