//! What is measured, one function per case. Each case has a platform and a folder of its own.

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use tokio::time::Instant;
use vigil::client::channel::{self, Bearer};
use vigil::client::load::{self, BreachLog, LoadOptions, LoadReport, quantile};
use vigil::clock::Clock;
use vigil::proto;
use vigil::proto::access_service_client::AccessServiceClient;
use vigil::proto::alert_service_client::AlertServiceClient;

use crate::Options;
use crate::bare::{Bare, BareFigures, Shape};
use crate::outcome::{Outcomes, Target};
use crate::platform::{Platform, Site};
use crate::ward::Ward;

/// Every case.
pub const NAMES: [&str; 5] = ["singles", "batches", "latency", "gateway", "large"];

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Runs what is wanted.
pub async fn run(options: &Options, bare: Option<&Bare>, scratch: &Path, outcomes: &mut Outcomes) -> Outcome<()> {
    let scale = if options.quick { 20 } else { 1 };
    if options.wants("singles") {
        for devices in [1_000, 10_000] {
            let shape =
                Shape { devices, connections: 1_000, streams: 1_000, batch: 1, window: 32, total: 1_000_000 / scale };
            let what = format!("single readings, 1,000 connections, {devices} devices");
            throughput(&what, shape, bare, &scratch.join(format!("singles-{devices}")), outcomes).await?;
        }
    }
    if options.wants("batches") {
        let shape =
            Shape { devices: 10_000, connections: 16, streams: 16, batch: 100, window: 8, total: 3_200_000 / scale };
        throughput("batches of 100, 16 gateways, 10,000 devices", shape, bare, &scratch.join("batches"), outcomes)
            .await?;
    }
    if options.wants("latency") {
        latency(scale, bare, &scratch.join("latency"), outcomes).await?;
    }
    if options.wants("gateway") {
        gateway(scale, &scratch.join("gateway"), outcomes).await?;
    }
    if options.wants("large") {
        large(scale, &scratch.join("large"), outcomes).await?;
    }
    Ok(())
}

fn load_options(shape: Shape, clock: &Clock) -> LoadOptions {
    LoadOptions {
        batch: shape.batch,
        window: (shape.window * shape.batch) as u64,
        readings: (shape.total / shape.streams) as u64,
        rate: None,
        limit: None,
        boot: clock.now().micros().cast_unsigned(),
        breach_every: None,
        breaches: BreachLog::default(),
    }
}

async fn begin(dir: &Path, shape: Shape, clock: &Clock) -> Outcome<(Site, Platform, Ward)> {
    let site = Site::prepare(dir, clock)?;
    let platform = site.start()?;
    let ward = Ward::new(shape);
    ward.enrol(&site, &platform).await?;
    Ok((site, platform, ward))
}

async fn measure(dir: &Path, shape: Shape) -> Outcome<LoadReport> {
    let clock = Clock::system();
    let (site, platform, ward) = begin(dir, shape, &clock).await?;
    let streams = ward.streams(&site, &platform)?;
    Ok(load::run(streams, &load_options(shape, &clock), &clock).await?)
}

async fn yardstick(bare: Option<&Bare>, shape: Shape) -> Outcome<Option<BareFigures>> {
    match bare {
        Some(bare) => Ok(Some(bare.measure(shape).await?)),
        None => Ok(None),
    }
}

async fn throughput(what: &str, shape: Shape, bare: Option<&Bare>, dir: &Path, outcomes: &mut Outcomes) -> Outcome<()> {
    let yardstick = yardstick(bare, shape).await?;
    let report = measure(dir, shape).await?;
    let least = Target::RatioAtLeast(0.4);
    outcomes.add(what, "readings/s", yardstick.map(|figures| figures.per_second), report.per_second(), least);
    let p99_us = f64::from(report.quantile_us(0.99));
    let none = Target::None;
    outcomes.add(format!("  receipts then, p99: {what}"), "us", yardstick.map(|figures| figures.p99_us), p99_us, none);
    Ok(())
}

