//! Instants as data. Nothing here reads a clock: that is `crate::clock`.

use std::fmt;
use std::time::Duration;

/// An instant in microseconds since 1970-01-01T00:00:00Z. The unit of every time on the wire, in the journal and in
/// the pure core.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The earliest instant that can be held; older than any reading.
    pub const MIN: Self = Self(i64::MIN);
    /// The latest instant that can be held; "never".
    pub const MAX: Self = Self(i64::MAX);

    /// Microseconds since the Unix epoch.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// This instant moved by `ms` milliseconds; saturates instead of wrapping.
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        self.plus_us(ms.saturating_mul(1_000))
    }

    /// This instant moved by `us` microseconds; saturates instead of wrapping.
    #[must_use]
    pub const fn plus_us(self, us: i64) -> Self {
        Self(self.0.saturating_add(us))
    }

    /// Microseconds from `earlier` to this instant; negative if `earlier` is later. Saturates.
    #[must_use]
    pub const fn since_us(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Milliseconds from `earlier` to this instant, rounded toward zero.
    #[must_use]
    pub const fn since_ms(self, earlier: Self) -> i64 {
        self.since_us(earlier) / 1_000
    }

    /// How long from `now` until this instant; zero if it has passed.
    #[must_use]
    pub fn after(self, now: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.since_us(now)).unwrap_or(0))
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC with microseconds; the plain number where the calendar cannot hold the instant.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match chrono::DateTime::from_timestamp_micros(self.0) {
            Some(at) => f.write_str(&at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)),
            None => write!(f, "{}us", self.0),
        }
    }
}
