//! How much of a day a state takes: the burden of an arrhythmia.

use serde::{Deserialize, Serialize};

use super::breach::{Breach, Verdict};
use super::fields::{Fields, NumberCode};
use super::memory::Remembered;
use super::sample::{Sample, number_in};
use super::slot::Turn;
use crate::clinical::codes::Code;
use crate::clinical::ids::RuleId;
use crate::clinical::units::Unit;
use crate::time::Timestamp;

/// Into how many parts a window is divided. What lies in the oldest one counts by the share of it that is in the window.
const PARTS: usize = 48;

/// A state takes more than `more_than_s` of the last `over_s`. Without `duration` the state is what the newest sample says,
/// for as long as the device goes on watching, at most `hold_s` after it last said anything. With `duration`, each
/// breaching sample is an episode that ended at its device time and lasted as long as that code of the same reading says.
/// Onset: as far as the device has watched when the time is full; ends when it is no more.
///
/// Slot: `since` is up to when the state has been counted, `count` 1 while it goes on; the parts of the window.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Burden {
    pub(super) code: Code,
    breach: Breach,
    duration: Option<Code>,
    over_us: i64,
    more_than_us: i64,
    hold_us: i64,
}

/// How much of each part of the window the state took, in milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Parts {
    /// Number of the newest part, from the epoch on.
    newest: i64,
    /// The newest part last.
    taken_ms: Box<[u32]>,
}

impl Burden {
    pub(super) fn parse(fields: &mut Fields<'_>) -> Option<Self> {
        let breach = Breach::parse(fields);
        let over_us = fields.window_s("over_s", 0);
        let more_than_us = fields.window_s("more_than_s", 0);
        let hold_us = if fields.has("hold_s") { fields.optional_duration_s("hold_s") } else { 60_000_000 };
        let duration = fields.has("duration").then(|| fields.number_code("duration"));
        if let Some(Some(NumberCode { info: Some(info), .. })) = &duration
            && !info.unit.converts_to(Unit::Second)
        {
            fields.wrong("duration", "must be a code whose unit is one of time");
        }
        if over_us? <= more_than_us? {
            fields.wrong("more_than_s", "must be less than `over_s`");
        }
        let duration = match duration {
            None => None,
            Some(code) => Some(code?.info?.code),
        };
        let (info, breach) = breach?;
        Some(Self { code: info.code, breach, duration, over_us: over_us?, more_than_us: more_than_us?, hold_us })
    }

    /// The limit that people are shown, in hours.
    pub(super) fn limit_h(&self) -> f64 {
        hours(self.more_than_us)
    }

    pub(super) fn sample(&self, turn: &mut Turn<'_>, id: &RuleId, sample: &Sample<'_>) {
        let breaching = self.breach.verdict(sample) == Some(Verdict::Breach);
        if let Some(duration) = self.duration {
            let lasted_us = number_in(sample.reading, duration).filter(|_| breaching).map(|value| {
                let unit = duration.info().map_or(Unit::Second, |info| info.unit);
                #[allow(clippy::cast_possible_truncation)] // The codes of time end far below 2^63 us.
                let us = (unit.convert(value, Unit::Second).unwrap_or(0.0) * 1e6) as i64;
                us
            });
            if let Some(lasted_us) = lasted_us {
                self.take(turn, id, sample.at.plus_us(-lasted_us.min(self.over_us)), sample.at);
            }
            self.settle(turn, id, sample.at);
            return;
        }
        self.watched(turn, id, sample.at);
        turn.slot.since.set(sample.at);
        turn.slot.count = u16::from(breaching);
    }

    /// The device has watched until `until`.
    pub(super) fn watched(&self, turn: &mut Turn<'_>, id: &RuleId, until: Timestamp) {
        if self.duration.is_none() && turn.slot.count == 1 {
            let since = turn.slot.since.get().unwrap_or(until);
            if until > since && until.since_us(since) <= self.hold_us {
                self.take(turn, id, since, until);
            }
        }
        if self.duration.is_none() {
            turn.slot.since.set(turn.slot.since.get().unwrap_or(until).max(until));
        }
        if turn.slot.present || turn.slot.count == 1 {
            self.settle(turn, id, until);
        }
    }

