//! Passivation under load, and a journal that fails.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::scene::{FINE, LOW, PATIENCE, Sender, Ward};
use crate::storage::SimFault;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn passivation_under_load_loses_nothing() {
    let ward = Ward::open_with("passivation", |options| {
        options.idle_after_ms = -1;
        options.sweep_every_ms = 1;
    })
    .await;
    ward.set_care_team(600_000).await;
    ward.enrol().await;
    let mut percents = vec![FINE; 399];
    percents.push(LOW);
    let mut sender = Sender::new(&ward, &percents);
    sender.run(&ward.handle()).await;
    ward.until_paged().await;
    assert_eq!(ward.handle().status().actor_restarts, 0);
    ward.account().await.expect(400, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_sync_stops_the_engine_without_a_receipt_and_reopening_goes_on() {
    // A fault at one of the calls of the next commits: writes and syncs alike.
    for calls_ahead in [0, 1, 2, 3, 5, 8] {
        for fault in [SimFault::Error, SimFault::Full] {
            let mut ward = Ward::open("fail-stop").await;
            ward.set_care_team(600_000).await;
            ward.enrol().await;
            let mut sender = Sender::new(&ward, &[FINE, FINE, FINE, LOW]);
            ward.data.fail_at(ward.data.calls() + calls_ahead, fault);
            let started = Instant::now();
            while timeout(Duration::from_millis(1), ward.engine().failed()).await.is_err() && sender.receipted < 4 {
                assert!(started.elapsed() < PATIENCE, "the engine neither goes on nor stops");
                sender.say(&ward.handle()).await;
                sender.listen().await;
            }
            ward.lose_power().await;
            sender.disconnect();
            // It fails by itself where a receipt was given for what is lost.
            sender.say(&ward.handle()).await;
            sender.run(&ward.handle()).await;
            ward.until_paged().await;
            ward.account().await.expect(4, 1);
        }
    }
}
