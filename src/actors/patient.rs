//! A patient's actor: judges what the devices hand over, and is the only writer of the patient's alerts.

mod actor;
mod answer;
mod append;
mod commit;
mod consume;
mod late;
mod marks;
mod message;
mod parked;
mod recover;
mod stay;
mod summary;

pub(super) use actor::Patients;
pub(super) use message::{OpenConditions, PatientMsg};
pub(super) use parked::ParkedPatients;
pub(super) use summary::PatientSummary;
