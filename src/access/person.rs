//! Somebody whom we know.

use super::Role;
use crate::clinical::ids::PersonId;

/// Somebody whom we know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub id: PersonId,
    /// What they are.
    pub roles: Vec<Role>,
}
