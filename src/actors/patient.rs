//! A patient's actor: judges what the devices hand over, and is the only writer of the patient's alerts.

mod actor;
mod commit;
mod marks;
mod recover;

pub(super) use actor::{PatientMsg, PatientSummary, Patients};
