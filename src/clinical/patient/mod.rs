//! A patient as the platform knows one: what was consumed, what is present, who answers.

mod input;
mod state;

pub use input::{Item, PatientInput, PatientRecord, Run};
pub use state::{Decision, PatientState};
