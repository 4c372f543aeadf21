//! A condition on the band of a score.

use smol_str::SmolStr;

use super::tally::Made;
use crate::clinical::rules::fields::Fields;
use crate::clinical::rules::slot::Turn;
use crate::time::Timestamp;

/// The score lies in one of these bands. What is missing is not assumed: bands count what is known, so a score may set the
/// condition in without being complete. It ends only at a score that has everything which those had that held it up:
/// it never ends because a value has become too old.
///
/// Slot: `count` is a bit per input that was known.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::clinical::rules) struct ScoreBand {
    /// The score's name, with the line that says it.
    pub(in crate::clinical::rules) name: (SmolStr, usize),
    /// Names of the bands, with the line.
    pub(in crate::clinical::rules) band_names: Vec<(SmolStr, usize)>,
    /// The score's place in the set.
    pub(in crate::clinical::rules) score: u16,
    /// A bit per band.
    pub(in crate::clinical::rules) bands: u32,
}

impl ScoreBand {
    pub(in crate::clinical::rules) fn parse(fields: &mut Fields<'_>) -> Option<Self> {
        let line = fields.source.line(fields.offset_of("score"));
        let name = fields.text("score").map(SmolStr::new);
        let bands = fields.texts("bands");
        if bands.is_empty() {
            fields.wrong("bands", "must name at least one band of the score");
        }
        let band_names = bands.into_iter().map(|(band, at)| (SmolStr::new(band), fields.source.line(at))).collect();
        Some(Self { name: (name?, line), band_names, score: 0, bands: 0 })
    }

    pub(super) fn hear(&self, turn: &mut Turn<'_>, made: &Made, at: Timestamp) {
        if self.bands & 1 << made.band != 0 {
            turn.slot.count = if turn.slot.present { turn.slot.count & made.known } else { made.known };
            turn.begin(at, at, Some(f64::from(made.total)));
        } else if made.known & turn.slot.count == turn.slot.count {
            turn.end(at);
        }
    }
}
