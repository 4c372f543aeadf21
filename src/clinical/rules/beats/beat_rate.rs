//! A heart rate from the newest intervals, beyond a limit for some time.

use super::chain::{Chain, Event, WINDOW_MAX};
use crate::clinical::rules::breach::Threshold;
use crate::clinical::rules::fields::Fields;
use crate::clinical::rules::limit::side_limit;
use crate::clinical::rules::slot::Turn;

/// 60000 / mean of the newest `intervals` intervals beyond the limit at every beat for the rule's delay since the first
/// such beat. Onset: the beat at which the delay is full; clears at the first beat on the good side of
/// `clears_at_per_min`, or at a break, which empties the window.
///
/// Slot: `since` is the first such beat.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::clinical::rules) struct BeatRate {
    intervals: u16,
    pub(in crate::clinical::rules) threshold: Threshold,
    /// Nobody may set the limit of a patient or a unit beyond these.
    pub(in crate::clinical::rules) bounds: (f64, f64),
    delay_us: i64,
}

impl BeatRate {
    pub(in crate::clinical::rules) fn parse(fields: &mut Fields<'_>, delay_us: i64) -> Option<Self> {
        let window_max = u16::try_from(WINDOW_MAX).unwrap_or(u16::MAX);
        let intervals = fields.whole("intervals", 1..=window_max);
        let keys = ("above_per_min", "below_per_min", "clears_at_per_min");
        let threshold = side_limit(fields, keys, 1.0, 500.0)?;
        let bounds = fields.optional_range("bounds", 1.0, 500.0).unwrap_or((1.0, 500.0));
        if !(bounds.0..=bounds.1).contains(&threshold.limit) {
            fields.wrong("bounds", &format!("must hold the limit itself, which is {}", threshold.limit));
        }
        Some(Self { intervals: intervals?, threshold, bounds, delay_us })
    }

    /// `set`: the threshold in force for this patient, where it is another than the rule's.
    pub(super) fn hear(&self, turn: &mut Turn<'_>, chain: &Chain, event: Event, set: Option<Threshold>) {
        match event {
            Event::Beat { at, .. } => {
                let Some(mean_ms) = chain.mean_ms(self.intervals) else { return };
                let rate = 60_000.0 / mean_ms;
                turn.hold(at, Some(set.unwrap_or(self.threshold).verdict(rate)), Some(rate), false, self.delay_us);
            }
            Event::Break { at } => {
                turn.end(at);
                turn.slot.since.clear();
            }
            Event::Watched { .. } | Event::FlutterBegan { .. } | Event::FlutterEnded { .. } => {}
        }
    }
}
