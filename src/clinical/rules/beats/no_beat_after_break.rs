//! A signal that came back without beats.

use super::chain::{Chain, Event};
use crate::clinical::rules::fields::Fields;
use crate::clinical::rules::slot::Turn;
use crate::time::Timestamp;

/// A valid signal for `for_ms` after a break, without a beat: after a break there is no last beat, so an asystole
/// could not be determined. Ends at the next beat, at flutter or when the signal is lost.
///
/// Slot: `present` only.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::clinical::rules) struct NoBeatAfterBreak {
    for_us: i64,
}

impl NoBeatAfterBreak {
    pub(in crate::clinical::rules) fn parse(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self { for_us: fields.duration_ms("for_ms")? })
    }

    /// The limit that is shown, in milliseconds.
    #[allow(clippy::cast_precision_loss)] // At most a day.
    pub(in crate::clinical::rules) fn limit_ms(&self) -> f64 {
        self.for_us as f64 / 1e3
    }

    pub(super) fn hear(&self, turn: &mut Turn<'_>, chain: &Chain, event: Event) {
        let Some(since) = chain.unheard_since else { return };
        match event {
            Event::Watched { until } => self.watched(turn, since, until),
            Event::Beat { at, .. } => {
                self.watched(turn, since, at);
                turn.end(at);
            }
            // The signal is lost, or flutter begins or ends.
            Event::Break { at } | Event::FlutterBegan { at } | Event::FlutterEnded { at } => turn.end(at),
        }
    }

    fn watched(&self, turn: &mut Turn<'_>, since: Timestamp, until: Timestamp) {
        let onset = since.plus_us(self.for_us);
        if until >= onset {
            turn.begin(since, onset, None);
        }
    }
}
