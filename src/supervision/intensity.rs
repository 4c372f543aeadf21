//! How often a child may crash, and how long it waits before it starts again: a pure function, after Erlang/OTP's
//! `supervisor` (restart intensity and period).

use std::time::Duration;

use crate::time::Timestamp;

/// How many restarts within which time, and the backoff between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intensity {
    /// More restarts than this within the period park the child.
    pub restarts_max: u32,
    /// The period in which restarts are counted.
    pub period_ms: i64,
    /// The wait before the second restart; it doubles with each further one. The first restart does not wait.
    pub backoff_ms: u32,
    /// The longest wait.
    pub backoff_ms_max: u32,
}

impl Default for Intensity {
    /// Five restarts in a minute, waits from 200 ms to 10 s.
    fn default() -> Self {
        Self { restarts_max: 5, period_ms: 60_000, backoff_ms: 200, backoff_ms_max: 10_000 }
    }
}

/// What becomes of a child that crashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It starts again after this time.
    Restart {
        /// The wait; zero for the first restart of a period.
        after: Duration,
    },
    /// It crashed too often and is not started again by itself.
    Park,
}

impl Intensity {
    /// Judges a crash at `now` of a child that crashed before at `earlier`. `seed` spreads the waits of children that
    /// crash together: by up to half of the wait, earlier.
    #[must_use]
    pub fn judge(&self, earlier: &[Timestamp], now: Timestamp, seed: u64) -> Verdict {
        let restarts = earlier.iter().filter(|crash| self.counts(**crash, now)).count();
        let restarts = u32::try_from(restarts).unwrap_or(u32::MAX);
        if restarts >= self.restarts_max {
            return Verdict::Park;
        }
        let Some(doublings) = restarts.checked_sub(1) else { return Verdict::Restart { after: Duration::ZERO } };
        let wait_ms = u64::from(self.backoff_ms)
            .saturating_mul(1_u64.checked_shl(doublings).unwrap_or(u64::MAX))
            .min(u64::from(self.backoff_ms_max));
        let jitter_ms = seed % (wait_ms / 2 + 1);
        Verdict::Restart { after: Duration::from_millis(wait_ms - jitter_ms) }
    }

    /// Whether a crash still counts at `now`.
    #[must_use]
    pub const fn counts(&self, crash: Timestamp, now: Timestamp) -> bool {
        now.since_ms(crash) < self.period_ms
    }
}
