use std::time::Duration;

use super::pki::TestPki;
use super::server::{FakeServer, Mischief};
use crate::client::channel;
use crate::client::load::{BreachLog, LoadOptions, LoadStream, run};
use crate::clock::Clock;
use crate::proto;

fn streams(server: &FakeServer, pki: &TestPki, streams: usize, devices: usize) -> Vec<LoadStream> {
    let stream = |at: usize| LoadStream {
        connection: at / 2,
        endpoint: channel::endpoint(&server.url(), &pki.ca_pem, Some(&pki.device("dev-0"))).unwrap(),
        devices: (0..devices).map(|device| (format!("dev-{at}-{device}"), format!("p-{at}-{device}"))).collect(),
    };
    (0..streams).map(stream).collect()
}

fn options(batch: usize) -> LoadOptions {
    LoadOptions {
        batch,
        window: 20,
        readings: 200,
        rate: None,
        limit: None,
        boot: 77,
        breach_every: None,
        breaches: BreachLog::default(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_reading_of_a_load_is_receipted_once_and_every_message_has_a_latency() {
    let pki = TestPki::new();
    let server = FakeServer::start(&pki, Mischief::default(), 0);
    let report = run(streams(&server, &pki, 4, 3), &options(5), &Clock::system()).await.unwrap();
    assert_eq!((report.receipted, report.latencies_us.len()), (800, 160));
    assert!(report.per_second() > 0.0 && report.quantile_us(0.99) >= report.quantile_us(0.5));
    let seen = server.seen.lock().unwrap();
    assert_eq!((seen.stored.len(), seen.duplicates, seen.resumes), (12, 0, 0));
    assert_eq!(seen.stored.values().map(Vec::len).sum::<usize>(), 800);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paced_load_with_breaches_notes_when_each_heart_stopped() {
    let pki = TestPki::new();
    let server = FakeServer::start(&pki, Mischief::default(), 0);
    let mut options = options(1);
    (options.rate, options.limit) = (Some(200.0), Some(Duration::from_millis(600)));
    (options.readings, options.breach_every) = (1_000_000, Some(Duration::from_millis(100)));
    let report = run(streams(&server, &pki, 1, 3), &options, &Clock::system()).await.unwrap();
    assert!((60..=130).contains(&report.receipted), "{}", report.receipted);
    assert_eq!(options.breaches.waiting(), 3);
    assert!(options.breaches.take("p-0-1").is_some());
    let seen = server.seen.lock().unwrap();
    let stored = &seen.stored[&("dev-0-1".to_owned(), 77, proto::Lane::Live as i32)];
    let beat = stored.iter().position(|reading| reading.observations[0].unit.is_empty()).unwrap();
    assert!(stored[beat + 1].observed_until_us.unwrap() - stored[beat].device_time_us > 4_000_000);
    assert!(stored.iter().all(|reading| reading.device_time_us <= reading.sent_at_us));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disturbed_load_has_no_figures() {
    let pki = TestPki::new();
    let server = FakeServer::start(&pki, Mischief { refuse: 1_000, ..Mischief::default() }, 0);
    let error = run(streams(&server, &pki, 1, 1), &options(1), &Clock::system()).await.unwrap_err();
    assert!(error.what.contains("refused"), "{error}");
}
