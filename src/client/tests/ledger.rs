use proptest::prelude::*;

use crate::client::ledger::{LaneId, Ledger};
use crate::proto;
use crate::time::Timestamp;

const LIVE: i32 = proto::Lane::Live as i32;
const NOW: Timestamp = Timestamp(1_000_000);

fn filled(readings: u64) -> (Ledger, LaneId) {
    let mut ledger = Ledger::default();
    let lane = ledger.open("dev-1", 9, proto::Lane::Live);
    for _ in 0..readings {
        ledger.push(lane, proto::Reading::default());
    }
    (ledger, lane)
}

fn sequences(readings: &[proto::Reading]) -> Vec<u64> {
    readings.iter().map(|reading| reading.sequence).collect()
}

fn receipt(through: u64) -> proto::Receipt {
    proto::Receipt { device: "dev-1".into(), boot: 9, lane: LIVE, through_sequence: through, ..Default::default() }
}

fn refusal(from: u64, retry_after_ms: u32) -> proto::Refusal {
    proto::Refusal {
        device: "dev-1".into(),
        boot: 9,
        lane: LIVE,
        from_sequence: from,
        retry_after_ms,
        ..Default::default()
    }
}

#[test]
fn sequences_are_contiguous_and_the_window_bounds_what_is_in_flight() {
    let (mut ledger, _) = filled(10);
    assert_eq!(sequences(&ledger.take(NOW, 100, 4)), [1, 2, 3, 4]);
    assert!(ledger.take(NOW, 100, 4).is_empty());
    ledger.receipt(&receipt(3));
    assert_eq!(sequences(&ledger.take(NOW, 100, 4)), [5, 6, 7]);
    assert_eq!((ledger.kept(), ledger.in_flight()), (7, 4));
}

#[test]
fn resume_from_goes_back_and_a_stale_one_behind_a_receipt_does_no_harm() {
    let (mut ledger, _) = filled(6);
    ledger.take(NOW, 100, 100);
    let resume = |sequence| proto::ResumeFrom { device: "dev-1".into(), boot: 9, lane: LIVE, sequence };
    ledger.resume_from(&resume(3));
    assert_eq!(sequences(&ledger.take(NOW, 100, 100)), [3, 4, 5, 6]);
    ledger.receipt(&receipt(5));
    ledger.resume_from(&resume(3));
    assert_eq!(sequences(&ledger.take(NOW, 100, 100)), [6]);
    assert_eq!((ledger.totals().resent, ledger.totals().lost), (5, 0));
}

#[test]
fn a_refusal_with_a_hint_is_obeyed_until_its_time() {
    let (mut ledger, _) = filled(3);
    ledger.take(NOW, 100, 100);
    ledger.refusal(&refusal(2, 50), NOW, 60_000);
    assert_eq!(ledger.wake(NOW), Some(NOW.plus_ms(60)));
    assert!(ledger.take(NOW, 100, 100).is_empty());
    assert_eq!(ledger.wake(NOW.plus_ms(60)), None);
    assert_eq!(sequences(&ledger.take(NOW, 100, 100)), [2, 3]);
}

#[test]
fn a_refusal_without_a_hint_shuts_the_lane_until_the_next_connection() {
    let (mut ledger, _) = filled(3);
    ledger.take(NOW, 100, 100);
    ledger.refusal(&refusal(1, 0), NOW, 0);
    assert!(ledger.hopeless());
    assert!(ledger.take(NOW.plus_ms(1_000_000), 100, 100).is_empty());
    ledger.disconnected();
    assert_eq!(sequences(&ledger.take(NOW, 100, 100)), [1, 2, 3]);
}

#[test]
fn welcome_says_what_needs_not_be_sent_again() {
    let (mut ledger, _) = filled(5);
    ledger.take(NOW, 100, 100);
    ledger.disconnected();
    assert_eq!(ledger.hellos("m", "1", 10)[0].devices[0].pending[0].sequence, 1);
    let durable = vec![proto::LanePosition { boot: 9, lane: LIVE, sequence: 4 }];
    let devices = vec![proto::DeviceWelcome { device: "dev-1".into(), durable }];
    ledger.welcome(&proto::Welcome { devices, credit: 10 });
    assert_eq!(sequences(&ledger.take(NOW, 100, 100)), [5]);
    assert_eq!(ledger.lanes()[0].receipted_through(), 4);
}

#[test]
fn what_a_rolled_back_server_lacks_and_nobody_has_is_declared_lost() {
    let (mut ledger, _) = filled(5);
    ledger.take(NOW, 100, 100);
    ledger.receipt(&receipt(4));
    ledger.disconnected();
    let durable = vec![proto::LanePosition { boot: 9, lane: LIVE, sequence: 1 }];
    let devices = vec![proto::DeviceWelcome { device: "dev-1".into(), durable }];
    ledger.welcome(&proto::Welcome { devices, credit: 10 });
    let sent = ledger.take(NOW, 100, 100);
    assert_eq!((sent[0].sequence, sent[0].lost_through), (2, 4));
    assert_eq!((sent[1].sequence, sent[1].lost_through), (5, 0));
    assert_eq!(ledger.totals().lost, 3);
}

proptest! {
    /// Whatever comes from the server, in whatever order: what is in flight is what was sent and not receipted, nothing
    /// without a receipt is dropped, and after a reconnection everything that is left goes out in order.
    #[test]
    fn nothing_without_a_receipt_is_ever_dropped(steps in prop::collection::vec((0_u8..6, 0_u64..12), 1..80)) {
        let (mut ledger, lane) = filled(0);
        let mut now = NOW;
        let (mut given, mut covered, mut sent) = (0_u64, 0_u64, 0_u64);
        for (step, number) in steps {
            match step {
                0 => { ledger.push(lane, proto::Reading::default()); given += 1; }
                1 => for reading in ledger.take(now, 3, 5) { sent = sent.max(reading.sequence); },
                2 => {
                    let through = number.min(sent);
                    ledger.receipt(&receipt(through));
                    covered = covered.max(through);
                }
                3 => ledger.resume_from(
                    &proto::ResumeFrom { device: "dev-1".into(), boot: 9, lane: LIVE, sequence: number }),
                4 => ledger.refusal(&refusal(number, 5), now, 5_000),
                _ => ledger.disconnected(),
            }
            now = now.plus_ms(i64::try_from(number).unwrap_or(0));
            ledger.wake(now);
            prop_assert_eq!(ledger.kept() as u64, given - covered);
            prop_assert!(ledger.in_flight() <= 5);
        }
        ledger.disconnected();
        let rest = ledger.take(now, usize::MAX, u64::MAX);
        prop_assert_eq!(sequences(&rest), (covered + 1..=given).collect::<Vec<_>>());
        prop_assert_eq!(ledger.totals().receipted, covered);
    }
}
