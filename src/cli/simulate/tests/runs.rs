use std::time::Duration;

use smallvec::SmallVec;
use tokio::sync::watch;

use crate::cli::simulate::roster::recorded;
use crate::cli::simulate::{Pace, Plan, Player, WardPlan, play, synthetic_ward};
use crate::client::tests::pki::TestPki;
use crate::client::tests::server::{FakeServer, Mischief};
use crate::clinical::reading::{Lane, Reading, ReadingKey, Validity};
use crate::clock::Clock;
use crate::proto;
use crate::time::Timestamp;

fn plan(server: &FakeServer, pki: &TestPki, players: Vec<Player>, clock: Clock) -> Plan {
    Plan {
        url: server.url(),
        pki: pki.dir.path().to_owned(),
        players,
        gateways: 0,
        registrar: None,
        limit: None,
        settle: Duration::from_secs(30),
        speed: 60.0,
        seed: 3,
        clock,
        shown: None,
        progress: false,
    }
}

/// A row each 400 ms for a minute.
fn recording() -> Vec<Reading> {
    let row = |number: i64| Reading {
        key: ReadingKey { boot: 0, lane: Lane::Live, sequence: 0 },
        device_time: Timestamp(number * 400_000),
        sent_at: Timestamp(0),
        observed_until: Some(Timestamp(number * 400_000)),
        period_ms: 0,
        signal: Validity::Valid,
        observations: SmallVec::new(),
        payload: None,
        decoder: None,
    };
    (0..150).map(row).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recording_is_receipted_whole_on_its_own_clock_though_the_server_misbehaves() {
    let pki = TestPki::new();
    let mischief = Mischief { cut_before: 20, cut_after: 20, forget: 30, refuse: 30, drain: 10 };
    let server = FakeServer::start(&pki, mischief, 8);
    let clock = Clock::system();
    let start = clock.now();
    let players = vec![
        recorded("100", None, "100.csv", recording(), start, 60.0),
        recorded("101", Some("own"), "x", recording(), start, 60.0),
    ];
    let anchor = players[0].anchor;
    let (_go_on, stop) = watch::channel(false);
    let report = play(plan(&server, &pki, players, clock.clone()), stop).await.unwrap();
    assert!(report.is_complete(), "{}", report.summary());
    assert_eq!((report.counts.played, report.counts.sent, report.counts.receipted), (300, 300, 300));
    assert_eq!(report.patients[0].anchor_us, anchor.micros());
    assert_eq!((report.lanes[0].device.as_str(), report.lanes[1].device.as_str()), ("sim-100", "own"));
    assert_eq!((report.lanes[0].sent, report.lanes[0].receipted_through), (Some([1, 150]), 150));
    let seen = server.seen.lock().unwrap();
    assert_eq!(seen.conflicts, 0);
    let stored = &seen.stored[&("sim-100".to_owned(), report.lanes[0].boot, proto::Lane::Live as i32)];
    for (number, reading) in (0_i64..).zip(stored) {
        assert_eq!(reading.device_time_us - anchor.micros(), number * 400_000);
        assert_eq!(reading.observed_until_us, Some(reading.device_time_us));
        // Device time never runs ahead of the time of sending, which is now.
        assert!(reading.device_time_us <= reading.sent_at_us);
        assert!(reading.sent_at_us >= start.micros());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ward_behind_gateways_ends_at_its_limit_and_says_what_is_missing() {
    let pki = TestPki::new();
    let server = FakeServer::start(&pki, Mischief::default(), 8);
    let clock = Clock::system();
    let ward = WardPlan { patients: 5, rate: 20, seed: 4, pace: Some(Pace::TEST), start: clock.now() };
    let mut plan = plan(&server, &pki, synthetic_ward(&ward), clock);
    (plan.gateways, plan.limit) = (2, Some(Duration::from_millis(1_500)));
    let (_go_on, stop) = watch::channel(false);
    let report = play(plan, stop).await.unwrap();
    assert!(report.is_complete(), "{}", report.summary());
    assert_eq!((report.lanes.len(), report.counts.connections), (5, 2));
    assert!(report.counts.played >= 50, "{}", report.summary());

    let clock = Clock::system();
    let mut plan = self::plan(&server, &pki, synthetic_ward(&ward), clock);
    (plan.limit, plan.settle) = (Some(Duration::from_millis(300)), Duration::from_millis(100));
    drop(server);
    let (_go_on, stop) = watch::channel(false);
    let report = play(plan, stop).await.unwrap();
    assert!(!report.is_complete());
    assert_eq!(report.counts.missing, report.counts.played);
    assert!(!report.errors.is_empty());
}
