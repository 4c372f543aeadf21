//! The extreme of a sliding window in constant space and time.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// How many parts a window has; one more is kept, so that the window is never shorter than it says.
const PARTS: i64 = 8;
const LENGTH: usize = 9;

/// The smallest or greatest samples of a window, by eighths of it. A sample counts for at least the window's length and
/// for at most an eighth more.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Extremes {
    /// Number of the newest part, from the epoch on.
    newest: i64,
    /// The extreme of each part and when it was; the place is the part's number modulo the length.
    parts: [Option<(f64, Timestamp)>; LENGTH],
}

impl Default for Extremes {
    fn default() -> Self {
        Self { newest: i64::MIN, parts: [None; LENGTH] }
    }
}

/// Which extreme is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extreme {
    Smallest,
    Greatest,
    /// Not an extreme at all, but where the window began.
    Oldest,
}

impl Extreme {
    fn is_beaten(self, old: (f64, Timestamp), new: (f64, Timestamp)) -> bool {
        match self {
            Self::Smallest => new.0 < old.0,
            Self::Greatest => new.0 > old.0,
            Self::Oldest => new.1 < old.1,
        }
    }
}

impl Extremes {
    /// Takes a sample in; samples come in the order of time.
    pub(super) fn push(&mut self, at: Timestamp, value: f64, window_us: i64, which: Extreme) {
        let number = Self::number(at, window_us);
        self.slide_to(number);
        let part = &mut self.parts[Self::place(number)];
        if part.is_none_or(|old| which.is_beaten(old, (value, at))) {
            *part = Some((value, at));
        }
    }

    /// The extreme of the window that ends at the newest sample, with its time.
    pub(super) fn get(&self, which: Extreme) -> Option<(f64, Timestamp)> {
        let found = self.parts.iter().flatten().copied();
        found.reduce(|best, next| if which.is_beaten(best, next) { next } else { best })
    }

    fn number(at: Timestamp, window_us: i64) -> i64 {
        at.micros().div_euclid((window_us / PARTS).max(1))
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Less than the length.
    fn place(number: i64) -> usize {
        number.rem_euclid(PARTS + 1) as usize
    }

    /// Forgets the parts that have left the window.
    fn slide_to(&mut self, number: i64) {
        let steps = number.saturating_sub(self.newest);
        if (0..=PARTS).contains(&steps) {
            for gone in 1..=steps {
                self.parts[Self::place(self.newest + gone)] = None;
            }
        } else {
            self.parts = [None; LENGTH];
        }
        self.newest = number;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_sample_counts_for_its_window_and_at_most_an_eighth_more(
            steps in prop::collection::vec((0..30_i64, 0..100_u8), 1..80),
        ) {
            let window_us = 80;
            let (mut extremes, mut at) = (Extremes::default(), 0);
            let mut samples = Vec::new();
            for (step, value) in steps {
                at += step;
                samples.push((at, f64::from(value)));
                extremes.push(Timestamp(at), f64::from(value), window_us, Extreme::Smallest);
                let least = |reach: i64| {
                    let within = samples.iter().filter(|(then, _)| at - then <= reach).map(|(_, value)| *value);
                    within.fold(f64::INFINITY, f64::min)
                };
                let (found, _) = extremes.get(Extreme::Smallest).unwrap();
                prop_assert!(found <= least(window_us), "{found} at {at}");
                prop_assert!(found >= least(window_us * 9 / 8), "{found} at {at}");
            }
        }
    }
}
