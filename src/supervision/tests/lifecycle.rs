//! One child: started, crashed, restarted, parked, retired, stopped. Time is paused: waits cost nothing.

use std::time::Duration;

use ractor::ActorRef;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::stage::{Msg, Stage};
use crate::supervision::{Intensity, Shards, Unavailable};

const INTENSITY: Intensity = Intensity { restarts_max: 3, period_ms: 60_000, backoff_ms: 200, backoff_ms_max: 10_000 };

async fn active(shards: &Shards<Stage>, key: &str) -> ActorRef<Msg> {
    shards.activate(&key.to_owned()).await.expect("a child")
}

fn send(actor: &ActorRef<Msg>, message: Msg) {
    actor.send_message(message).expect("the child takes messages");
}

#[tokio::test(start_paused = true)]
async fn activation_starts_one_child_for_everybody() {
    let stage = Stage::new();
    let shards = stage.shards(INTENSITY).await;
    assert!(shards.running(&"a".to_owned()).is_none());
    let (key, other) = ("a".to_owned(), "a".to_owned());
    let (one, two) = tokio::join!(shards.activate(&key), shards.activate(&other));
    let (one, two) = (one.expect("a child"), two.expect("a child"));
    assert_eq!(one.get_id(), two.get_id());
    assert_eq!(shards.running(&key).map(|actor| actor.get_id()), Some(one.get_id()));
    assert_eq!((shards.counts().running, shards.keys()), (1, vec![key]));
}

