//! One ingest stream, for one or many devices: gives readings their sequences, keeps them until a receipt covers them,
//! and comes back after every error.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;
use tonic::transport::Endpoint;

use super::ledger::{LaneId, Ledger, Totals};
use super::random::Random;
use crate::clock::Clock;
use crate::proto;

mod connection;

/// How a stream behaves. `Default` suits a simulated ward.
#[derive(Clone, Debug)]
pub struct StreamOptions {
    /// What hello says of every device.
    pub model: String,
    /// What hello says of every device.
    pub firmware: String,
    /// Readings in flight at most; the server's credit may be lower.
    pub window: u64,
    /// Readings in one message at most.
    pub batch: usize,
    /// Readings without a receipt that are kept; beyond it `send` waits.
    pub keep: usize,
    /// Shortest wait before a new connection.
    pub backoff: Duration,
    /// Longest wait before a new connection.
    pub backoff_most: Duration,
    /// A keepalive after so long without a reading.
    pub keepalive: Duration,
    /// Readings in flight and no word from the server for so long: the connection is given up.
    pub stall: Duration,
    /// Seed of the jitter.
    pub seed: u64,
}

impl Default for StreamOptions {
    fn default() -> Self {
        Self {
            model: "sim-monitor".to_owned(),
            firmware: "1.0".to_owned(),
            window: 1_024,
            batch: 64,
            keep: 200_000,
            backoff: Duration::from_millis(50),
            backoff_most: Duration::from_secs(2),
            keepalive: Duration::from_secs(3),
            stall: Duration::from_secs(15),
            seed: 0,
        }
    }
}

/// What a stream is doing, for progress displays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Figures of its ledger.
    pub totals: Totals,
    /// Readings without a receipt.
    pub kept: usize,
    /// Connections that were made.
    pub connections: u64,
    /// Whether hello was answered on the present connection.
    pub connected: bool,
    /// Whether every lane that has something left was told not to send again.
    pub hopeless: bool,
}

/// How a stream ended.
#[derive(Debug)]
pub struct Finished {
    /// The ledger, with every lane's receipts.
    pub ledger: Ledger,
    /// Connections that were made.
    pub connections: u64,
    /// The newest error, if there was one.
    pub last_error: Option<String>,
}

/// The stream is gone: it was finished, or its task was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the device stream has ended")]
pub struct Ended;

/// Until when to wait for receipts, and where to say how it went.
type Finish = (Instant, oneshot::Sender<Finished>);

/// A device or gateway that speaks to the platform. Dropping it ends the stream.
pub struct DeviceStream {
    readings: mpsc::Sender<(LaneId, proto::Reading)>,
    finish: mpsc::Sender<Finish>,
    progress: watch::Receiver<Progress>,
}

impl DeviceStream {
    /// Starts a stream over `endpoint` for the given (device, boot, lane)s; their lanes get the ids 0, 1, ... in this
    /// order.
    #[must_use]
    pub fn start(
        endpoint: Endpoint,
        lanes: &[(String, u64, proto::Lane)],
        options: StreamOptions,
        clock: Clock,
    ) -> Self {
        let mut ledger = Ledger::default();
        for (device, boot, lane) in lanes {
            ledger.open(device, *boot, *lane);
        }
        let (readings, inbox) = mpsc::channel(256);
        let (finish, finishing) = mpsc::channel(1);
        let (progress, seen) = watch::channel(Progress::default());
        let sender = Sender {
            endpoint,
            ledger,
            random: Random::part(options.seed, 0xC11E),
            options,
            clock,
            inbox,
            finishing,
            progress,
            connections: 0,
            connected: false,
            failures: 0,
            last_error: None,
            finish: None,
        };
        tokio::spawn(sender.run());
        Self { readings, finish, progress: seen }
    }

    /// Hands over a reading; device, boot, lane, sequence and time of sending are filled in. Waits while too many are
    /// without a receipt.
    ///
    /// # Errors
    /// [`Ended`].
    pub async fn send(&self, lane: LaneId, reading: proto::Reading) -> Result<(), Ended> {
        self.readings.send((lane, reading)).await.map_err(|_| Ended)
    }

    /// What the stream is doing now.
    #[must_use]
    pub fn progress(&self) -> Progress {
        *self.progress.borrow()
    }

