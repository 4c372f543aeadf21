//! No beat for some time: asystole and pauses.

use super::chain::{Chain, Event};
use crate::clinical::rules::fields::Fields;
use crate::clinical::rules::slot::Turn;
use crate::time::Timestamp;

/// No beat for at least `for_ms` within a chain. Onset: last beat + `for_ms`, determined when the device has watched
/// that long; ends at the next beat or at a break. `decided_by` says what counts when the beat that ends it comes
/// before the device said so: `interval`, the device's own interval alone (pauses), or `watch`, the time since the last
/// beat as well (asystole: it is determined before the beat that ends it, if both come together).
///
/// Slot: `present` only.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::clinical::rules) struct NoBeat {
    for_us: i64,
    watch_decides: bool,
}

impl NoBeat {
    pub(in crate::clinical::rules) fn parse(fields: &mut Fields<'_>) -> Option<Self> {
        let for_us = fields.duration_ms("for_ms");
        let watch_decides = fields.word("decided_by", &[("watch", true), ("interval", false)]);
        Some(Self { for_us: for_us?, watch_decides: watch_decides? })
    }

    /// The limit that is shown, in milliseconds.
    #[allow(clippy::cast_precision_loss)] // At most a day.
    pub(in crate::clinical::rules) fn limit_ms(&self) -> f64 {
        self.for_us as f64 / 1e3
    }

    pub(super) fn hear(&self, turn: &mut Turn<'_>, chain: &Chain, event: Event) {
        let Some(last) = chain.last else { return };
        match event {
            Event::Watched { until } => self.watched(turn, last, until),
            Event::Beat { at, interval_ms, .. } => {
                if self.watch_decides {
                    self.watched(turn, last, at);
                }
                if interval_ms.is_some_and(|interval| interval >= self.limit_ms()) {
                    turn.begin(last, last.plus_us(self.for_us), None);
                }
                // Where interval and times disagree: nothing ends before it has set in.
                turn.end(at.max(last.plus_us(self.for_us)));
            }
            Event::Break { at } => turn.end(at),
            Event::FlutterBegan { .. } | Event::FlutterEnded { .. } => {}
        }
    }

    fn watched(&self, turn: &mut Turn<'_>, last: Timestamp, until: Timestamp) {
        let onset = last.plus_us(self.for_us);
        if until >= onset {
            turn.begin(last, onset, None);
        }
    }
}
