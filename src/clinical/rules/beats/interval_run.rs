//! Consecutive intervals that are all too long, or all too short.

use super::chain::{Chain, Event};
use crate::clinical::rules::fields::Fields;
use crate::clinical::rules::slot::Turn;

/// At least `intervals` consecutive intervals longer than `longer_than_ms`, or with `interval * rate < 60000` for
/// `faster_than_per_min`. Onset: the beat that ends the last of them; start: the beat that begins the first; ends at
/// the last beat of the run.
///
/// Slot: `since` is the start, `count` the intervals of the run, up to `intervals`.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::clinical::rules) struct IntervalRun {
    intervals: u16,
    bound: Bound,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Bound {
    LongerThanMs(f64),
    FasterThanPerMin(f64),
}

impl IntervalRun {
    pub(in crate::clinical::rules) fn parse(fields: &mut Fields<'_>) -> Option<Self> {
        let intervals = fields.whole("intervals", 1..=1_000);
        if fields.has("longer_than_ms") == fields.has("faster_than_per_min") {
            let what = "exactly one of `longer_than_ms` and `faster_than_per_min` must be there";
            fields.source.mistake(fields.offset(), what);
        }
        let long = fields.optional_number("longer_than_ms", 1.0..=60_000.0).map(Bound::LongerThanMs);
        let fast = fields.optional_number("faster_than_per_min", 1.0..=500.0).map(Bound::FasterThanPerMin);
        Some(Self { intervals: intervals?, bound: long.or(fast)? })
    }

    /// The limit that is shown, in beats per minute.
    pub(in crate::clinical::rules) fn limit_per_min(&self) -> f64 {
        match self.bound {
            Bound::LongerThanMs(ms) => 60_000.0 / ms,
            Bound::FasterThanPerMin(rate) => rate,
        }
    }

    pub(super) fn hear(&self, turn: &mut Turn<'_>, chain: &Chain, event: Event) {
        match event {
            Event::Beat { at, interval_ms: Some(interval_ms), .. } if self.counts(interval_ms) => {
                if turn.slot.count == 0 {
                    turn.slot.since.set(chain.last.unwrap_or(at));
                }
                turn.slot.count = (turn.slot.count + 1).min(self.intervals);
                if turn.slot.count == self.intervals {
                    turn.begin(turn.slot.since.get().unwrap_or(at), at, Some(60_000.0 / interval_ms));
                }
            }
            Event::Beat { at, .. } | Event::Break { at } => {
                turn.end(chain.last.unwrap_or(at));
                turn.slot.count = 0;
                turn.slot.since.clear();
            }
            Event::Watched { .. } | Event::FlutterBegan { .. } | Event::FlutterEnded { .. } => {}
        }
    }

    fn counts(&self, interval_ms: f64) -> bool {
        match self.bound {
            Bound::LongerThanMs(ms) => interval_ms > ms,
            Bound::FasterThanPerMin(rate) => interval_ms * rate < 60_000.0,
        }
    }
}
