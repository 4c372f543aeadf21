//! What can be proved about a journal: that its events follow from its inputs, and that nothing receipted is missing.

mod conservation;
mod replay;

pub use conservation::{Claim, Conservation, LaneSum, PatientSum, conserve};
pub use replay::{AuditError, Difference, Replayed, replay};
