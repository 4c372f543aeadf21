//! A server that is killed again and again under load.

use std::time::Duration;

use super::process::turn;
use super::site::{Site, stop};

/// A restart takes no longer.
const READY_WITHIN: Duration = Duration::from_secs(10);

/// `VIGIL_KILL_ROUNDS=50 cargo test --test recordings kills` plays more.
fn rounds() -> u64 {
    std::env::var("VIGIL_KILL_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(10)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_under_load_comes_back_within_ten_seconds_and_loses_nothing() {
    let _turn = turn().await;
    let site = Site::new();
    let mut server = site.serve().await;
    let simulation = site.simulate(&["--patients", "20", "--rate", "20"]);
    // Devices and patients are made known first: nobody does that again after a kill.
    site.until_stored(100).await;
    for round in 1..=rounds() {
        // Every other time in the middle of what devices send again after a restart.
        if round % 2 == 0 {
            site.until_stored(200).await;
        } else {
            tokio::time::sleep(Duration::from_millis(round * 37 % 400)).await;
        }
        server.kill();
        server = site.serve_within(READY_WITHIN).await;
    }
    simulation.signal("INT");
    simulation.end().await.expect(0);
    site.until_evaluated().await;
    stop(server).await;
    let counts = site.report().counts;
    assert_eq!((counts.missing, counts.lost), (0, 0));
    site.expect_sound().await;
}