    fn take(&self, turn: &mut Turn<'_>, id: &RuleId, from: Timestamp, to: Timestamp) {
        if let Some(parts) = turn.memory(id, as_parts, || Remembered::Parts(Parts::default())) {
            parts.take(from, to, self.over_us);
        }
    }

    fn settle(&self, turn: &mut Turn<'_>, id: &RuleId, at: Timestamp) {
        let Some(parts) = turn.memory(id, as_parts, || Remembered::Parts(Parts::default())) else { return };
        let taken_us = parts.within(at, self.over_us);
        if taken_us > self.more_than_us {
            turn.begin(at.plus_us(-self.over_us), at, Some(hours(taken_us)));
        } else {
            turn.end(at);
        }
    }
}

impl Parts {
    fn part_us(window_us: i64) -> i64 {
        (window_us / i64::try_from(PARTS).unwrap_or(1)).max(1)
    }

    fn slide_to(&mut self, number: i64) {
        if self.taken_ms.is_empty() {
            self.newest = number;
        }
        let steps = number.saturating_sub(self.newest);
        if self.taken_ms.is_empty() || steps > i64::try_from(PARTS).unwrap_or(0) {
            self.taken_ms = vec![0; PARTS + 1].into();
        } else {
            for _ in 0..steps {
                self.taken_ms.rotate_left(1);
                if let Some(newest) = self.taken_ms.last_mut() {
                    *newest = 0;
                }
            }
        }
        self.newest = self.newest.max(number);
    }

    /// The state went on from `from` to `to`.
    fn take(&mut self, from: Timestamp, to: Timestamp, window_us: i64) {
        let part_us = Self::part_us(window_us);
        self.slide_to(to.micros().div_euclid(part_us));
        let oldest = self.newest - i64::try_from(PARTS).unwrap_or(0);
        for (number, taken_ms) in (oldest..).zip(&mut self.taken_ms) {
            let (begin, end) = (number.saturating_mul(part_us), (number + 1).saturating_mul(part_us));
            let overlap_us = to.micros().min(end).saturating_sub(from.micros().max(begin)).max(0);
            let most_ms = u32::try_from(part_us / 1_000).unwrap_or(u32::MAX);
            *taken_ms = taken_ms.saturating_add(u32::try_from(overlap_us / 1_000).unwrap_or(most_ms)).min(most_ms);
        }
    }

    /// How long the state went on within the window that ends at `at`.
    fn within(&mut self, at: Timestamp, window_us: i64) -> i64 {
        let part_us = Self::part_us(window_us);
        self.slide_to(at.micros().div_euclid(part_us));
        let into_us = at.micros().rem_euclid(part_us);
        let us = |ms: u32| i64::from(ms) * 1_000;
        let oldest = self.taken_ms.first().copied().unwrap_or(0);
        // Of the oldest part, what lies after `at` - window.
        #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)] // A part of a window is below 2^53 us.
        let share = (us(oldest) as f64 * (1.0 - into_us as f64 / part_us as f64)).round() as i64;
        self.taken_ms.iter().skip(1).map(|ms| us(*ms)).sum::<i64>() + share
    }

    pub(super) fn bytes_held(&self) -> usize {
        size_of_val(&*self.taken_ms)
    }
}

#[allow(clippy::cast_precision_loss)] // Windows are far below 2^53 us.
fn hours(us: i64) -> f64 {
    us as f64 / 3.6e9
}

fn as_parts(remembered: &mut Remembered) -> Option<&mut Parts> {
    match remembered {
        Remembered::Parts(parts) => Some(parts),
        _ => None,
    }
}