    /// A view of the progress that can be waited on.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Progress> {
        self.progress.clone()
    }

    /// Waits until everything that was handed over is receipted, at most `patience`, then ends the stream.
    ///
    /// # Errors
    /// [`Ended`] if it had ended before.
    pub async fn finish(self, patience: Duration) -> Result<Finished, Ended> {
        let (tell, told) = oneshot::channel();
        let until = Instant::now() + patience;
        self.finish.send((until, tell)).await.map_err(|_| Ended)?;
        told.await.map_err(|_| Ended)
    }
}

/// Why a connection ended.
enum Outcome {
    /// Everything is done, or nobody wants it any more.
    Done,
    /// The server goes down and asks to come back after so many milliseconds.
    Draining(u32),
    /// Something broke.
    Broken(String),
}

struct Sender {
    endpoint: Endpoint,
    ledger: Ledger,
    random: Random,
    options: StreamOptions,
    clock: Clock,
    inbox: mpsc::Receiver<(LaneId, proto::Reading)>,
    finishing: mpsc::Receiver<Finish>,
    progress: watch::Sender<Progress>,
    connections: u64,
    connected: bool,
    failures: u32,
    last_error: Option<String>,
    finish: Option<Finish>,
}

impl Sender {
    async fn run(mut self) {
        loop {
            let outcome = self.connection().await;
            self.connected = false;
            self.ledger.disconnected();
            let wait = match outcome {
                Outcome::Done => break,
                Outcome::Draining(after_ms) => self.jittered(Duration::from_millis(after_ms.into())),
                Outcome::Broken(error) => {
                    self.last_error = Some(error);
                    self.backoff()
                }
            };
            self.tell();
            if !self.rest(wait).await {
                break;
            }
        }
        self.tell();
        let Self { finish, ledger, connections, last_error, .. } = self;
        if let Some((_, tell)) = finish {
            // Nobody may be left to hear it.
            let _ = tell.send(Finished { ledger, connections, last_error });
        }
    }

    /// Waits before the next connection while readings still come in; false if the stream is to end.
    async fn rest(&mut self, wait: Duration) -> bool {
        let until = Instant::now() + wait;
        loop {
            if self.is_done() {
                return false;
            }
            let limit = self.finish.as_ref().map_or(until, |(limit, _)| until.min(*limit));
            tokio::select! {
                () = tokio::time::sleep_until(limit) => {
                    if Instant::now() >= until {
                        return true;
                    }
                }
                reading = self.inbox.recv(), if self.takes() => {
                    if !self.keep(reading) {
                        return false;
                    }
                }
                finish = self.finishing.recv(), if self.finish.is_none() => {
                    if !self.wind_up(finish) {
                        return false;
                    }
                }
            }
        }
    }

    fn takes(&self) -> bool {
        self.finish.is_none() && self.ledger.kept() < self.options.keep
    }

    /// False when the owner is gone.
    fn keep(&mut self, reading: Option<(LaneId, proto::Reading)>) -> bool {
        reading.map(|(lane, reading)| self.ledger.push(lane, reading)).is_some()
    }

    /// Takes what was handed over before the owner asked for the end. False when the owner is gone.
    fn wind_up(&mut self, finish: Option<Finish>) -> bool {
        while let Ok((lane, reading)) = self.inbox.try_recv() {
            self.ledger.push(lane, reading);
        }
        self.finish = finish;
        self.finish.is_some()
    }

    fn is_done(&self) -> bool {
        self.finish.as_ref().is_some_and(|(until, _)| {
            self.ledger.kept() == 0 || Instant::now() >= *until || (self.connected && self.ledger.hopeless())
        })
    }

    fn tell(&self) {
        self.progress.send_replace(Progress {
            totals: self.ledger.totals(),
            kept: self.ledger.kept(),
            connections: self.connections,
            connected: self.connected,
            hopeless: self.ledger.hopeless(),
        });
    }

    /// Doubles with every failure in a row; half of it is jitter, so that a ward does not come back all at once.
    fn backoff(&mut self) -> Duration {
        self.failures = self.failures.saturating_add(1);
        let longest = self.options.backoff.saturating_mul(1 << self.failures.min(16)).min(self.options.backoff_most);
        longest.mul_f64(self.random.between(0.5, 1.0))
    }

    /// A wait that was asked for, up to half as long again.
    fn jittered(&mut self, wait: Duration) -> Duration {
        wait.mul_f64(self.random.between(1.0, 1.5))
    }
}

/// The live lanes of these devices, all in one boot.
#[must_use]
pub fn live_lanes(devices: &[String], boot: u64) -> Vec<(String, u64, proto::Lane)> {
    devices.iter().map(|device| (device.clone(), boot, proto::Lane::Live)).collect()
}
