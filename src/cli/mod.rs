//! The command line: one file per verb. A verb parses its arguments, calls the library and turns what went wrong into
//! an exit code of `docs`' contract and a line that says what to do next.

mod codes;
mod failure;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use failure::{Failure, exit};

/// Keeps watch over patients through their connected devices.
#[derive(Debug, Parser)]
#[command(name = "vigil", version, about, max_term_width = 120)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Codes(codes::Args),
}

/// Runs the command line of this process and returns its exit code.
#[must_use]
pub fn main() -> ExitCode {
    let outcome = match Cli::parse().verb {
        Verb::Codes(args) => codes::run(&args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
