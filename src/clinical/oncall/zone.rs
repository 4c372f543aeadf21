//! Wall time in an IANA zone, and the two instants between which a wall time may lie.

use chrono::{DateTime, Duration, MappedLocalTime, NaiveDateTime, Offset, TimeZone};
use chrono_tz::{GapInfo, Tz};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::time::Timestamp;

/// An IANA time zone.
///
/// A wall time names one moment on most days, two where clocks go back (a *fold*), none where they go forward (a gap).
/// [`Zone::first`] and [`Zone::last`] give the earlier and the later of two, and the moment of the change itself for
/// none. Whoever begins a shift with the first and ends it with the last leaves no gap between shifts, only an overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Zone(Tz);

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(Tz::UTC);

    /// The zone with this IANA name, for example `Europe/Zurich`; `None` where there is none.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        name.parse().ok().map(Self)
    }

    /// Every zone of the database that is built in.
    pub fn all() -> impl Iterator<Item = Self> {
        chrono_tz::TZ_VARIANTS.iter().copied().map(Self)
    }

    /// Its IANA name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// Seconds by which its wall clocks are ahead of UTC at `at`.
    #[must_use]
    pub fn offset_s(self, at: Timestamp) -> i32 {
        self.0.offset_from_utc_datetime(&utc(at)).fix().local_minus_utc()
    }

    /// What a wall clock shows at `at`.
    #[must_use]
    pub fn local(self, at: Timestamp) -> NaiveDateTime {
        let utc = utc(at);
        utc.checked_add_signed(Duration::seconds(i64::from(self.offset_s(at)))).unwrap_or(utc)
    }

    /// The first moment at which a wall clock shows `local`.
    #[must_use]
    pub fn first(self, local: NaiveDateTime) -> Timestamp {
        self.both(local).0
    }

    /// The last moment at which a wall clock shows `local`.
    #[must_use]
    pub fn last(self, local: NaiveDateTime) -> Timestamp {
        self.both(local).1
    }

    fn both(self, local: NaiveDateTime) -> (Timestamp, Timestamp) {
        let minus = |offset_s: i32| Timestamp(local.and_utc().timestamp_micros()).plus_ms(-1_000 * i64::from(offset_s));
        match self.0.offset_from_local_datetime(&local) {
            MappedLocalTime::Single(offset) => {
                let at = minus(offset.fix().local_minus_utc());
                (at, at)
            }
            MappedLocalTime::Ambiguous(one, other) => {
                let (one, other) = (minus(one.fix().local_minus_utc()), minus(other.fix().local_minus_utc()));
                (one.min(other), one.max(other))
            }
            MappedLocalTime::None => {
                let at = self.change_over(local).unwrap_or_else(|| minus(0));
                (at, at)
            }
        }
    }

    /// The moment at which clocks jump over `local`.
    fn change_over(self, local: NaiveDateTime) -> Option<Timestamp> {
        let gap = GapInfo::new(&local, &self.0)?;
        match (gap.begin, gap.end) {
            (Some((begin, offset)), _) => {
                let offset_ms = 1_000 * i64::from(offset.fix().local_minus_utc());
                Some(Timestamp(begin.and_utc().timestamp_micros()).plus_ms(-offset_ms))
            }
            (None, Some(end)) => Some(Timestamp(end.timestamp_micros())),
            (None, None) => None,
        }
    }
}

/// An instant as a calendar date; instants that no calendar holds are moved to its ends.
fn utc(at: Timestamp) -> NaiveDateTime {
    let bounds = (DateTime::<chrono::Utc>::MIN_UTC, DateTime::<chrono::Utc>::MAX_UTC);
    let within = at.0.clamp(bounds.0.timestamp_micros(), bounds.1.timestamp_micros());
    DateTime::from_timestamp_micros(within).unwrap_or_default().naive_utc()
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::named(&name).ok_or_else(|| serde::de::Error::custom(format_args!("no IANA zone is named `{name}`")))
    }
}
