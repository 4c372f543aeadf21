//! The command line of `vigil demo`.

use std::path::PathBuf;
use std::time::Duration;

use super::stage;
use crate::cli::{Failure, duration};

/// Runs the platform with a simulated ward and shows it live; everything it needs is made on the spot.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: vigil demo --patients 12 --for 60s")]
pub struct Args {
    /// Patients of the ward.
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u16).range(1..=999))]
    pub(super) patients: u16,
    /// Stop after this time; without it Ctrl-C drains and stops.
    #[arg(long = "for", value_name = "D", value_parser = duration::parse)]
    pub(super) limit: Option<Duration>,
    /// Seed of everything that happens to the patients.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) seed: u64,
    /// New folder for data, keys, PKI and tokens [default: data/demo-TIME].
    #[arg(long, value_name = "DIR")]
    pub(super) dir: Option<PathBuf>,
}

/// Runs the verb.
///
/// # Errors
/// The platform does not start, or a receipt or an alert is missing at the end.
pub fn run(args: &Args) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(stage::demo(args))
}
