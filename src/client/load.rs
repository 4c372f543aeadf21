//! A load client that leaves the processor to the server: messages are encoded by hand into one buffer, there is one
//! task per stream, and nothing is kept but counts and latencies. It does not send again: a refusal or a request to
//! resume ends the run, because figures of a disturbed run mean nothing.

mod codec;
mod flow;
mod wire;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;
use tonic::Status;
use tonic::client::Grpc;
use tonic::transport::{Channel, Endpoint};

use self::codec::RawCodec;
use self::flow::{Flow, Outbound};
use super::channel::reason;
use crate::clock::Clock;
use crate::proto;
use crate::proto::ingest_response::Kind as Told;

/// Readings in flight and no receipt for so long: something is broken.
const PATIENCE: Duration = Duration::from_secs(30);

/// A stream and for whom it speaks.
#[derive(Clone)]
pub struct LoadStream {
    /// Streams with the same number share a connection.
    pub connection: usize,
    /// How to make that connection.
    pub endpoint: Endpoint,
    /// Its devices, each with its patient.
    pub devices: Vec<(String, String)>,
}

/// What each stream sends.
#[derive(Clone, Debug)]
pub struct LoadOptions {
    /// Readings in one message.
    pub batch: usize,
    /// Readings in flight per stream, at most.
    pub window: u64,
    /// Readings per stream; then it ends.
    pub readings: u64,
    /// Readings per second and stream; `None`: as fast as the window lets it.
    pub rate: Option<f64>,
    /// Stops sending after so long.
    pub limit: Option<Duration>,
    /// Boot id: a new one for each run.
    pub boot: u64,
    /// Makes a patient's heart stop this often per stream, each patient once.
    pub breach_every: Option<Duration>,
    /// Where it is noted when the reading was sent on which a patient's alert has to follow.
    pub breaches: BreachLog,
}

/// When the breaching reading of a patient was sent.
#[derive(Clone, Debug, Default)]
pub struct BreachLog(Arc<Mutex<HashMap<String, Instant>>>);

impl BreachLog {
    /// Takes out when the breaching reading of `patient` was sent.
    pub fn take(&self, patient: &str) -> Option<Instant> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(patient)
    }

    /// How many breaches have not been taken out.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn note(&self, patient: &str, at: Instant) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(patient.to_owned(), at);
    }
}

/// What a run came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LoadReport {
    /// Readings that were receipted.
    pub receipted: u64,
    /// From the first reading sent to the last receipt.
    pub elapsed: Duration,
    /// From sending a message to the receipt that covers it, in microseconds, ascending.
    pub latencies_us: Vec<u32>,
}

impl LoadReport {
    /// Receipted readings per second.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // Counts far below 2^53.
    pub fn per_second(&self) -> f64 {
        self.receipted as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }

    /// The latency below which `share` of the messages were, in microseconds; 0 without messages.
    #[must_use]
    pub fn quantile_us(&self, share: f64) -> u32 {
        quantile(&self.latencies_us, share)
    }
}

/// The value below which `share` of the ascending `values` are; 0 if there are none.
#[must_use]
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // An index.
pub fn quantile(values: &[u32], share: f64) -> u32 {
    let at = (values.len() as f64 * share) as usize;
    values.get(at.min(values.len().saturating_sub(1))).copied().unwrap_or(0)
}

/// Why a run has no figures.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("load on stream {stream}: {what}")]
pub struct LoadError {
    /// The stream, from 0.
    pub stream: usize,
    /// What happened.
    pub what: String,
}

