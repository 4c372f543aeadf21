//! A mistake in a rule file.

use std::fmt;

/// What is wrong in a rule file, where, and what is allowed. All mistakes of all files are reported at once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// The file, as it was named to [`RuleSet::parse`](super::RuleSet::parse).
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
    /// What is wrong, and what is allowed.
    pub what: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}
