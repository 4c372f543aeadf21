use std::sync::Arc;
use std::time::Duration;

use super::pki::TestPki;
use super::server::{FakeServer, Mischief, Seen};
use crate::client::channel;
use crate::client::device::{DeviceStream, Finished, StreamOptions};
use crate::client::ledger::LaneId;
use crate::clock::Clock;
use crate::proto;

const PATIENCE: Duration = Duration::from_secs(30);

fn reading(number: u64) -> proto::Reading {
    let value = proto::observation::Value::Number(f64::from(u32::try_from(number).unwrap()));
    let observation = proto::Observation { code: 147_842, value: Some(value), ..proto::Observation::default() };
    proto::Reading {
        device_time_us: i64::try_from(number).unwrap() * 1_000,
        observations: vec![observation],
        ..proto::Reading::default()
    }
}

fn start(server: &FakeServer, pki: &TestPki, devices: usize, seed: u64) -> DeviceStream {
    let lanes: Vec<_> = (0..devices).map(|at| (format!("dev-{at}"), 5, proto::Lane::Live)).collect();
    let endpoint = channel::endpoint(&server.url(), &pki.ca_pem, Some(&pki.device("dev-0"))).unwrap();
    let options = StreamOptions {
        window: 40,
        batch: 7,
        backoff: Duration::from_millis(1),
        backoff_most: Duration::from_millis(4),
        seed,
        ..StreamOptions::default()
    };
    DeviceStream::start(endpoint, &lanes, options, Clock::system())
}

async fn send_all(stream: &DeviceStream, devices: usize, from: u64, through: u64) {
    for number in from..=through {
        for at in 0..devices {
            stream.send(LaneId(at), reading(number)).await.unwrap();
        }
    }
}

/// Nothing lost, nothing doubled, in order, and the client knows it.
fn assert_complete(seen: &Seen, finished: &Finished, devices: usize, count: u64) {
    assert_eq!(seen.conflicts, 0);
    for at in 0..devices {
        let key = (format!("dev-{at}"), 5, proto::Lane::Live as i32);
        let stored: Vec<(u64, i64)> =
            seen.stored[&key].iter().map(|reading| (reading.sequence, reading.device_time_us)).collect();
        let expected: Vec<(u64, i64)> =
            (1..=count).map(|number| (number, i64::try_from(number).unwrap() * 1_000)).collect();
        assert_eq!(stored, expected);
        let lane = &finished.ledger.lanes()[at];
        assert_eq!((lane.sent_through(), lane.receipted_through()), (count, count));
    }
    assert_eq!(finished.ledger.kept(), 0);
    let totals = finished.ledger.totals();
    assert_eq!(totals.sent, count * devices as u64);
    assert_eq!(totals.lost, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quiet_server_gets_each_reading_once() {
    let pki = TestPki::new();
    let server = FakeServer::start(&pki, Mischief::default(), 0);
    let stream = start(&server, &pki, 3, 1);
    send_all(&stream, 3, 1, 100).await;
    let finished = stream.finish(PATIENCE).await.unwrap();
    let seen = server.seen.lock().unwrap();
    assert_complete(&seen, &finished, 3, 100);
    assert_eq!((seen.duplicates, finished.ledger.totals().resent, finished.connections), (0, 0, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_whatever_the_server_does() {
    let pki = TestPki::new();
    let mut total = Seen::default();
    for seed in 0..12 {
        let mischief = Mischief { cut_before: 40, cut_after: 40, forget: 60, refuse: 60, drain: 20 };
        let server = FakeServer::start(&pki, mischief, seed);
        let devices = 1 + usize::try_from(seed % 4).unwrap();
        let stream = start(&server, &pki, devices, seed);
        send_all(&stream, devices, 1, 150).await;
        let finished = stream.finish(PATIENCE).await.unwrap();
        let seen = server.seen.lock().unwrap();
        println!("seed {seed}: {:?}", finished.ledger.totals());
        assert_complete(&seen, &finished, devices, 150);
        total.cuts += seen.cuts;
        total.resumes += seen.resumes;
        total.refusals += seen.refusals;
        total.drains += seen.drains;
    }
    assert!(total.cuts > 0 && total.resumes > 0 && total.refusals > 0 && total.drains > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_that_comes_back_gets_the_rest() {
    let pki = TestPki::new();
    let server = FakeServer::start(&pki, Mischief::default(), 0);
    let (address, seen) = (server.address, server.seen.clone());
    let stream = start(&server, &pki, 2, 3);
    send_all(&stream, 2, 1, 50).await;
    let mut progress = stream.watch();
    progress.wait_for(|progress| progress.totals.receipted >= 20).await.unwrap();
    drop(server);
    progress.wait_for(|progress| !progress.connected).await.unwrap();
    send_all(&stream, 2, 51, 100).await;
    let _server = FakeServer::start_with(&pki, Mischief::default(), 0, Arc::clone(&seen), address);
    let finished = stream.finish(PATIENCE).await.unwrap();
    let seen = seen.lock().unwrap();
    assert_complete(&seen, &finished, 2, 100);
    assert!(finished.connections >= 2);
    let shown = seen.hellos.last().unwrap().devices[0].last_receipt.as_ref().unwrap();
    assert_eq!(shown.proof, vec![7; 8]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_server_the_end_says_what_is_missing() {
    let pki = TestPki::new();
    let server = FakeServer::start(&pki, Mischief::default(), 0);
    let stream = start(&server, &pki, 1, 4);
    drop(server);
    send_all(&stream, 1, 1, 5).await;
    let finished = stream.finish(Duration::from_millis(50)).await.unwrap();
    assert_eq!(finished.ledger.kept(), 5);
    assert!(finished.last_error.is_some());
}
