//! How a verb fails: an exit code and what to tell the person.

use std::fmt;
use std::process::ExitCode;

/// Exit codes (`sysexits.h` where one fits).
pub mod exit {
    /// The verb ran and its answer is "no": a sum differs, a receipt is missing.
    pub const NO: u8 = 1;
    /// Input data is not as it should be.
    pub const BAD_DATA: u8 = 65;
    /// A service cannot be reached.
    pub const UNAVAILABLE: u8 = 69;
    /// Storage refused.
    pub const STORAGE: u8 = 74;
    /// Configuration is not as it should be.
    pub const BAD_CONFIG: u8 = 78;
}

/// Why a verb failed. An empty message: everything has been said already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The process's exit code.
    pub code: u8,
    /// What is wrong, where, what is allowed, what to do next. May have several lines.
    pub message: String,
}

impl Failure {
    /// A failure with one of the codes of [`exit`].
    pub fn new(code: u8, message: impl fmt::Display) -> Self {
        Self { code, message: message.to_string() }
    }

    /// Says the message on standard error and gives the exit code.
    pub(super) fn report(self) -> ExitCode {
        if !self.message.is_empty() {
            eprintln!("vigil: {}", self.message);
        }
        ExitCode::from(self.code)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl From<std::io::Error> for Failure {
    /// Writing the answer failed, for example into a closed pipe.
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            // Whoever reads has enough: nothing is wrong, and nothing is left to say.
            return Self { code: 0, message: String::new() };
        }
        Self::new(exit::STORAGE, format_args!("cannot write the answer: {error}"))
    }
}
