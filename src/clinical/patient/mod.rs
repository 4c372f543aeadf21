//! A patient as the platform knows one: what was consumed, what is present, who answers.

mod decide;
mod input;
mod judge_late;
mod late;
mod profile;
mod state;
mod stay;
mod stay_effects;

#[cfg(test)]
mod tests;

pub use input::{Item, LateBase, PatientInput, PatientRecord, Run};
pub use judge_late::REVIEW_MS;
pub use late::{History, LATE_BOUND_MS, LATE_WAIT_MS, PastReading, Windows};
pub use profile::{AgeClass, BadSpo2Target, NoNews2, Profile, Setting, Spo2Scale, Spo2Target};
pub use state::{Decision, PatientState};
pub use stay::{Presence, STANDBY_MS_MAX, STANDBY_SETTLES_MS, Standby, StandbyEnd, Stay, StayChange};
