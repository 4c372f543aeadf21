//! People who take turns: daily, weekly, or any length, handed over at wall time.

use chrono::{Duration, NaiveDateTime};
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::zone::Zone;
use crate::clinical::ids::PersonId;
use crate::time::Timestamp;

/// The shortest turn.
pub const TURN_MINUTES_MIN: u32 = 60;
/// The longest turn: about three months.
pub const TURN_MINUTES_MAX: u32 = 92 * DAY_MINUTES;
/// One day of wall time.
pub const DAY_MINUTES: u32 = 24 * 60;

/// People on call at one moment, without allocation for the usual few.
pub type OnCall<'a> = SmallVec<[&'a PersonId; 4]>;

/// People who take turns of one length, in order, for ever: the first turn begins at `start`, and those before it are
/// counted backward. Turn `n` is from wall time `start + n * length` to wall time `start + (n + 1) * length`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turns {
    /// Wall time at which the first person's turn begins.
    pub start: NaiveDateTime,
    /// Wall-clock length of a turn: a day is one day of the calendar, however many hours it has.
    pub length_minutes: u32,
    /// Who takes turns. Not empty.
    pub people: Vec<PersonId>,
}

impl Turns {
    /// Adds whoever has a turn at `at`: one person, more where turns overlap at a fold.
    pub fn at<'a>(&'a self, zone: Zone, at: Timestamp, found: &mut OnCall<'a>) {
        for number in self.candidates(zone, at) {
            let person = self.person(number);
            if self.covers(zone, number, at) && !found.contains(&person) {
                found.push(person);
            }
        }
    }

    /// When the newest turn that covers `at` ends.
    #[must_use]
    pub fn ends_at(&self, zone: Zone, at: Timestamp) -> Timestamp {
        let newest = self.candidates(zone, at).rev().find(|number| self.covers(zone, *number, at));
        newest.map_or(at, |number| self.end(zone, number))
    }

    /// The newest turn that covers `at`: its number, and who has it.
    #[must_use]
    pub fn newest(&self, zone: Zone, at: Timestamp) -> Option<(i64, &PersonId)> {
        let number = self.candidates(zone, at).rev().find(|number| self.covers(zone, *number, at))?;
        Some((number, self.person(number)))
    }

    /// Every moment in `[from, to)` at which a turn begins or ends.
    pub fn changes(&self, zone: Zone, from: Timestamp, to: Timestamp, found: &mut Vec<Timestamp>) {
        let first = *self.candidates(zone, from).start();
        let last = *self.candidates(zone, to).end() + 1;
        for number in first..=last {
            found
                .extend([self.begin(zone, number), self.end(zone, number)].iter().filter(|at| (from..to).contains(at)));
        }
    }

    /// Wall time at which turn `number` begins.
    #[must_use]
    pub fn boundary(&self, number: i64) -> NaiveDateTime {
        let minutes = number.saturating_mul(i64::from(self.length_minutes));
        Duration::try_minutes(minutes).and_then(|after| self.start.checked_add_signed(after)).unwrap_or(self.start)
    }

    /// The turn whose wall times hold `at`, and its neighbours as far as clocks are moved there.
    fn candidates(&self, zone: Zone, at: Timestamp) -> std::ops::RangeInclusive<i64> {
        let length_s = 60 * i64::from(self.length_minutes.max(1));
        let middle = zone.local(at).signed_duration_since(self.start).num_seconds().div_euclid(length_s);
        // Clocks are moved by at most a day (at the date line).
        let offsets = [-1, 0, 1].map(|days| i64::from(zone.offset_s(at.plus_ms(days * 26 * 3_600_000))));
        let moved_s = offsets.iter().max().unwrap_or(&0) - offsets.iter().min().unwrap_or(&0);
        let near = moved_s.div_euclid(length_s) + 1;
        middle - near..=middle + near
    }

    fn covers(&self, zone: Zone, number: i64, at: Timestamp) -> bool {
        self.begin(zone, number) <= at && at < self.end(zone, number)
    }

    fn begin(&self, zone: Zone, number: i64) -> Timestamp {
        zone.first(self.boundary(number))
    }

    fn end(&self, zone: Zone, number: i64) -> Timestamp {
        zone.last(self.boundary(number + 1))
    }

    fn person(&self, number: i64) -> &PersonId {
        let count = i64::try_from(self.people.len()).unwrap_or(1).max(1);
        // The remainder is below the length of the list, which is never empty.
        &self.people[usize::try_from(number.rem_euclid(count)).unwrap_or(0)]
    }
}
