//! `vigil config`: the settings of `vigil serve`; rule and decoder files; care plans.

use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::failure::{Failure, exit};
use super::{care, decoders, rules};
use crate::config::{Config, ConfigError};

/// Checks a configuration file, rule files or decoder files.
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
        /// The settings of `vigil serve`, for example config/vigil.toml; or rule files, decoder files or a care plan, or a
        /// folder of them, for example config/rules/bedside, config/devices or config/care.
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
    if ["policy", "person", "rotation", "unit", "calendar"].iter().any(|key| holds(path, key)) {
        let plan = care::load(std::slice::from_ref(path))?;
        let (policies, people, units) = (plan.policies().len(), plan.people().len(), plan.units().len());
        println!("{}: {policies} policies, {people} people, {units} units, no mistakes", path.display());
        return Ok(());
    }
    if holds(path, "decoder") {
        let decoders = decoders::load(std::slice::from_ref(path))?;
        println!("{}: {} decoders, no mistakes", path.display(), decoders.decoders().len());
        return Ok(());
    }
    if path.is_dir() || holds(path, "rule") {
        let rules = rules::load(std::slice::from_ref(path))?;
        println!("{}: {} rules, no mistakes", path.display(), rules.rules().len());
        return Ok(());
    }
    let config = Config::load(path)?;
    let rules = rules::load(&config.rules_dirs)?;
    let decoders = decoders::load(&config.decoder_dirs)?;
    if !config.care_dirs.is_empty() {
        care::load(&config.care_dirs)?;
    }
    let (rules, decoders) = (rules.rules().len(), decoders.decoders().len());
    println!("{}: no mistakes; {rules} rules, {decoders} decoders", path.display());
    Ok(())
}

/// Whether the file, or one of the folder, has tables [[key]]. A file that cannot be read has none.
fn holds(path: &Path, key: &str) -> bool {
    let head = format!("[[{key}]]");
    let begins = |line: &str| line.split('#').next().unwrap_or("").trim() == head;
    if let Ok(entries) = std::fs::read_dir(path) {
        return entries.flatten().any(|entry| entry.path().is_file() && holds(&entry.path(), key));
    }
    std::fs::read_to_string(path).is_ok_and(|text| text.lines().any(begins))
}