#[tokio::test(start_paused = true)]
async fn child_that_panics_or_fails_is_restarted_at_once_without_being_asked_for() {
    for (key, crash) in [("panics", Msg::Panic), ("fails", Msg::Fail)] {
        let stage = Stage::new();
        let shards = stage.shards(INTENSITY).await;
        send(&active(&shards, key).await, crash);
        let crashed_at = Instant::now();
        stage.until(key, |life| life.starts == 2).await;
        assert!(crashed_at.elapsed() < Duration::from_millis(100));
        send(&active(&shards, key).await, Msg::Count);
        stage.until(key, |life| life.handled == 1).await;
        assert_eq!((shards.counts().restarts, shards.counts().out_of_service), (1, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn child_that_is_killed_is_restarted() {
    let stage = Stage::new();
    let shards = stage.shards(INTENSITY).await;
    active(&shards, "a").await.kill();
    stage.until("a", |life| life.starts == 2).await;
}

#[tokio::test(start_paused = true)]
async fn second_restart_is_put_off_and_activation_waits_for_it() {
    let stage = Stage::new();
    let shards = stage.shards(INTENSITY).await;
    send(&active(&shards, "a").await, Msg::Fail);
    stage.until("a", |life| life.starts == 2).await;
    let crashed_at = Instant::now();
    send(&active(&shards, "a").await, Msg::Fail);
    tokio::task::yield_now().await;
    let again = active(&shards, "a").await;
    send(&again, Msg::Count);
    stage.until("a", |life| life.handled == 1).await;
    assert_eq!(stage.life("a").starts, 3);
    let waited = crashed_at.elapsed();
    assert!((Duration::from_millis(100)..=Duration::from_millis(250)).contains(&waited), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn storm_parks_the_child_and_leaves_the_others_alone() {
    for (key, starts) in [("bad", 4), ("worse", 0), ("worst", 0)] {
        let stage = Stage::new();
        let shards = stage.shards(INTENSITY).await;
        let good: Vec<_> = ["a", "b", "c", "d", "e", "f", "g"].to_vec();
        for other in &good {
            active(&shards, other).await;
        }
        // The child of `bad` is spawned before it fails, so that it may be seen for a moment.
        let _seen = shards.activate(&key.to_owned()).await;
        stage.until(key, |life| life.parked == 1).await;
        assert_eq!(stage.life(key).starts, starts);
        assert!(matches!(shards.activate(&key.to_owned()).await, Err(Unavailable::Parked { .. })));
        assert!(shards.running(&key.to_owned()).is_none());
        let counts = shards.counts();
        assert_eq!((counts.running, counts.restarts, counts.parked, counts.out_of_service), (7, 3, 1, 1));
        for other in &good {
            send(&shards.running(&(*other).to_owned()).expect("runs"), Msg::Count);
            assert_eq!(stage.until(other, |life| life.handled == 1).await.starts, 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn parked_child_can_be_revived() {
    let stage = Stage::new();
    let shards = stage.shards(Intensity { restarts_max: 0, ..INTENSITY }).await;
    send(&active(&shards, "a").await, Msg::Panic);
    stage.until("a", |life| life.parked == 1).await;
    shards.revive(&"a".to_owned());
    stage.until("a", |life| life.starts == 2).await;
    assert_eq!((shards.counts().parked, shards.counts().running), (0, 1));
    shards.revive(&"a".to_owned());
    send(&active(&shards, "a").await, Msg::Count);
    assert_eq!(stage.until("a", |life| life.handled == 1).await.starts, 2, "a child that runs is left alone");
}

#[tokio::test(start_paused = true)]
async fn crashes_that_are_far_apart_never_park() {
    let stage = Stage::new();
    let shards = stage.shards(Intensity { restarts_max: 1, ..INTENSITY }).await;
    for crashes in 1..6 {
        send(&active(&shards, "a").await, Msg::Fail);
        stage.until("a", |life| life.starts == crashes + 1).await;
        tokio::time::advance(Duration::from_secs(61)).await;
    }
    assert_eq!(stage.life("a").parked, 0);
}

#[tokio::test(start_paused = true)]
async fn retired_child_handles_what_it_has_before_its_successor_starts() {
    let stage = Stage::new();
    let shards = stage.shards(INTENSITY).await;
    let first = active(&shards, "a").await;
    for _ in 0..10 {
        send(&first, Msg::Count);
    }
    shards.retire(&"a".to_owned(), &first);
    assert!(shards.running(&"a".to_owned()).is_none());
    assert!(first.send_message(Msg::Count).is_err(), "a retired child takes nothing more");
    let second = active(&shards, "a").await;
    assert_ne!(first.get_id(), second.get_id());
    let life = stage.until("a", |life| life.starts == 2).await;
    assert_eq!((life.handled, life.stops, life.overlaps), (10, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn retiring_a_predecessor_does_not_touch_the_successor() {
    let stage = Stage::new();
    let shards = stage.shards(INTENSITY).await;
    let first = active(&shards, "a").await;
    shards.retire(&"a".to_owned(), &first);
    let second = active(&shards, "a").await;
    shards.retire(&"a".to_owned(), &first);
    assert_eq!(shards.running(&"a".to_owned()).map(|actor| actor.get_id()), Some(second.get_id()));
}

#[tokio::test(start_paused = true)]
async fn retired_child_that_nobody_wants_is_gone() {
    let stage = Stage::new();
    let shards = stage.shards(INTENSITY).await;
    let first = active(&shards, "a").await;
    shards.retire(&"a".to_owned(), &first);
    stage.until("a", |life| life.stops == 1).await;
    assert_eq!((shards.counts().running, stage.life("a").starts), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn retired_child_that_crashes_over_its_last_messages_is_restarted() {
    let stage = Stage::new();
    let shards = stage.shards(INTENSITY).await;
    let first = active(&shards, "a").await;
    send(&first, Msg::Panic);
    send(&first, Msg::Count);
    shards.retire(&"a".to_owned(), &first);
    stage.until("a", |life| life.starts == 2).await;
}

#[tokio::test(start_paused = true)]
async fn child_that_leaves_by_itself_is_started_again_only_when_it_is_wanted() {
    let stage = Stage::new();
    let shards = stage.shards(INTENSITY).await;
    send(&active(&shards, "a").await, Msg::Leave);
    stage.until("a", |life| life.stops == 1).await;
    assert_eq!(stage.life("a").starts, 1);
    send(&active(&shards, "a").await, Msg::Count);
    assert_eq!(stage.until("a", |life| life.handled == 1).await.starts, 2);
}

#[tokio::test(start_paused = true)]
async fn stop_handles_what_is_queued_and_runs_post_stop() {
    let stage = Stage::new();
    let shards = stage.shards(INTENSITY).await;
    for key in ["a", "b", "c", "d"] {
        let child = active(&shards, key).await;
        for _ in 0..100 {
            send(&child, Msg::Count);
        }
    }
    assert_eq!(shards.stop(Duration::from_secs(10)).await, 0);
    for key in ["a", "b", "c", "d"] {
        assert_eq!((stage.life(key).handled, stage.life(key).stops), (100, 1));
    }
    assert_eq!(shards.activate(&"a".to_owned()).await.map(|_| ()), Err(Unavailable::Stopping));
    assert!(shards.keys().is_empty());
    assert_eq!(shards.stop(Duration::from_secs(10)).await, 0, "stopping twice is harmless");
}

#[tokio::test(start_paused = true)]
async fn stop_does_not_wait_for_ever_for_a_child_that_hangs() {
    let stage = Stage::new();
    let shards = stage.shards(INTENSITY).await;
    let (_never, go_on) = oneshot::channel();
    send(&active(&shards, "hangs").await, Msg::Hang(go_on));
    send(&active(&shards, "a").await, Msg::Count);
    let started_at = Instant::now();
    assert_eq!(shards.stop(Duration::from_secs(5)).await, 1);
    assert!(started_at.elapsed() <= Duration::from_secs(7));
    assert_eq!((stage.life("a").handled, stage.life("a").stops), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn stop_ends_a_backoff_and_starts_nothing_afterwards() {
    let stage = Stage::new();
    let shards = stage.shards(INTENSITY).await;
    let wanting = shards.clone();
    let wanted = tokio::spawn(async move { wanting.activate(&"bad".to_owned()).await.map(|_| ()) });
    stage.until("bad", |life| life.starts == 2).await;
    assert_eq!(shards.stop(Duration::from_secs(1)).await, 0);
    assert_eq!(wanted.await.expect("no panic"), Err(Unavailable::Stopping));
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert_eq!((stage.life("bad").starts, stage.life("bad").parked), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn callback_over_running_children_may_retire_them() {
    let stage = Stage::new();
    let shards = stage.shards(INTENSITY).await;
    for key in ["a", "b", "c"] {
        active(&shards, key).await;
    }
    shards.for_each_running(|key, actor| shards.retire(key, actor));
    for key in ["a", "b", "c"] {
        stage.until(key, |life| life.stops == 1).await;
    }
}
