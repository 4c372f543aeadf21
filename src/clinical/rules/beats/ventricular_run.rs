//! Runs of ventricular beats.

use super::chain::{Chain, Event, word_bits};
use crate::clinical::rules::fields::Fields;
use crate::clinical::rules::slot::Turn;

/// At least `beats` consecutive beats of the given types with all intervals between them below `interval_below_ms`.
/// Start: the first of them; onset: the beat that makes the number full; ends at the last of them.
///
/// Slot: `since` is the first beat, `count` the beats of the run, up to `beats`.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::clinical::rules) struct VentricularRun {
    beats: u16,
    interval_below_ms: f64,
    types: u32,
}

impl VentricularRun {
    pub(in crate::clinical::rules) fn parse(fields: &mut Fields<'_>) -> Option<Self> {
        let beats = fields.whole("beats", 2..=1_000);
        let interval_below_ms = fields.number("interval_below_ms", 1.0..=60_000.0);
        let types = fields.texts("types");
        if types.is_empty() {
            fields.wrong("types", "must name at least one beat type");
        }
        let types = word_bits(types.iter().map(|(word, _)| *word)).map_err(|word| {
            fields.wrong("types", &format!("names `{word}`, which is no beat; allowed: the MIT codes of beats"));
        });
        Some(Self { beats: beats?, interval_below_ms: interval_below_ms?, types: types.ok()? })
    }

    /// The limit that is shown: the number of beats.
    pub(in crate::clinical::rules) fn limit_beats(&self) -> f64 {
        f64::from(self.beats)
    }

    pub(super) fn hear(&self, turn: &mut Turn<'_>, chain: &Chain, event: Event) {
        match event {
            Event::Beat { at, interval_ms, word } if self.types & 1 << word != 0 => {
                let goes_on = interval_ms.is_some_and(|interval_ms| interval_ms < self.interval_below_ms);
                if turn.slot.count == 0 || !goes_on {
                    turn.end(chain.last.unwrap_or(at));
                    turn.slot.count = 0;
                    turn.slot.since.set(at);
                }
                turn.slot.count = (turn.slot.count + 1).min(self.beats);
                if turn.slot.count == self.beats {
                    turn.begin(turn.slot.since.get().unwrap_or(at), at, None);
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
}
