//! `vigil serve`: runs the platform.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use super::{Failure, decoders, exit, log, rules};
use crate::actors::Definitions;
use crate::api::ops::Operations;
use crate::app::{self, AppError, Request};
use crate::config::Config;

/// Runs the platform until SIGTERM or Ctrl-C, which drain it. SIGHUP reads certificates, revocation list and accounts
/// again.
///
/// Example: vigil serve --config config/vigil.toml
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The configuration; `vigil config check FILE` says what is wrong with it.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Where the journal lies, instead of what the configuration says. The keys are then in DIR-keys.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Print every setting as it is in force, as TOML, and do nothing else.
    #[arg(long)]
    print_config: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut config = Config::load(&args.config)?;
    if let Some(data_dir) = &args.data_dir {
        config.put_data_in(data_dir);
    }
    if args.print_config {
        print!("{config}");
        return Ok(());
    }
    log::start();
    let rules = Arc::new(rules::load(&config.rules_dirs)?);
    let decoders = Arc::new(decoders::load(&config.decoder_dirs)?);
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::new(exit::UNAVAILABLE, error))?;
    runtime.block_on(async {
        let requests = requests_by_signal().map_err(|error| Failure::new(exit::UNAVAILABLE, error))?;
        let ready = |platform: &app::Platform, operations: &Operations| {
            let server = platform.server();
            let (devices, people, web) = (server.devices_addr(), server.people_addr(), server.web_addr());
            let operations = operations.address();
            eprintln!(
                "vigil: ready; devices at {devices}, people at {people}, dashboard at https://{web}, operations at {operations}"
            );
        };
        app::run(&config, Definitions { rules, decoders }, requests, ready).await.map_err(|error| failure(&error))
    })
}

fn requests_by_signal() -> std::io::Result<mpsc::Receiver<Request>> {
    let (sender, requests) = mpsc::channel(4);
    let signals = [
        (SignalKind::terminate(), Request::Stop),
        (SignalKind::interrupt(), Request::Stop),
        (SignalKind::hangup(), Request::Reload),
    ];
    for (kind, request) in signals {
        let mut arrivals = signal(kind)?;
        let sender = sender.clone();
        tokio::spawn(async move { while arrivals.recv().await.is_some() && sender.send(request).await.is_ok() {} });
    }
    Ok(requests)
}

fn failure(error: &AppError) -> Failure {
    let code = match error {
        AppError::Open(_) | AppError::GivenUp { .. } | AppError::Panicked => exit::STORAGE,
        AppError::Engine(_)
        | AppError::Fallback(_)
        | AppError::Server(_)
        | AppError::Operations { .. }
        | AppError::CarePlan(_)
        | AppError::Channels(_) => exit::BAD_CONFIG,
    };
    Failure::new(code, error)
}
