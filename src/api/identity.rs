//! People: who somebody is. What they may see and do is for [`crate::access`] to decide.
//!
//! Local accounts serve sites without an identity provider.

mod accounts;
mod directory;

pub use accounts::{AccountError, Accounts, NewAccount, Token};
pub use directory::Directory;

use tonic::Status;
use tonic::metadata::MetadataMap;

pub use crate::access::{Person, Role};

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