/// Sixteen streams, one reading in flight on each: some 10,000 readings/s. Then 10,000 readings/s at a fixed rate with
/// hearts that stop.
async fn latency(scale: usize, bare: Option<&Bare>, dir: &Path, outcomes: &mut Outcomes) -> Outcome<()> {
    let shape = Shape { devices: 10_000, connections: 8, streams: 16, batch: 1, window: 1, total: 160_000 / scale };
    let yardstick = yardstick(bare, shape).await?;
    let clock = Clock::system();
    let (site, platform, ward) = begin(dir, shape, &clock).await?;
    let report = load::run(ward.streams(&site, &platform)?, &load_options(shape, &clock), &clock).await?;
    let per_second = yardstick.map(|figures| figures.per_second);
    outcomes.add("one reading in flight on 16 streams", "readings/s", per_second, report.per_second(), Target::None);
    let (p50_us, p99_us) = (f64::from(report.quantile_us(0.5)), f64::from(report.quantile_us(0.99)));
    outcomes.add("  receipts then, p50", "us", yardstick.map(|figures| figures.p50_us), p50_us, Target::None);
    let bare_p99_us = yardstick.map(|figures| figures.p99_us);
    outcomes.add("  receipts then, p99", "us", bare_p99_us, p99_us, Target::RatioAtMost(3.0));

    let breaches = BreachLog::default();
    let paced = LoadOptions {
        window: 256,
        readings: u64::MAX,
        rate: Some(10_000.0 / 16.0),
        limit: Some(Duration::from_secs(if scale == 1 { 20 } else { 3 })),
        breach_every: Some(Duration::from_millis(800)),
        breaches: breaches.clone(),
        ..load_options(shape, &clock)
    };
    let watch = tokio::spawn(alerted(watcher(&site, &platform).await?, breaches.clone()));
    let report = load::run(ward.streams(&site, &platform)?, &paced, &clock).await?;
    let mut late_us = watch.await?;
    late_us.sort_unstable();
    outcomes.add("10,000 readings/s at a fixed rate", "readings/s", None, report.per_second(), Target::None);
    let p99_us = f64::from(report.quantile_us(0.99));
    outcomes.add("  receipts then, p99", "us", bare_p99_us, p99_us, Target::RatioAtMost(3.0));
    let p50_us = f64::from(quantile(&late_us, 0.5));
    outcomes.add(format!("  breach to subscriber, p50 of {}", late_us.len()), "us", None, p50_us, Target::None);
    let p99_us = f64::from(quantile(&late_us, 0.99));
    outcomes.add("  breach to subscriber, p99", "us", bare_p99_us, p99_us, Target::RatioAtMost(4.0));
    if breaches.waiting() > 0 || late_us.is_empty() {
        return Err(format!("{} breaches raised no alert", breaches.waiting()).into());
    }
    Ok(())
}

/// Streams beside a gateway with 5,000 devices that send one reading a second each: in turn without and with it, since
/// what else the machine does changes meanwhile.
async fn gateway(scale: usize, dir: &Path, outcomes: &mut Outcomes) -> Outcome<()> {
    let clock = Clock::system();
    let others = Shape { devices: 1_600, connections: 8, streams: 16, batch: 1, window: 256, total: 0 };
    let (site, platform, ward) = begin(dir, others, &clock).await?;
    let one = Shape { devices: 5_000, connections: 1, streams: 1, batch: 100, window: 40, total: 0 };
    let crowd = Ward::named("crowd", one);
    crowd.enrol(&site, &platform).await?;
    let seconds = if scale == 1 { 15 } else { 2 };
    let paced = |shape: Shape, per_second: f64| LoadOptions {
        readings: u64::MAX,
        rate: Some(per_second),
        limit: Some(Duration::from_secs(seconds)),
        ..load_options(shape, &clock)
    };
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let report = load::run(ward.streams(&site, &platform)?, &paced(others, 100.0), &clock).await?;
        alone.push(report.quantile_us(0.99));
        let (options, of_crowd) = (paced(others, 100.0), paced(one, 5_000.0));
        let (report, crowded) = tokio::join!(
            load::run(ward.streams(&site, &platform)?, &options, &clock),
            load::run(crowd.streams(&site, &platform)?, &of_crowd, &clock),
        );
        beside.push(report?.quantile_us(0.99));
        outcomes.add("a gateway with 5,000 devices", "readings/s", None, crowded?.per_second(), Target::None);
    }
    alone.sort_unstable();
    beside.sort_unstable();
    let (alone_us, beside_us) = (f64::from(alone[1]), f64::from(beside[1]));
    let what = "  receipts of 16 others, p99: without it (as `bare`), with it";
    outcomes.add(what, "us", Some(alone_us), beside_us, Target::RatioAtMost(1.2));
    Ok(())
}

