//! One run: streams, players, and the report of what came of it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::credentials::{CredentialsError, Wallet};
use super::glimpse::Glimpse;
use super::player::{Player, Stage};
use super::progress::Display;
use super::report::Report;
use crate::client::channel::{self, ChannelError};
use crate::client::device::{DeviceStream, StreamOptions, live_lanes};
use crate::client::enrol::{EnrolError, Enrolment, Registrar, enrol};
use crate::client::ledger::LaneId;
use crate::clock::Clock;

/// What is played, where and how.
pub struct Plan {
    /// `https://HOST:7443`.
    pub url: String,
    /// The PKI folder.
    pub pki: PathBuf,
    /// Who is played.
    pub players: Vec<Player>,
    /// 0: each device has a connection of its own; else so many gateways speak for all of them.
    pub gateways: usize,
    /// Where to make the platform know them; `None`: it knows them.
    pub registrar: Option<Registrar>,
    /// Stops after so long.
    pub limit: Option<Duration>,
    /// How long to wait for receipts at the end.
    pub settle: Duration,
    /// Speed of recordings.
    pub speed: f64,
    /// Seed of the run.
    pub seed: u64,
    /// Receipt time; its origin is the run's start.
    pub clock: Clock,
    /// A live view.
    pub shown: Option<mpsc::Sender<Glimpse>>,
    /// A line of progress on standard error.
    pub progress: bool,
}

/// Why nothing was played.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    /// A certificate is missing.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// TLS cannot be set up.
    #[error(transparent)]
    Channel(#[from] ChannelError),
    /// The platform does not know what is to be played.
    #[error(transparent)]
    Enrol(#[from] EnrolError),
}

/// Which stream and lane a device speaks on.
struct Cast {
    streams: Vec<Arc<DeviceStream>>,
    /// By player: stream and lane.
    places: Vec<(usize, LaneId)>,
}

/// Plays until every recording has ended, the limit is reached or `stop` turns true; then waits for receipts.
///
/// # Errors
/// [`PlayError`]: nothing was played.
pub async fn play(plan: Plan, stop: watch::Receiver<bool>) -> Result<Report, PlayError> {
    let wallet = Wallet::open(&plan.pki)?;
    let options = StreamOptions { seed: plan.seed, ..StreamOptions::default() };
    if let Some(registrar) = &plan.registrar {
        enrol(registrar, &wallet.ca_pem()?, enrolments(&plan, &options)).await?;
    }
    let started = plan.clock.now();
    let boot = u64::try_from(started.micros()).unwrap_or(1);
    let cast = cast(&plan, &wallet, &options, boot)?;
    let display = Display::start(cast.streams.iter().map(|stream| stream.watch()).collect(), plan.progress);
    let mut report =
        Report { format: 1, started_at_us: started.micros(), seed: plan.seed, speed: plan.speed, ..Report::default() };
    let played = perform(
        plan.players,
        &cast,
        Stage {
            clock: plan.clock.clone(),
            started,
            speed: plan.speed,
            stop: limited(stop, plan.limit),
            shown: plan.shown,
        },
    );
    for player in played.await {
        report.patients.push(player.report());
        report.expected.extend(player.expected());
    }
    collect(cast.streams, plan.settle, &mut report).await;
    drop(display);
    report.ended_at_us = plan.clock.now().micros();
    Ok(report)
}

fn gateway_name(at: usize) -> String {
    format!("sim-gateway-{}", at + 1)
}

fn enrolments(plan: &Plan, options: &StreamOptions) -> Vec<Enrolment> {
    let gateway = |at: usize| if plan.gateways == 0 { String::new() } else { gateway_name(at % plan.gateways) };
    let enrol = |(at, player): (usize, &Player)| Enrolment {
        device: player.device.clone(),
        model: options.model.clone(),
        firmware: options.firmware.clone(),
        gateway: gateway(at),
        patient: player.patient.clone(),
        bed: format!("bed-{}", at + 1),
    };
    plan.players.iter().enumerate().map(enrol).collect()
}

fn cast(plan: &Plan, wallet: &Wallet, options: &StreamOptions, boot: u64) -> Result<Cast, PlayError> {
    let ca_pem = wallet.ca_pem()?;
    let now = plan.clock.now();
    let count = if plan.gateways == 0 { plan.players.len() } else { plan.gateways.min(plan.players.len()) };
    let mut places = vec![(0, LaneId(0)); plan.players.len()];
    let mut streams = Vec::with_capacity(count);
    for at in 0..count {
        let members: Vec<usize> = (at..plan.players.len()).step_by(count).collect();
        let devices: Vec<String> = members.iter().map(|member| plan.players[*member].device.clone()).collect();
        let own = if plan.gateways == 0 {
            wallet.device(&devices[0], now)?
        } else {
            wallet.gateway(&gateway_name(at), now)?
        };
        for (lane, member) in members.into_iter().enumerate() {
            places[member] = (at, LaneId(lane));
        }
        let endpoint = channel::endpoint(&plan.url, &ca_pem, Some(&own))?;
        let options = StreamOptions { seed: options.seed.wrapping_add(at as u64), ..options.clone() };
        let lanes = live_lanes(&devices, boot);
        streams.push(Arc::new(DeviceStream::start(endpoint, &lanes, options, plan.clock.clone())));
    }
    Ok(Cast { streams, places })
}

async fn perform(players: Vec<Player>, cast: &Cast, stage: Stage) -> Vec<Player> {
    let mut acts = JoinSet::new();
    for (at, player) in players.into_iter().enumerate() {
        let (stream, lane) = cast.places[at];
        let (stream, stage) = (Arc::clone(&cast.streams[stream]), stage.clone());
        acts.spawn(async move { (at, player.play(stream, lane, stage).await) });
    }
    let mut played: Vec<(usize, Player)> = acts.join_all().await;
    played.sort_by_key(|(at, _)| *at);
    played.into_iter().map(|(_, player)| player).collect()
}

async fn collect(streams: Vec<Arc<DeviceStream>>, settle: Duration, report: &mut Report) {
    let mut ends = JoinSet::new();
    for (at, stream) in streams.into_iter().enumerate() {
        // Every player has ended: nobody else holds the stream.
        if let Some(stream) = Arc::into_inner(stream) {
            ends.spawn(async move { (at, stream.finish(settle).await) });
        }
    }
    let mut finished = ends.join_all().await;
    finished.sort_by_key(|(at, _)| *at);
    for (_, end) in finished {
        match end {
            Ok(finished) => report.add(&finished),
            Err(error) => report.errors.push(error.to_string()),
        }
    }
}

/// Turns true when `stop` does, or after `limit`.
fn limited(mut stop: watch::Receiver<bool>, limit: Option<Duration>) -> watch::Receiver<bool> {
    let Some(limit) = limit else { return stop };
    let (tell, told) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => {}
            () = tokio::time::sleep(limit) => {}
        }
        tell.send_replace(true);
        tell.closed().await;
    });
    told
}
