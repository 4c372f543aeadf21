//! The command line of `vigil simulate`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::episode::Pace;
use super::play::{Plan, play};
use super::player::Player;
use super::report::Report;
use super::roster::{WardPlan, recorded, synthetic_ward};
use super::signals::stop_on_signals;
use crate::cli::recording::{Options, Recording};
use crate::cli::{Failure, duration, exit};
use crate::client::enrol::Registrar;
use crate::clinical::codes::Code;
use crate::clinical::reading::Reading;
use crate::clock::Clock;
use crate::time::Timestamp;

/// Plays devices over mutual TLS: synthetic patients with scripted episodes, or recordings.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: vigil simulate --to https://127.0.0.1:7443 --pki ./pki --patients 20 --for 60s \
    --admin https://127.0.0.1:7444 --token-file ./admin.token --report run.json")]
pub struct Args {
    /// Where devices and gateways are served, for example `https://127.0.0.1:7443`.
    #[arg(long, value_name = "URL")]
    to: String,
    /// PKI folder: certificates of the devices are taken from it, or made by its authority.
    #[arg(long, value_name = "DIR")]
    pki: PathBuf,
    /// Synthetic patients [default: 20, or 0 with --from].
    #[arg(long, value_name = "N")]
    patients: Option<usize>,
    /// Sets of vital signs per synthetic patient and second; every beat is a reading besides.
    #[arg(long, value_name = "R", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    rate: u32,
    /// Nothing happens to synthetic patients: no episodes.
    #[arg(long)]
    calm: bool,
    /// Recordings to play (CSV).
    #[arg(long, value_name = "CSV", num_args = 1..)]
    from: Vec<PathBuf>,
    /// How fast recordings are played: 60 plays an hour in a minute.
    #[arg(long, value_name = "X", default_value_t = 1.0, value_parser = speed)]
    speed: f64,
    /// Stop after this time; without it recordings end by themselves and synthetic patients at Ctrl-C.
    #[arg(long = "for", value_name = "D", value_parser = duration::parse)]
    limit: Option<Duration>,
    /// Seed of everything that is made up.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Where devices and patients are made known first, for example `https://127.0.0.1:7444`.
    #[arg(long, value_name = "URL", requires = "token_file")]
    admin: Option<String>,
    /// File with the bearer token of a person with the role admin.
    #[arg(long, value_name = "FILE", requires = "admin")]
    token_file: Option<PathBuf>,
    /// Unit of the patients and devices that are made known.
    #[arg(long, value_name = "UNIT", default_value = "sim")]
    unit: String,
    /// Speak through so many gateways instead of a connection for each device.
    #[arg(long, value_name = "N", default_value_t = 0)]
    gateways: usize,
    /// Codes of recordings for which 0 means that there is no signal, by short name.
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = code)]
    zero_is_no_signal: Vec<Code>,
    /// How long to wait for receipts at the end.
    #[arg(long, value_name = "D", default_value = "30s", value_parser = duration::parse)]
    settle: Duration,
    /// Write what was sent and receipted, the anchors and the expected alerts to this file (JSON).
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Print the report as JSON instead of a summary.
    #[arg(long)]
    json: bool,
}

/// Runs the verb.
///
/// # Errors
/// A receipt is missing, the platform cannot be reached, or a recording is not as it should be.
pub fn run(args: Args) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(simulate(args))
}

async fn simulate(args: Args) -> Result<(), Failure> {
    // Refused only where one is installed already, which is as good.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let clock = Clock::system();
    let stop = stop_on_signals()?;
    let players = players(&args, clock.now())?;
    if players.is_empty() {
        return Err(Failure::new(exit::BAD_DATA, "nobody to play: ask for --patients or give recordings with rows"));
    }
    let token_file = args.token_file.clone().unwrap_or_default();
    let registrar = args.admin.clone().map(|url| Registrar { url, token_file, unit: args.unit.clone() });
    let plan = Plan {
        url: args.to.clone(),
        pki: args.pki.clone(),
        players,
        gateways: args.gateways,
        registrar,
        limit: args.limit,
        settle: args.settle,
        speed: args.speed,
        seed: args.seed,
        clock,
        shown: None,
        progress: true,
    };
    let report = play(plan, stop).await.map_err(|error| Failure::new(exit::UNAVAILABLE, error))?;
    tell(&args, &report)?;
    if report.is_complete() {
        return Ok(());
    }
    let missing = report.counts.missing;
    Err(Failure::new(exit::NO, format_args!("{missing} readings have no receipt; the report names their devices")))
}

fn players(args: &Args, start: Timestamp) -> Result<Vec<Player>, Failure> {
    let patients = args.patients.unwrap_or(if args.from.is_empty() { 20 } else { 0 });
    let mut players = synthetic_ward(&WardPlan {
        patients,
        rate: args.rate,
        seed: args.seed,
        pace: (!args.calm).then_some(Pace::TEST),
        start,
    });
    for path in &args.from {
        players.extend(recording(path, args, start)?);
    }
    let mut devices = HashMap::new();
    for player in &players {
        if let Some(other) = devices.insert(player.device.clone(), player.source.clone()) {
            let what = format!("device {} is in {} and in {other}: play them one by one", player.device, player.source);
            return Err(Failure::new(exit::BAD_DATA, what));
        }
    }
    Ok(players)
}

/// The patients of one file, in the order in which they appear.
fn recording(path: &Path, args: &Args, start: Timestamp) -> Result<Vec<Player>, Failure> {
    let options = Options { anchor: Timestamp(0), boot: 0, zero_is_no_signal: args.zero_is_no_signal.clone() };
    let bad = |error: &dyn std::fmt::Display| Failure::new(exit::BAD_DATA, error);
    let rows = Recording::open(path, options).map_err(|error| bad(&error))?;
    let mut order: Vec<(String, String)> = Vec::new();
    let mut readings: HashMap<(String, String), Vec<Reading>> = HashMap::new();
    for row in rows {
        let row = row.map_err(|error| bad(&error))?;
        let key = (row.patient.to_string(), row.device.to_string());
        let taken = readings.entry(key).or_insert_with_key(|key| {
            order.push(key.clone());
            Vec::new()
        });
        taken.push(row.reading);
    }
    let source = path.display().to_string();
    let player = |key: (String, String)| {
        let readings = readings.remove(&key).unwrap_or_default();
        let (patient, device) = key;
        // A recording without devices calls them like their patients.
        let named = (device != patient).then_some(device.as_str());
        recorded(&patient, named, &source, readings, start, args.speed)
    };
    Ok(order.into_iter().map(player).collect())
}

fn tell(args: &Args, report: &Report) -> Result<(), Failure> {
    let json = || serde_json::to_string_pretty(report).map_err(|error| Failure::new(exit::BAD_DATA, error));
    if let Some(path) = &args.report {
        std::fs::write(path, json()?).map_err(|error| {
            Failure::new(exit::STORAGE, format_args!("cannot write the report {}: {error}", path.display()))
        })?;
    }
    if args.json {
        println!("{}", json()?);
    } else {
        print!("{}", report.summary());
    }
    Ok(())
}

fn speed(text: &str) -> Result<f64, String> {
    let wrong = || format!("'{text}' is no speed: allowed is a number from 0.01 to 100000");
    text.parse().ok().filter(|speed| (0.01..=100_000.0).contains(speed)).ok_or_else(wrong)
}

fn code(name: &str) -> Result<Code, String> {
    let known = || format!("'{name}' is no code: `vigil codes` lists them by short name");
    Code::by_name(name).map(|info| info.code).ok_or_else(known)
}
