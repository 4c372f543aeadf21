//! Many senders, children that are retired and crash meanwhile, on several threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::stage::{Msg, Stage};
use crate::supervision::{Intensity, stable_hash};

const KEYS: [&str; 3] = ["a", "b", "c"];
const SENDERS: u64 = 8;
const ROUNDS: u64 = 300;

/// Sends `Count` until a child has taken it, as every user of `Shards` must.
async fn deliver(shards: &crate::supervision::Shards<Stage>, key: &String) {
    loop {
        let actor = match shards.running(key) {
            Some(actor) => actor,
            None => shards.activate(key).await.expect("no child is parked"),
        };
        if actor.send_message(Msg::Count).is_ok() {
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_message_is_handled_once_by_one_live_child_while_children_are_retired() {
    let stage = Stage::new();
    let shards = stage.shards(Intensity::default()).await;
    let sent = Arc::new(AtomicU32::new(0));
    let senders: Vec<_> = (0..SENDERS)
        .map(|sender| {
            let (shards, sent) = (shards.clone(), Arc::clone(&sent));
            tokio::spawn(async move {
                for round in 0..ROUNDS {
                    let dice = stable_hash(&(sender, round));
                    let key = KEYS[usize::try_from(dice % 3).expect("small")].to_owned();
                    deliver(&shards, &key).await;
                    sent.fetch_add(1, Ordering::Relaxed);
                    if dice % 5 == 0
                        && let Some(actor) = shards.running(&key)
                    {
                        shards.retire(&key, &actor);
                    }
                }
            })
        })
        .collect();
    for sender in senders {
        sender.await.expect("no sender panics");
    }
    assert_eq!(shards.stop(Duration::from_secs(30)).await, 0);
    let lives = KEYS.map(|key| stage.life(key));
    assert_eq!(lives.iter().map(|life| life.handled).sum::<u32>(), sent.load(Ordering::Relaxed));
    for life in lives {
        assert_eq!((life.overlaps, life.starts), (0, life.stops));
        assert!(life.starts > 1, "children were retired");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_two_children_of_a_key_are_alive_while_children_crash_and_are_retired() {
    let stage = Stage::new();
    let often = Intensity { restarts_max: u32::MAX, period_ms: 60_000, backoff_ms: 1, backoff_ms_max: 2 };
    let shards = stage.shards(often).await;
    let senders: Vec<_> = (0..SENDERS)
        .map(|sender| {
            let shards = shards.clone();
            tokio::spawn(async move {
                for round in 0..ROUNDS / 3 {
                    let dice = stable_hash(&(sender, round, "crash"));
                    let key = KEYS[usize::try_from(dice % 3).expect("small")].to_owned();
                    let actor = shards.activate(&key).await.expect("no child is parked");
                    match dice % 16 {
                        0 => drop(actor.send_message(Msg::Panic)),
                        1 => actor.kill(),
                        2..=4 => shards.retire(&key, &actor),
                        _ => drop(actor.send_message(Msg::Count)),
                    }
                }
            })
        })
        .collect();
    for sender in senders {
        sender.await.expect("no sender panics");
    }
    assert_eq!(shards.stop(Duration::from_secs(30)).await, 0);
    for key in KEYS {
        assert_eq!(stage.life(key).overlaps, 0);
    }
    assert!(shards.counts().restarts > 0);
}
