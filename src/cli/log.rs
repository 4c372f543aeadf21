//! The log of verbs that run for long: lines on standard error.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// What is logged where `VIGIL_LOG` does not say otherwise. Each actor's life is a span of ractor at INFO: too much.
const FILTER: &str = "info,ractor=warn";

/// Starts the log. Called once by a verb that runs for long.
pub(super) fn start() {
    let filter = EnvFilter::try_from_env("VIGIL_LOG").unwrap_or_else(|_| EnvFilter::new(FILTER));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Refused only where a log was started already, which is as good.
    let _ = lines.with_ansi(std::io::stderr().is_terminal()).try_init();
}
