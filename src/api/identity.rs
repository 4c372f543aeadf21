//! People: who somebody is, and what they may do.
//!
//! Local accounts serve sites without an identity provider. Whatever says who a person is, [`may`] alone decides.

mod accounts;
mod directory;
mod may;

pub use accounts::{AccountError, Accounts, NewAccount, Role, Token};
pub use directory::Directory;
pub use may::{Action, Forbidden, may, sees};

use tonic::metadata::MetadataMap;
use tonic::{Code, Status};

use crate::clinical::ids::PersonId;

/// Somebody whom we know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub id: PersonId,
    /// What they are.
    pub roles: Vec<Role>,
}

impl From<Forbidden> for Status {
    fn from(forbidden: Forbidden) -> Self {
        Self::new(Code::PermissionDenied, forbidden.to_string())
    }
}

/// The person whose token a request carries.
///
/// # Errors
/// `UNAUTHENTICATED`, in the same words whether the token is missing, malformed, unknown or of a disabled account.
pub fn authenticate(accounts: &Accounts, metadata: &MetadataMap) -> Result<Person, Status> {
    let refused = || {
        Status::unauthenticated(
            "send the metadata `authorization: Bearer TOKEN` with the token of an account that is not disabled",
        )
    };
    let header = metadata.get("authorization").and_then(|value| value.to_str().ok()).ok_or_else(refused)?;
    let (scheme, token) = header.split_once(' ').ok_or_else(refused)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(refused());
    }
    accounts.authenticate(token.trim()).ok_or_else(refused)
}

#[cfg(test)]
mod tests;
