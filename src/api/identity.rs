//! People: who somebody is. What they may see and do is for [`crate::access`] to decide.
//!
//! Local accounts serve sites without an identity provider.

mod accounts;
mod directory;
mod secret;
mod sessions;

pub use accounts::{AccountError, Accounts, NewAccount, Token};
pub use directory::Directory;
pub use secret::{SecretError, SecretHash};
pub use sessions::{IDLE_MS, Sessions};

use tonic::Status;
use tonic::metadata::MetadataMap;

pub use crate::access::{Person, Role};
use crate::time::Timestamp;

/// The token that a request carries: what follows `Bearer`.
#[must_use]
pub fn bearer(metadata: &MetadataMap) -> Option<&str> {
    let (scheme, token) = metadata.get("authorization")?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// The person whose token a request carries: an account's own, or a session's.
///
/// # Errors
/// `UNAUTHENTICATED`, in the same words whether the token is missing, malformed, unknown, of a session that has ended, or
/// of a disabled account.
pub fn authenticate(
    accounts: &Accounts,
    sessions: &Sessions,
    metadata: &MetadataMap,
    now: Timestamp,
) -> Result<Person, Status> {
    let person = bearer(metadata).and_then(|token| {
        if Sessions::is_token(token) {
            accounts.person(&sessions.person(token, now)?)
        } else {
            accounts.authenticate(token)
        }
    });
    person.ok_or_else(|| {
        Status::unauthenticated(
            "send the metadata `authorization: Bearer TOKEN` with the token of an account that is not disabled",
        )
    })
}

#[cfg(test)]
mod tests;
