//! A patient as the platform knows one: what was consumed, what is present, who answers.

mod input;
mod state;

#[cfg(test)]
mod tests;

pub use input::{Item, PatientInput, PatientRecord, Run};
pub use state::{Decision, PatientState};
