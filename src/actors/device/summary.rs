//! What must be known of a device without its actor.

use serde::{Deserialize, Serialize};

use crate::clinical::device::{DeviceState, Loan, Registration, UNCLAIMED_MS};
use crate::clinical::ids::PatientId;
use crate::clinical::rules::RuleSet;
use crate::time::Timestamp;

/// What must be known of a device without its actor.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct DeviceSummary {
    pub registration: Option<Registration>,
    pub patient: Option<PatientId>,
    pub loan: Option<Loan>,
    pub retired: bool,
    /// When the actor has something to look at.
    pub due: Option<Timestamp>,
    /// Whether the keeper of its own alerts may not have all: the actor must then run from the start.
    pub tells: bool,
    /// When an assignment or a loan ends by itself.
    pub custody_due: Option<Timestamp>,
    pub handed_over: Vec<(PatientId, u64)>,
}

impl DeviceSummary {
    pub fn of(state: &DeviceState, rules: &RuleSet) -> Self {
        Self {
            registration: state.registration().cloned(),
            patient: state.assignment().map(|assignment| assignment.patient.clone()),
            loan: state.loan().cloned(),
            retired: state.is_retired(),
            due: state.due(UNCLAIMED_MS, rules),
            tells: !state.own_changes().is_empty(),
            custody_due: state.custody_due(),
            handed_over: state.handed_over().map(|(patient, newest)| (patient.clone(), newest)).collect(),
        }
    }
}
