//! Hours of the week at wall time.

use chrono::{Datelike, Duration, NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};

use super::zone::Zone;
use crate::time::Timestamp;

/// The same hours on some days of the week. Where `to` is not after `from` they end on the next day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours {
    /// Monday first.
    pub days: [bool; 7],
    /// Wall time at which they begin.
    pub from: NaiveTime,
    /// Wall time at which they end.
    pub to: NaiveTime,
}

impl Hours {
    /// Whether `at` is within them. At a fold they begin with the first and end with the last of two moments.
    #[must_use]
    pub fn contain(&self, zone: Zone, at: Timestamp) -> bool {
        let today = zone.local(at).date();
        // At the date line a wall time may be a day off.
        (-2..=1)
            .filter_map(|days| today.checked_add_signed(Duration::days(days)))
            .any(|day| self.on(zone, day).is_some_and(|(from, to)| from <= at && at < to))
    }

    /// When they begin and end on a day; `None` on a day without them.
    #[must_use]
    pub fn on(&self, zone: Zone, day: NaiveDate) -> Option<(Timestamp, Timestamp)> {
        // Below 7 by definition.
        if !self.days[day.weekday().num_days_from_monday() as usize] {
            return None;
        }
        let last_day = if self.to > self.from { day } else { day.succ_opt()? };
        Some((zone.first(day.and_time(self.from)), zone.last(last_day.and_time(self.to))))
    }

    /// Every moment in `[from, to)` at which they begin or end.
    pub fn changes(&self, zone: Zone, from: Timestamp, to: Timestamp, found: &mut Vec<Timestamp>) {
        let mut day = zone.local(from).date().checked_sub_signed(Duration::days(2));
        let last = zone.local(to).date().checked_add_signed(Duration::days(1));
        while let Some(today) = day.filter(|day| last.is_some_and(|last| *day <= last)) {
            if let Some((begin, end)) = self.on(zone, today) {
                found.extend([begin, end].iter().filter(|at| (from..to).contains(at)));
            }
            day = today.succ_opt();
        }
    }
}
