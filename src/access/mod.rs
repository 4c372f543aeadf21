//! Who may see and do what, and what is put on record of it: pure, in one place, asked by every service.
//!
//! [`decide`] is the only function that answers. It knows a person's roles, their [`Relation`] to the patient, and what
//! they want ([`Verb`]); it answers with the [`Fields`] that they may see. The relation comes from [`CareTeams`], which
//! is fed from our own journal, never from a token. What was asked and answered is an [`AccessRecord`].

mod decide;
mod fields;
mod grants;
mod person;
mod purpose;
mod record;
mod relation;
mod role;
mod teams;
#[cfg(test)]
mod tests;
mod verb;

pub use decide::{Decision, decide, may_ask};
pub use fields::{Field, Fields};
pub use grants::{BreakGlass, CareOf, GrantCommand, GrantEvent, Grants, Review, Verdict};
pub use person::Person;
pub use purpose::{Purpose, PurposeError};
pub use record::{AccessRecord, Outcome};
pub use relation::Relation;
pub use role::{Role, RoleError};
pub use teams::CareTeams;
pub use verb::Verb;
