//! Ventricular flutter that lasts.

use super::chain::Event;
use crate::clinical::rules::fields::Fields;
use crate::clinical::rules::slot::Turn;
use crate::time::Timestamp;

/// From `[` to `]` for at least `for_ms`; without a `]` for as long as the device watches a valid signal. Onset:
/// `[` + `for_ms`; ends at `]`, or when the signal is lost.
///
/// Slot: `since` is the `[`.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::clinical::rules) struct Flutter {
    for_us: i64,
}

impl Flutter {
    pub(in crate::clinical::rules) fn parse(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self { for_us: fields.duration_ms("for_ms")? })
    }

    /// The limit that is shown, in milliseconds.
    #[allow(clippy::cast_precision_loss)] // At most a day.
    pub(in crate::clinical::rules) fn limit_ms(&self) -> f64 {
        self.for_us as f64 / 1e3
    }

    pub(super) fn hear(&self, turn: &mut Turn<'_>, event: Event) {
        match event {
            Event::FlutterBegan { at } => {
                // A second `[` without a `]`: the flutter that was begun goes on.
                turn.slot.since.get_or_set(at);
            }
            Event::Watched { until: at } | Event::Beat { at, .. } => self.watched(turn, at),
            Event::FlutterEnded { at } => {
                turn.end(at);
                turn.slot.since.clear();
            }
            Event::Break { .. } => {}
        }
    }

    fn watched(&self, turn: &mut Turn<'_>, until: Timestamp) {
        if let Some(since) = turn.slot.since.get() {
            let onset = since.plus_us(self.for_us);
            if until >= onset {
                turn.begin(since, onset, None);
            }
        }
    }
}
