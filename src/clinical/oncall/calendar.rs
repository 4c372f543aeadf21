//! Working days: until when something must be done that waits for office hours.

use chrono::{Duration, NaiveDate};
use serde::{Deserialize, Serialize};

use super::hours::Hours;
use super::zone::Zone;
use crate::time::Timestamp;

/// After so many days without a working day nothing is said any more: a year, and the longest holiday.
const LOOK_AHEAD_DAYS: i64 = 400;

/// A calendar of working days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    /// Whose wall time.
    pub zone: Zone,
    /// Office hours.
    pub hours: Hours,
    /// Days without them, ascending.
    pub holidays: Vec<NaiveDate>,
}

impl Calendar {
    /// The end of office hours on the first working day after the day of `at`: by then what was found at `at` has been
    /// looked at "by the next working day". `None` where the calendar knows none.
    #[must_use]
    pub fn next_working_day_ends(&self, at: Timestamp) -> Option<Timestamp> {
        let today = self.zone.local(at).date();
        (1..=LOOK_AHEAD_DAYS).filter_map(|days| today.checked_add_signed(Duration::days(days))).find_map(|day| {
            let (_, end) = self.hours.on(self.zone, day)?;
            self.holidays.binary_search(&day).is_err().then_some(end)
        })
    }

    /// Whether `at` is within office hours of a working day.
    #[must_use]
    pub fn is_open(&self, at: Timestamp) -> bool {
        let today = self.zone.local(at).date();
        [today.pred_opt(), Some(today)].into_iter().flatten().any(|day| {
            let within = self.hours.on(self.zone, day).is_some_and(|(from, to)| from <= at && at < to);
            within && self.holidays.binary_search(&day).is_err()
        })
    }
}