async fn watcher(site: &Site, platform: &Platform) -> Outcome<tonic::Streaming<proto::AlertUpdate>> {
    let channel = channel::connect(&channel::endpoint(&platform.people, site.ca_pem(), None)?).await?;
    let admin = Bearer::from_file(&site.token_file("admin"))?;
    let care = proto::AssignPersonRequest { person: "nurse".into(), unit: "bench".into(), patient: String::new() };
    AccessServiceClient::with_interceptor(channel.clone(), admin).assign(care).await?;
    let bearer = Bearer::from_file(&site.token_file("nurse"))?;
    let mut client = AlertServiceClient::with_interceptor(channel, bearer);
    Ok(client.watch(proto::WatchAlertsRequest::default()).await?.into_inner())
}

/// From sending the breaching reading to the alert, in microseconds; ends when nothing came for two seconds.
async fn alerted(mut updates: tonic::Streaming<proto::AlertUpdate>, breaches: BreachLog) -> Vec<u32> {
    let mut late_us = Vec::new();
    let mut patience = Duration::from_secs(30);
    while let Ok(Ok(Some(update))) = tokio::time::timeout(patience, updates.message()).await {
        patience = Duration::from_secs(3);
        let raised = update.fact.as_ref().is_some_and(|fact| fact.what == "raised");
        let Some(alert) = update.alert.filter(|alert| raised && alert.rule == "asystole") else { continue };
        if let Some(sent) = breaches.take(&alert.patient) {
            late_us.push(u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX));
        }
    }
    late_us
}

/// Memory of many live patients, and how long a restart with many readings takes.
#[allow(clippy::cast_precision_loss)] // Bytes and counts far below 2^53.
async fn large(scale: usize, dir: &Path, outcomes: &mut Outcomes) -> Outcome<()> {
    let devices = 50_000 / scale;
    let readings = 2_000_000 / scale;
    let shape = Shape { devices, connections: 16, streams: 16, batch: 100, window: 8, total: devices * 2 };
    let clock = Clock::system();
    let site = Site::prepare(dir, &clock)?;
    let platform = site.start()?;
    let empty = platform.resident_bytes()?;
    let ward = Ward::new(shape);
    let begun = Instant::now();
    ward.enrol(&site, &platform).await?;
    let per_second = devices as f64 / begun.elapsed().as_secs_f64();
    outcomes.add(format!("enrolling {devices} patients with devices"), "per second", None, per_second, Target::None);
    load::run(ward.streams(&site, &platform)?, &load_options(shape, &clock), &clock).await?;
    let kib = (platform.resident_bytes()?.saturating_sub(empty)) as f64 / devices as f64 / 1_024.0;
    outcomes.add(format!("memory per live patient at {devices}"), "KiB", None, kib, Target::AtMost(32.0));
    let rest = Shape { total: readings - shape.total, ..shape };
    let report = load::run(ward.streams(&site, &platform)?, &load_options(rest, &clock), &clock).await?;
    let what = format!("filling with {} readings, batches of 100", rest.total);
    outcomes.add(what, "readings/s", None, report.per_second(), Target::None);
    platform.kill()?;
    let platform = site.start()?;
    let seconds = platform.ready_after.as_secs_f64();
    let what = format!("restart after kill -9 with {devices} patients, {readings} readings");
    outcomes.add(what, "s", None, seconds, Target::AtMost(10.0));
    // Ready means that it takes readings: a few more prove it.
    let again = Shape { total: devices, ..shape };
    let begun = Instant::now();
    load::run(ward.streams(&site, &platform)?, &load_options(again, &clock), &clock).await?;
    let what = format!("  first {devices} readings after it");
    outcomes.add(what, "s", None, begun.elapsed().as_secs_f64(), Target::None);
    Ok(())
}
