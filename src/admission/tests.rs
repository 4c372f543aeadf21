use std::time::Duration;

use proptest::prelude::*;

use super::*;

fn admission(readings: u64, bytes: u64) -> Admission {
    Admission::new(Bounds { readings, bytes, wait: Duration::from_secs(5) })
}

#[test]
fn a_permit_gives_everything_back() {
    let admission = admission(10, 100);
    let credit = StreamCredit::new(10);
    let permit = admission.try_admit(4, 40, &credit).unwrap();
    assert_eq!((admission.readings_in_flight(), admission.bytes_in_flight(), credit.in_flight()), (4, 40, 4));
    drop(permit);
    assert_eq!((admission.readings_in_flight(), admission.bytes_in_flight(), credit.in_flight()), (0, 0, 0));
}

#[test]
fn bytes_bound_as_well_as_readings() {
    let admission = admission(10, 100);
    let credit = StreamCredit::new(10);
    assert!(admission.try_admit(1, 101, &credit).is_none());
    assert_eq!((admission.readings_in_flight(), credit.in_flight()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn without_room_the_sender_is_refused_after_the_bound() {
    let admission = admission(10, 100);
    let credit = StreamCredit::new(100);
    let _held = admission.try_admit(10, 10, &credit).unwrap();
    let before = Instant::now();
    let refused = admission.admit(1, 1, &credit).await.unwrap_err();
    assert_eq!(refused, Refused::Overload { retry_after_ms: 5_000 });
    assert_eq!(before.elapsed(), Duration::from_secs(5));
    assert_eq!(credit.in_flight(), 10, "a sender that gave up holds no credit");
    assert!(admission.try_admit(0, 0, &credit).is_some(), "nor a place in line");
}

#[tokio::test(start_paused = true)]
async fn a_stream_without_credit_does_not_hold_up_others() {
    let admission = admission(100, 1_000);
    let (greedy, modest) = (StreamCredit::new(1), StreamCredit::new(1));
    let _held = admission.try_admit(1, 1, &greedy).unwrap();
    let waits = tokio::spawn({
        let (admission, greedy) = (admission.clone(), Arc::clone(&greedy));
        async move { admission.admit(1, 1, &greedy).await.err() }
    });
    tokio::task::yield_now().await;
    assert!(admission.try_admit(1, 1, &modest).is_some());
    assert!(matches!(waits.await.unwrap(), Some(Refused::Overload { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_message_that_never_fits_is_told_so_at_once() {
    let admission = admission(10, 100);
    let refused = admission.admit(6, 1, &StreamCredit::new(5)).await.unwrap_err();
    assert_eq!(refused, Refused::TooLarge { readings: 5, bytes: 100 });
}

#[tokio::test(start_paused = true)]
async fn senders_are_served_in_the_order_in_which_they_came() {
    let admission = admission(4, 100);
    let credit = StreamCredit::new(100);
    let held = admission.try_admit(4, 1, &credit).unwrap();
    let (order, mut served) = tokio::sync::mpsc::unbounded_channel();
    for (who, readings) in [(1, 4), (2, 1), (3, 1)] {
        let (admission, credit, order) = (admission.clone(), Arc::clone(&credit), order.clone());
        tokio::spawn(async move {
            let permit = admission.admit(readings, 1, &credit).await.unwrap();
            order.send((who, permit)).unwrap();
        });
        tokio::task::yield_now().await;
    }
    assert!(admission.try_admit(0, 0, &credit).is_none(), "newcomers join the line");
    drop(held);
    for expected in 1..=3 {
        let (who, permit) = served.recv().await.unwrap();
        assert_eq!(who, expected);
        drop(permit);
    }
}

#[tokio::test(start_paused = true)]
async fn idle_returns_when_the_last_permit_is_dropped() {
    let admission = admission(10, 100);
    let credit = StreamCredit::new(10);
    let permits: Vec<_> = (0..3).map(|_| admission.try_admit(1, 1, &credit).unwrap()).collect();
    let waits = tokio::spawn({
        let credit = Arc::clone(&credit);
        async move { credit.idle().await }
    });
    for permit in permits {
        assert!(!waits.is_finished());
        tokio::task::yield_now().await;
        drop(permit);
    }
    waits.await.unwrap();
}

#[derive(Clone, Debug)]
enum Step {
    Admit { stream: usize, readings: u64, bytes: u64 },
    Drop { which: prop::sample::Index },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (0..3_usize, 0..6_u64, 0..60_u64).prop_map(|(stream, readings, bytes)| Step::Admit { stream, readings, bytes }),
        any::<prop::sample::Index>().prop_map(|which| Step::Drop { which }),
    ];
    prop::collection::vec(step, 1..200)
}

proptest! {
    #[test]
    fn never_exceeds_and_always_gives_back(steps in steps()) {
        let admission = admission(8, 100);
        let credits: Vec<_> = (0..3).map(|_| StreamCredit::new(5)).collect();
        let mut held: Vec<(usize, u64, u64, Permit)> = Vec::new();
        for step in steps {
            match step {
                Step::Admit { stream, readings, bytes } => {
                    let fits = |sum: u64, more: u64, most: u64| sum + more <= most;
                    let of_stream: u64 = held.iter().filter(|h| h.0 == stream).map(|h| h.1).sum();
                    let expected = fits(of_stream, readings, 5)
                        && fits(held.iter().map(|h| h.1).sum(), readings, 8)
                        && fits(held.iter().map(|h| h.2).sum(), bytes, 100);
                    let permit = admission.try_admit(readings, bytes, &credits[stream]);
                    prop_assert_eq!(permit.is_some(), expected);
                    held.extend(permit.map(|permit| (stream, readings, bytes, permit)));
                }
                Step::Drop { which } if !held.is_empty() => drop(held.swap_remove(which.index(held.len()))),
                Step::Drop { .. } => {}
            }
            prop_assert_eq!(admission.readings_in_flight(), held.iter().map(|h| h.1).sum::<u64>());
            prop_assert_eq!(admission.bytes_in_flight(), held.iter().map(|h| h.2).sum::<u64>());
        }
        drop(held);
        prop_assert_eq!((admission.readings_in_flight(), admission.bytes_in_flight()), (0, 0));
        prop_assert!(credits.iter().all(|credit| credit.in_flight() == 0));
    }
}
