//! Passwords and PINs: kept as argon2id hashes (RFC 9106), checked in the same time whether there is one or not.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};

/// Memory in KiB, passes and lanes: the second choice of RFC 9106 is larger; this one is OWASP's minimum of 2023, 19 MiB,
/// so that a few sign-ins at a time cost little beside ingest.
const COST: (u32, u32, u32) = (19_456, 2, 1);
const PASSWORD_CHARS: RangeInclusive<usize> = 10..=128;
/// A PIN confirms an answer at a shared workstation.
const PIN_DIGITS: RangeInclusive<usize> = 6..=12;

/// Why a secret is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Too easy to guess, or too long to be meant.
    #[error("a password has 10 to 128 characters, not all the same")]
    WeakPassword,
    /// As above.
    #[error("a PIN has 6 to 12 digits, not all the same")]
    WeakPin,
    /// The hash cannot be made.
    #[error("the hash of the secret cannot be made")]
    NotHashed,
    /// The system gave no random bytes.
    #[error("the system gave no random bytes for a salt")]
    NoRandomness,
}

/// The hash of a password or PIN, in the PHC form.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretHash(String);

impl SecretHash {
    /// Hashes a new password. Takes tens of milliseconds.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn of_password(secret: &str) -> Result<Self, SecretError> {
        let length = PASSWORD_CHARS.contains(&secret.chars().count());
        if length && is_varied(secret) { Self::of(secret) } else { Err(SecretError::WeakPassword) }
    }

    /// Hashes a new PIN. Takes tens of milliseconds.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn of_pin(secret: &str) -> Result<Self, SecretError> {
        let digits = secret.bytes().all(|byte| byte.is_ascii_digit()) && PIN_DIGITS.contains(&secret.len());
        if digits && is_varied(secret) { Self::of(secret) } else { Err(SecretError::WeakPin) }
    }

    fn of(secret: &str) -> Result<Self, SecretError> {
        let mut salt = [0; 16];
        aws_lc_rs::rand::fill(&mut salt).map_err(|_| SecretError::NoRandomness)?;
        let hash = hasher().hash_password_with_salt(secret.as_bytes(), &salt).map_err(|_| SecretError::NotHashed)?;
        Ok(Self(hash.to_string()))
    }

    /// Takes a stored hash; `None`: it is none of argon2id.
    #[must_use]
    pub fn stored(text: &str) -> Option<Self> {
        let whole = argon2::password_hash::phc::PasswordHash::new(text).is_ok();
        (whole && text.starts_with("$argon2id$")).then(|| Self(text.to_owned()))
    }

    /// As it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `secret` is the one that `hash` is of. Without a hash it takes as long, and is not. Blocks for tens of
    /// milliseconds.
    #[must_use]
    pub fn verify(hash: Option<&Self>, secret: &str) -> bool {
        static NOBODY: LazyLock<Option<SecretHash>> = LazyLock::new(|| SecretHash::of("nobody's secret").ok());
        let Some(expected) = hash.or(NOBODY.as_ref()) else { return false };
        let same = hasher().verify_password(secret.as_bytes(), expected.as_str()).is_ok();
        same && hash.is_some()
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(..)")
    }
}

fn is_varied(secret: &str) -> bool {
    secret.chars().any(|one| !secret.starts_with(one))
}

fn hasher() -> Argon2<'static> {
    let (memory_kib, passes, lanes) = COST;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(memory_kib, passes, lanes, None).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_fits_its_own_hash_and_no_other() {
        let hash = SecretHash::of_password("correct horse battery").unwrap();
        assert!(SecretHash::verify(Some(&hash), "correct horse battery"));
        assert!(!SecretHash::verify(Some(&hash), "correct horse batterz"));
        assert!(!SecretHash::verify(None, "nobody's secret"), "nobody signs in as nobody");
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.as_str());
        assert_eq!(SecretHash::stored(hash.as_str()), Some(hash));
    }

    #[test]
    fn the_same_secret_has_another_hash_each_time() {
        assert_ne!(SecretHash::of_pin("271828").unwrap(), SecretHash::of_pin("271828").unwrap());
    }

    #[test]
    fn what_is_easily_guessed_is_not_taken() {
        for weak in ["", "short", "aaaaaaaaaaaaaa", &"x1".repeat(65)] {
            assert_eq!(SecretHash::of_password(weak).err(), Some(SecretError::WeakPassword), "{weak}");
        }
        for weak in ["", "12345", "1111111", "letters", &"12".repeat(7)] {
            assert_eq!(SecretHash::of_pin(weak).err(), Some(SecretError::WeakPin), "{weak}");
        }
        for stored in ["", "plain", "$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g"] {
            assert_eq!(SecretHash::stored(stored), None);
        }
    }
}