/// Runs all streams at once; they start sending together, when the last one has been welcomed.
///
/// # Errors
/// [`LoadError`] at the first stream that is refused, asked to resume, or broken.
pub async fn run(streams: Vec<LoadStream>, options: &LoadOptions, clock: &Clock) -> Result<LoadReport, LoadError> {
    let channels = connect(&streams).await?;
    let all_welcome = Arc::new(tokio::sync::Barrier::new(streams.len()));
    let mut tasks = JoinSet::new();
    for (at, stream) in streams.into_iter().enumerate() {
        let channel = channels[&stream.connection].clone();
        let flow = Flow::new(&stream.devices, options, clock.clone());
        let gate = Arc::clone(&all_welcome);
        let boot = options.boot;
        tasks.spawn(async move {
            let done = converse(channel, &flow, &stream.devices, boot, &gate).await;
            done.map(|started| (started, Instant::now(), flow)).map_err(|what| LoadError { stream: at, what })
        });
    }
    let (mut report, mut first, mut last) = (LoadReport::default(), None, None);
    while let Some(done) = tasks.join_next().await {
        let broken = |error: &dyn std::fmt::Display| LoadError { stream: 0, what: error.to_string() };
        let (started, ended, flow) = done.map_err(|error| broken(&error))??;
        first = Some(first.map_or(started, |first: Instant| first.min(started)));
        last = Some(last.map_or(ended, |last: Instant| last.max(ended)));
        flow.sum_up(&mut report);
    }
    if let (Some(first), Some(last)) = (first, last) {
        report.elapsed = last - first;
    }
    report.latencies_us.sort_unstable();
    Ok(report)
}

async fn connect(streams: &[LoadStream]) -> Result<HashMap<usize, Channel>, LoadError> {
    let mut channels = HashMap::new();
    for (at, stream) in streams.iter().enumerate() {
        if let Entry::Vacant(vacant) = channels.entry(stream.connection) {
            let channel = stream.endpoint.connect().await;
            vacant.insert(channel.map_err(|error| LoadError { stream: at, what: reason(&error) })?);
        }
    }
    Ok(channels)
}

/// One stream from hello to its last receipt; returns when it started to send.
async fn converse(
    channel: Channel,
    flow: &Arc<Flow>,
    devices: &[(String, String)],
    boot: u64,
    gate: &tokio::sync::Barrier,
) -> Result<Instant, String> {
    let hellos = wire::hellos(devices, boot);
    let mut welcomes = hellos.len();
    let mut grpc = Grpc::new(channel).max_decoding_message_size(16 << 20);
    grpc.ready().await.map_err(|error| reason(&error))?;
    let path = tonic::codegen::http::uri::PathAndQuery::from_static("/vigil.v1.IngestService/Stream");
    let outbound = Outbound::new(hellos, Arc::clone(flow));
    let said = |status: Status| reason(&status);
    let mut told = grpc.streaming(tonic::Request::new(outbound), path, RawCodec).await.map_err(said)?.into_inner();
    while welcomes > 0 {
        match hear(told.message().await.map_err(said)?)? {
            Told::Welcome(welcome) => {
                flow.credit(welcome.credit);
                welcomes -= 1;
            }
            other => disturbance(&other)?,
        }
    }
    gate.wait().await;
    let started = Instant::now();
    flow.open(started);
    while !flow.is_done() {
        let next = match tokio::time::timeout(flow.patience(), told.message()).await {
            Ok(next) => next.map_err(said)?,
            Err(_) if flow.owes() => return Err(format!("no receipt for {} s", PATIENCE.as_secs())),
            Err(_) => continue,
        };
        match hear(next)? {
            Told::Receipts(receipts) => flow.receipted(&receipts.receipts),
            other => disturbance(&other)?,
        }
    }
    Ok(started)
}

fn hear(message: Option<proto::IngestResponse>) -> Result<Told, String> {
    message.and_then(|message| message.kind).ok_or_else(|| "the server ended the stream".to_owned())
}

fn disturbance(told: &Told) -> Result<(), String> {
    match told {
        Told::Receipts(_) | Told::Welcome(_) => Ok(()),
        Told::Refusals(refusals) => {
            let first = refusals.refusals.first();
            let why = first.map_or(String::new(), |first| format!("{:?}: {}", first.reason(), first.detail));
            Err(format!("refused: {why}"))
        }
        Told::ResumeFrom(_) => Err("asked to resume".to_owned()),
        Told::Draining(_) => Err("the server is draining".to_owned()),
    }
}
