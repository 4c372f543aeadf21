//! What must be known of a device without its actor.

use serde::{Deserialize, Serialize};

use crate::clinical::device::{DeviceState, Loan, Registration};
use crate::clinical::ids::PatientId;
use crate::time::Timestamp;

/// What must be known of a device without its actor.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct DeviceSummary {
    pub registration: Option<Registration>,
    pub patient: Option<PatientId>,
    pub loan: Option<Loan>,
    pub retired: bool,
    pub silence_due: Option<Timestamp>,
    /// When an assignment or a loan ends by itself.
    pub custody_due: Option<Timestamp>,
    pub handed_over: Vec<(PatientId, u64)>,
}

impl DeviceSummary {
    pub fn of(state: &DeviceState) -> Self {
        Self {
            registration: state.registration().cloned(),
            patient: state.assignment().map(|assignment| assignment.patient.clone()),
            loan: state.loan().cloned(),
            retired: state.is_retired(),
            silence_due: state.silence_due(),
            custody_due: state.custody_due(),
            handed_over: state.handed_over().map(|(patient, newest)| (patient.clone(), newest)).collect(),
        }
    }
}
