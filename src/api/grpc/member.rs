//! One device on a stream: the way to its actor, its rate, and from where on it was refused.

use std::num::NonZeroU32;
use std::ops::Add;
use std::time::Duration;

use governor::clock::{Clock, Reference};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use smallvec::SmallVec;
use tokio::time::Instant;

use crate::actors::handle::DeviceLink;
use crate::clinical::ids::DeviceId;
use crate::clinical::reading::ReadingKey;

/// tokio's clock for the limiter, so that paused time works.
#[derive(Clone, Copy, Debug)]
pub(super) struct TokioClock;

/// An instant of [`TokioClock`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TokioInstant(Instant);

impl Add<Nanos> for TokioInstant {
    type Output = Self;

    fn add(self, later: Nanos) -> Self {
        Self(self.0 + Duration::from(later))
    }
}

impl Reference for TokioInstant {
    fn duration_since(&self, earlier: Self) -> Nanos {
        self.0.saturating_duration_since(earlier.0).into()
    }

    fn saturating_sub(&self, duration: Nanos) -> Self {
        Self(self.0.checked_sub(duration.into()).unwrap_or(self.0))
    }
}

impl Clock for TokioClock {
    type Instant = TokioInstant;

    fn now(&self) -> TokioInstant {
        TokioInstant(Instant::now())
    }
}

/// So many bytes of payload or waveform count as much as a reading.
const BYTES_PER_READING: usize = 4_096;

/// The rate of one device, on its stream.
pub(super) struct Rate {
    limiter: RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<TokioInstant>>,
    /// All that may come at once.
    burst: NonZeroU32,
}

impl Rate {
    /// So many readings per second, and so many at once after a pause.
    pub fn new(per_second: u32, burst: u32) -> Self {
        let at_least_one = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        let burst = at_least_one(burst);
        let quota = Quota::per_second(at_least_one(per_second)).allow_burst(burst);
        Self { limiter: RateLimiter::direct_with_clock(quota, TokioClock), burst }
    }

    /// The rate of one device among others on a gateway's stream: at once it may take a quarter of the stream's credit,
    /// so that a chatty device leaves room for its neighbours.
    pub fn shared(per_second: u32, burst: u32, stream_credit: u32) -> Self {
        Self::new(per_second, burst.min(stream_credit / 4))
    }

    /// One more reading with so many bytes of content; otherwise how long to wait, in milliseconds. Each
    /// [`BYTES_PER_READING`] count as a reading of their own.
    pub fn check(&self, bytes: usize) -> Result<(), u32> {
        let readings = u32::try_from(1 + bytes / BYTES_PER_READING).unwrap_or(u32::MAX);
        // One that is larger than all that may come at once waits for all of it.
        let readings = NonZeroU32::MIN.saturating_add(readings - 1).min(self.burst);
        let Ok(checked) = self.limiter.check_n(readings) else { return Err(u32::MAX) };
        checked.map_err(|not_until| {
            let wait = not_until.wait_time_from(TokioClock.now());
            u32::try_from(wait.as_millis()).unwrap_or(u32::MAX).saturating_add(1)
        })
    }
}

/// From where on the lanes of a device are refused. What follows is dropped without a word, until that sequence comes
/// again: it could only make a gap.
#[derive(Debug, Default)]
pub(super) struct RefusedLanes(SmallVec<[ReadingKey; 2]>);

impl RefusedLanes {
    /// Whether the reading is to be dropped because one before it was refused.
    pub fn drops(&mut self, key: ReadingKey) -> bool {
        let Some(index) = self.0.iter().position(|from| same_lane(*from, key)) else { return false };
        let from = self.0[index].sequence;
        if key.sequence == from {
            self.0.swap_remove(index);
        }
        key.sequence > from
    }

    /// Remembers a refusal. False: an earlier sequence of the lane is refused already.
    pub fn refuse(&mut self, key: ReadingKey) -> bool {
        match self.0.iter_mut().find(|from| same_lane(**from, key)) {
            Some(from) if from.sequence <= key.sequence => false,
            Some(from) => {
                from.sequence = key.sequence;
                true
            }
            None => {
                self.0.push(key);
                true
            }
        }
    }
}

fn same_lane(a: ReadingKey, b: ReadingKey) -> bool {
    (a.boot, a.lane) == (b.boot, b.lane)
}

/// A device on a stream.
pub(super) struct Member {
    pub id: DeviceId,
    pub link: DeviceLink,
    pub rate: Rate,
    pub refused: RefusedLanes,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clinical::reading::Lane;

    fn key(boot: u64, lane: Lane, sequence: u64) -> ReadingKey {
        ReadingKey { boot, lane, sequence }
    }

    #[test]
    fn what_follows_a_refused_reading_is_dropped_until_it_comes_again() {
        let mut refused = RefusedLanes::default();
        assert!(refused.refuse(key(1, Lane::Live, 5)));
        assert!(!refused.refuse(key(1, Lane::Live, 6)), "told once");
        assert!(refused.drops(key(1, Lane::Live, 6)));
        assert!(!refused.drops(key(1, Lane::Live, 4)), "an older one is a repeat");
        assert!(!refused.drops(key(1, Lane::Backlog, 6)), "another lane goes on");
        assert!(!refused.drops(key(2, Lane::Live, 6)), "another boot goes on");
        assert!(!refused.drops(key(1, Lane::Live, 5)), "it came again");
        assert!(!refused.drops(key(1, Lane::Live, 6)));
    }

    #[test]
    fn a_second_refused_lane_does_not_take_the_place_of_the_first() {
        let mut refused = RefusedLanes::default();
        refused.refuse(key(1, Lane::Live, 5));
        refused.refuse(key(1, Lane::Backlog, 9));
        assert!(!refused.drops(key(1, Lane::Live, 5)));
        assert!(refused.drops(key(1, Lane::Backlog, 10)));
        assert!(!refused.drops(key(1, Lane::Live, 6)));
    }

    #[tokio::test(start_paused = true)]
    async fn the_rate_follows_paused_time() {
        let rate = Rate::new(10, 2);
        assert_eq!((rate.check(0), rate.check(0)), (Ok(()), Ok(())));
        let wait_ms = rate.check(0).unwrap_err();
        assert!((100..=101).contains(&wait_ms), "{wait_ms}");
        tokio::time::advance(Duration::from_millis(u64::from(wait_ms))).await;
        assert_eq!(rate.check(0), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn large_readings_count_as_several_and_the_largest_still_passes() {
        let rate = Rate::new(10, 4);
        assert_eq!(rate.check(2 * BYTES_PER_READING), Ok(()));
        assert_eq!(rate.check(0), Ok(()));
        assert!(rate.check(0).is_err(), "three readings' worth of bytes and one more were all");
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(rate.check(1 << 30), Ok(()), "it takes all that may come at once");
        assert!(rate.check(0).is_err());
    }

    #[test]
    fn a_device_among_others_takes_a_quarter_of_the_credit_at_once() {
        let rate = Rate::shared(1, 10_000, 4_096);
        let taken = (0..10_000).take_while(|_| rate.check(0).is_ok()).count();
        assert!((1_024..1_030).contains(&taken), "{taken}");
        let small = Rate::shared(1, 10, 4_096);
        assert_eq!((0..1_000).take_while(|_| small.check(0).is_ok()).count(), 10);
    }
}
