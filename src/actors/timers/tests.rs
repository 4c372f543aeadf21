//! Deadlines against a model. Time is paused: hours cost nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use tokio::sync::mpsc;

use super::{Fire, Timers};
use crate::clock::Clock;
use crate::time::Timestamp;

type Fired = mpsc::UnboundedReceiver<(u32, Timestamp, Timestamp)>;

/// Timers that say of each deadline: key, deadline, and when it fired.
fn timers(shards: usize) -> (Timers<u32>, Clock, Fired) {
    let clock = Clock::starting_at(Timestamp(1_000_000));
    let (send, fired) = mpsc::unbounded_channel();
    let by = clock.clone();
    let fire: Fire<u32> = Arc::new(move |key, at| send.send((key, at, by.now())).expect("the test listens"));
    (Timers::start(shards, &clock, &fire), clock, fired)
}

async fn next(fired: &mut Fired) -> (u32, Timestamp, Timestamp) {
    fired.recv().await.expect("the timers live")
}

#[tokio::test(start_paused = true)]
async fn deadline_fires_once_and_not_before_its_time() {
    let (timers, clock, mut fired) = timers(2);
    let at = clock.now().plus_ms(1_500);
    timers.set(7, at);
    let (key, deadline, fired_at) = next(&mut fired).await;
    assert_eq!((key, deadline), (7, at));
    assert!(fired_at >= at && fired_at.since_ms(at) <= 1);
    tokio::time::sleep(Duration::from_hours(24)).await;
    assert!(fired.try_recv().is_err());
    assert!(timers.is_empty());
}

#[tokio::test(start_paused = true)]
async fn deadline_that_has_passed_fires_at_once() {
    let (timers, clock, mut fired) = timers(1);
    let now = clock.now();
    timers.set(1, Timestamp::MIN);
    assert_eq!(next(&mut fired).await, (1, Timestamp::MIN, now));
}

#[tokio::test(start_paused = true)]
async fn later_deadline_replaces_the_earlier_one_and_the_reverse() {
    let (timers, clock, mut fired) = timers(1);
    let start = clock.now();
    timers.set(1, start.plus_ms(100));
    timers.set(1, start.plus_ms(5_000));
    timers.set(2, start.plus_ms(9_000));
    timers.set(2, start.plus_ms(200));
    assert_eq!(timers.len(), 2);
    assert_eq!(next(&mut fired).await.1, start.plus_ms(200));
    assert_eq!(next(&mut fired).await.1, start.plus_ms(5_000));
}

#[tokio::test(start_paused = true)]
async fn cleared_deadline_does_not_fire() {
    let (timers, clock, mut fired) = timers(1);
    timers.set(1, clock.now().plus_ms(100));
    timers.set(2, clock.now().plus_ms(200));
    timers.clear(&1);
    timers.clear(&3);
    assert_eq!(next(&mut fired).await.0, 2);
}

#[tokio::test(start_paused = true)]
async fn receiver_may_set_the_next_deadline() {
    let clock = Clock::starting_at(Timestamp(0));
    let (send, mut fired) = mpsc::unbounded_channel();
    let slot: Arc<Mutex<Option<Timers<u32>>>> = Arc::default();
    let inner = Arc::clone(&slot);
    let fire: Fire<u32> = Arc::new(move |key, at| {
        if let Some(timers) = inner.lock().expect("not poisoned").as_ref() {
            timers.set(key, at.plus_ms(1_000));
        }
        send.send(at).expect("the test listens");
    });
    *slot.lock().expect("not poisoned") = Some(Timers::start(1, &clock, &fire));
    let timers = slot.lock().expect("not poisoned").clone().expect("just set");
    timers.set(1, Timestamp(0));
    for second in 0..10 {
        assert_eq!(fired.recv().await, Some(Timestamp(0).plus_ms(second * 1_000)));
    }
}

