//! `vigil demo`: the platform with a simulated ward, live in the terminal.

mod feed;
mod screen;
mod site;
mod stage;
mod summary;
mod view;
mod ward;
mod words;

use std::path::PathBuf;
use std::time::Duration;

use super::{Failure, duration};

#[cfg(test)]
mod tests;

/// Runs the platform with a simulated ward and shows it live; everything it needs is made on the spot.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: vigil demo --patients 12 --for 60s")]
pub(super) struct Args {
    /// Patients of the ward.
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u16).range(1..=999))]
    patients: u16,
    /// Stop after this time; without it Ctrl-C drains and stops.
    #[arg(long = "for", value_name = "D", value_parser = duration::parse)]
    limit: Option<Duration>,
    /// Seed of everything that happens to the patients.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// New folder for data, keys, PKI and tokens [default: data/demo-TIME].
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Runs the verb.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(stage::demo(args))
}
