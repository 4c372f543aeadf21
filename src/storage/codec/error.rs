//! A stored plaintext that does not say what it should.

/// A record that opened (its seal holds) but does not decode: written by a newer version, or by a defect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a stored {what} does not decode: {why}")]
pub struct DecodeError {
    /// What was being decoded.
    pub what: &'static str,
    /// What is wrong with it; no values.
    pub why: String,
}

impl DecodeError {
    /// A field that must be there is absent.
    pub(super) fn missing(what: &'static str, field: &'static str) -> Self {
        Self { what, why: format!("{field} is missing") }
    }

    /// Anything else that is wrong.
    pub(super) fn because(what: &'static str, why: impl std::fmt::Display) -> Self {
        Self { what, why: why.to_string() }
    }
}
