//! `vigil config`: the settings of `vigil serve`.

use std::path::PathBuf;

use clap::Subcommand;

use super::failure::{Failure, exit};
use crate::config::{Config, ConfigError};

/// Checks a configuration file.
///
/// Example: vigil config check config/vigil.toml
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Says every mistake at once, with file, line and what is allowed.
    Check {
        /// The file, for example config/vigil.toml.
        file: PathBuf,
    },
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        match &error {
            ConfigError::Unreadable { .. } => Self::new(exit::BAD_CONFIG, error),
            // From the start of a line, so that editors find the place.
            ConfigError::Mistakes(mistakes) => {
                Self::new(exit::BAD_CONFIG, format!("{} mistakes in the configuration\n{error}", mistakes.len()))
            }
        }
    }
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let Verb::Check { file } = &args.verb;
    Config::load(file)?;
    println!("{}: no mistakes", file.display());
    Ok(())
}
