//! `vigil config`: the settings of `vigil serve`, rule files, care plans.

use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::failure::{Failure, exit};
use super::{care, rules};
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
        /// The settings of `vigil serve`, for example config/vigil.toml; or a file or a folder of rules, for example
        /// config/rules/bedside; or of a care plan, for example config/care.
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
    if holds(path, &["[[policy]]", "[[person]]", "[[rotation]]", "[[unit]]", "[[calendar]]"]) {
        let plan = care::load(std::slice::from_ref(path))?;
        let (policies, people, units) = (plan.policies().len(), plan.people().len(), plan.units().len());
        println!("{}: {policies} policies, {people} people, {units} units, no mistakes", path.display());
        return Ok(());
    }
    if path.is_dir() || holds(path, &["[[rule]]"]) {
        let rules = rules::load(std::slice::from_ref(path))?;
        println!("{}: {} rules, no mistakes", path.display(), rules.rules().len());
        return Ok(());
    }
    let config = Config::load(path)?;
    let rules = rules::load(&config.rules_dirs)?;
    println!("{}: no mistakes; {} rules", path.display(), rules.rules().len());
    Ok(())
}

/// Whether the file, or any file of the folder, has a table of these. A file that cannot be read has none.
fn holds(path: &Path, tables: &[&str]) -> bool {
    let begins = |line: &str| tables.contains(&line.split('#').next().unwrap_or("").trim());
    if path.is_dir() {
        let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
        return entries.map(|entry| entry.path()).any(|file| file.is_file() && holds(&file, tables));
    }
    std::fs::read_to_string(path).is_ok_and(|text| text.lines().any(begins))
}
