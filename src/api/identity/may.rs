//! The one place that decides what a person may do.

use super::{Person, Role};
use crate::clinical::condition::ConditionKind;

/// What somebody wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// List, watch or read the history of alerts of this kind.
    See(ConditionKind),
    /// Acknowledge, accept, reject, escalate, reset or comment an alert of this kind.
    Answer(ConditionKind),
    /// Read one's own pages.
    ReadInbox,
    /// Register, admit, assign, set care teams; list patients and devices.
    Administer,
    /// Read the figures of the engine.
    ReadStatus,
}

/// The person may not. Says who may; no patient data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this needs the role {0}")]
pub struct Forbidden(&'static str);

/// Decides.
///
/// # Errors
/// [`Forbidden`].
pub fn may(person: &Person, action: Action) -> Result<(), Forbidden> {
    let (allowed, who): (fn(&Role) -> bool, _) = match action {
        Action::See(ConditionKind::Physiological) => {
            (|role| matches!(role, Role::Physician(_) | Role::Nurse | Role::Admin), "physician, nurse or admin")
        }
        Action::See(ConditionKind::Technical) => (
            |role| matches!(role, Role::Physician(_) | Role::Nurse | Role::Technician | Role::Admin),
            "physician, nurse, technician or admin",
        ),
        Action::Answer(ConditionKind::Physiological) => {
            (|role| matches!(role, Role::Physician(_) | Role::Nurse), "physician or nurse")
        }
        Action::Answer(ConditionKind::Technical) | Action::ReadInbox => (
            |role| matches!(role, Role::Physician(_) | Role::Nurse | Role::Technician),
            "physician, nurse or technician",
        ),
        Action::Administer => (|role| matches!(role, Role::Admin), "admin"),
        Action::ReadStatus => (|role| matches!(role, Role::Admin | Role::Sre), "sre or admin"),
    };
    if person.roles.iter().any(allowed) { Ok(()) } else { Err(Forbidden(who)) }
}

/// Whether the person may see an alert of this kind; what they may not see does not exist for them.
#[must_use]
pub fn sees(person: &Person, kind: ConditionKind) -> bool {
    may(person, Action::See(kind)).is_ok()
}