#[tokio::test(start_paused = true)]
async fn receiver_that_panics_takes_no_other_deadline_with_it() {
    let clock = Clock::starting_at(Timestamp(0));
    let (send, mut fired) = mpsc::unbounded_channel();
    let fire: Fire<u32> = Arc::new(move |key, _| {
        assert_ne!(key, 1, "told to");
        send.send(key).expect("the test listens");
    });
    let timers = Timers::start(1, &clock, &fire);
    timers.set(1, Timestamp(0).plus_ms(10));
    timers.set(2, Timestamp(0).plus_ms(10));
    assert_eq!(fired.recv().await, Some(2));
}

#[tokio::test(start_paused = true)]
async fn deadline_for_never_is_held() {
    let (timers, clock, mut fired) = timers(1);
    timers.set(1, Timestamp::MAX);
    timers.set(2, clock.now().plus_ms(86_400_000));
    assert_eq!(next(&mut fired).await.0, 2);
    assert_eq!(timers.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn tasks_end_with_the_last_handle() {
    let (timers, clock, mut fired) = timers(2);
    let other = timers.clone();
    other.set(1, clock.now().plus_ms(10));
    drop(timers);
    assert_eq!(next(&mut fired).await.0, 1);
    drop(other);
    assert_eq!(fired.recv().await, None, "the tasks, and `fire` with them, are gone");
}

#[tokio::test(start_paused = true)]
async fn two_hundred_thousand_deadlines_fire_in_order() {
    const COUNT: u32 = 200_000;
    let (timers, clock, mut fired) = timers(1);
    let start = clock.now();
    for key in 0..COUNT {
        // A multiplier that is coprime to the count: each instant once, in no order.
        timers.set(key, start.plus_ms(i64::from(key.wrapping_mul(7_919) % COUNT) / 100));
    }
    assert_eq!(timers.len(), COUNT as usize);
    let mut last = start;
    for _ in 0..COUNT {
        let (_, at, fired_at) = next(&mut fired).await;
        assert!(at >= last && fired_at >= at);
        last = at;
    }
    assert!(timers.is_empty());
}

#[derive(Clone, Debug)]
enum Step {
    Set { key: u32, after_ms: i64 },
    Clear { key: u32 },
    Pass { ms: u64 },
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..6_u32, -50..500_i64).prop_map(|(key, after_ms)| Step::Set { key, after_ms }),
        1 => (0..6_u32).prop_map(|key| Step::Clear { key }),
        3 => (1..300_u64).prop_map(|ms| Step::Pass { ms }),
    ]
}

/// Plays the steps, and checks after each wait that exactly what was due by the model has fired, never early and at most
/// 2 ms (the runtime's granularity) late.
async fn agrees_with_the_model(shards: usize, steps: &[Step]) -> Result<(), TestCaseError> {
    let (timers, clock, mut fired) = timers(shards);
    let mut model: HashMap<u32, (Timestamp, Timestamp)> = HashMap::new();
    for step in steps {
        match step {
            Step::Set { key, after_ms } => {
                let now = clock.now();
                let at = now.plus_ms(*after_ms);
                timers.set(*key, at);
                model.insert(*key, (at, at.max(now)));
            }
            Step::Clear { key } => {
                timers.clear(key);
                model.remove(key);
            }
            // Half a millisecond more, so that no deadline falls together with the end of the wait.
            Step::Pass { ms } => tokio::time::sleep(Duration::from_micros(ms * 1_000 + 500)).await,
        }
        if let Step::Pass { .. } = step {
            let now = clock.now();
            while let Ok((key, at, fired_at)) = fired.try_recv() {
                let (expected, due) = model.remove(&key).expect("the model has it");
                prop_assert_eq!(at, expected);
                prop_assert!(fired_at >= due && fired_at.since_ms(due) <= 2, "due {}, fired {}", due, fired_at);
            }
            for (key, (_, due)) in &model {
                prop_assert!(now.since_ms(*due) <= 2, "{} was due at {}, now {}", key, due, now);
            }
        }
    }
    prop_assert_eq!(timers.len(), model.len());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn deadlines_fire_as_the_model_says(shards in 1..4_usize, steps in prop::collection::vec(any_step(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime");
        runtime.block_on(agrees_with_the_model(shards, &steps))?;
    }
}
