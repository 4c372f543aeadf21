//! Restart intensity.

use std::time::Duration;

use proptest::prelude::*;

use crate::supervision::{Intensity, Verdict};
use crate::time::Timestamp;

const INTENSITY: Intensity = Intensity { restarts_max: 4, period_ms: 60_000, backoff_ms: 200, backoff_ms_max: 1_000 };

fn crashes(times_ms: &[i64]) -> Vec<Timestamp> {
    times_ms.iter().map(|ms| Timestamp(0).plus_ms(*ms)).collect()
}

fn at(ms: i64) -> Timestamp {
    Timestamp(0).plus_ms(ms)
}

#[test]
fn first_restart_does_not_wait() {
    assert_eq!(INTENSITY.judge(&[], at(0), 17), Verdict::Restart { after: Duration::ZERO });
}

#[test]
fn waits_double_up_to_the_longest() {
    let wait_ms = |earlier: &[i64]| match INTENSITY.judge(&crashes(earlier), at(10), 0) {
        Verdict::Restart { after } => after.as_millis(),
        Verdict::Park => panic!("parked"),
    };
    assert_eq!([wait_ms(&[1]), wait_ms(&[1, 2]), wait_ms(&[1, 2, 3])], [200, 400, 800]);
}

#[test]
fn more_restarts_than_the_intensity_park() {
    assert_eq!(INTENSITY.judge(&crashes(&[1, 2, 3, 4]), at(10), 0), Verdict::Park);
}

#[test]
fn crashes_before_the_period_do_not_count() {
    let earlier = crashes(&[1, 2, 3, 4]);
    assert_eq!(INTENSITY.judge(&earlier, at(60_004), 0), Verdict::Restart { after: Duration::ZERO });
    assert_eq!(INTENSITY.judge(&earlier, at(60_000), 0), Verdict::Park);
}

#[test]
fn intensity_of_no_restarts_parks_at_the_first_crash() {
    assert_eq!(Intensity { restarts_max: 0, ..INTENSITY }.judge(&[], at(0), 0), Verdict::Park);
}

proptest! {
    #[test]
    fn wait_is_within_half_of_the_backoff_and_never_longer_than_the_longest(
        earlier in prop::collection::vec(0..1_000_i64, 0..40),
        restarts_max in 0..64_u32,
        seed in any::<u64>(),
    ) {
        let intensity = Intensity { restarts_max, ..INTENSITY };
        match intensity.judge(&crashes(&earlier), at(1_000), seed) {
            Verdict::Park => prop_assert!(earlier.len() >= restarts_max as usize),
            Verdict::Restart { after } => {
                prop_assert!(earlier.len() < restarts_max as usize);
                let doublings = u32::try_from(earlier.len()).unwrap_or(0).saturating_sub(1).min(20);
                let wait = Duration::from_millis(if earlier.is_empty() { 0 } else { (200_u64 << doublings).min(1_000) });
                prop_assert!(after <= wait && after >= wait / 2, "{after:?} of {wait:?}");
            }
        }
    }
}
