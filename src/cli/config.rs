//! `vigil config`: the settings of `vigil serve`, and rule files.

use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::failure::{Failure, exit};
use super::rules;
use crate::config::{Config, ConfigError};

/// Checks a configuration file or rule files.
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
        /// The settings of `vigil serve`, for example config/vigil.toml; or a rule file or a folder of rule files, for
        /// example config/rules/bedside.
        path: PathBuf,
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
    let Verb::Check { path } = &args.verb;
    if path.is_dir() || holds_rules(path) {
        let rules = rules::load(std::slice::from_ref(path))?;
        println!("{}: {} rules, no mistakes", path.display(), rules.rules().len());
        return Ok(());
    }
    let config = Config::load(path)?;
    let rules = rules::load(&config.rules_dirs)?;
    println!("{}: no mistakes; {} rules", path.display(), rules.rules().len());
    Ok(())
}

/// Whether the file is one of rules rather than of settings. A file that cannot be read is neither.
fn holds_rules(file: &Path) -> bool {
    let begins = |line: &str| line.split('#').next().unwrap_or("").trim() == "[[rule]]";
    std::fs::read_to_string(file).is_ok_and(|text| text.lines().any(begins))
}
