//! A mistake in a definition file: rules, decoders.

use std::fmt;

/// What is wrong in a definition file, where, and what is allowed. All mistakes of all files are reported at once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// The file, as it was named to the parser.
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

/// Mistakes in the order of files and lines.
pub(super) fn in_order(mut mistakes: Vec<Mistake>, files: &[(String, String)]) -> Vec<Mistake> {
    mistakes.sort_by_key(|mistake| (files.iter().position(|(file, _)| *file == mistake.file), mistake.line));
    mistakes.dedup();
    mistakes
}
