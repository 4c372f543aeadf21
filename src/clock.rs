//! The only place that reads a clock. Everything else is handed `now` as data.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use tokio::time::Instant;

use crate::time::Timestamp;

/// Receipt time: wall time read once at the start, advanced by the monotonic clock, so that a jump of the wall clock
/// moves no deadline. Uses tokio's clock: paused time works in tests.
#[derive(Clone, Debug)]
pub struct Clock {
    origin: Instant,
    origin_us: Arc<AtomicI64>,
}

impl Clock {
    /// A clock that starts at the machine's wall time.
    #[must_use]
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
    pub fn system() -> Self {
        Self::starting_at(Timestamp(chrono::Utc::now().timestamp_micros()))
    }

    /// A clock that starts at `start`, for tests and for resuming.
    #[must_use]
    pub fn starting_at(start: Timestamp) -> Self {
        Self { origin: Instant::now(), origin_us: Arc::new(AtomicI64::new(start.micros())) }
    }

    /// The present receipt time. Never goes backwards.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let elapsed_us = i64::try_from(self.origin.elapsed().as_micros()).unwrap_or(i64::MAX);
        Timestamp(self.origin_us.load(Ordering::Relaxed).saturating_add(elapsed_us))
    }

    /// Moves the clock forward so that `now()` is not before `floor`: after a restart the newest journaled time is the
    /// floor, whatever the wall clock says. Never moves it backwards.
    pub fn raise_to(&self, floor: Timestamp) {
        let behind_us = floor.since_us(self.now());
        if behind_us > 0 {
            self.origin_us.fetch_add(behind_us, Ordering::Relaxed);
        }
    }

    /// The tokio instant at which receipt time reaches `at`, for sleeping until a deadline.
    #[must_use]
    pub fn instant_of(&self, at: Timestamp) -> Instant {
        Instant::now() + at.after(self.now())
    }
}
