//! What can be proved about a journal: that its events follow from its inputs, that nothing receipted is missing,
//! and who saw what.

mod access_export;
mod conservation;
mod inclusion;
mod past;
mod replay;
mod witness_file;

pub use access_export::{accesses_of, audit_event};
pub use conservation::{Claim, Conservation, LaneSum, OwnSum, PatientSum, conserve};
pub use inclusion::{ProofError, prove_inclusion};
pub use past::{Past, read_past};
pub use replay::{AuditError, Derived, Difference, Replayed, replay};
pub use witness_file::{WitnessError, read_witness};
