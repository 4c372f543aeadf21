//! A score that lacks something: technical.

use smol_str::SmolStr;

use super::tally::Made;
use crate::clinical::rules::breach::Verdict;
use crate::clinical::rules::fields::Fields;
use crate::clinical::rules::slot::Turn;
use crate::time::Timestamp;

/// Every score that was made for the rule's delay lacked an input; ends with the first complete one.
///
/// Slot: `since`.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::clinical::rules) struct ScoreIncomplete {
    /// The score's name, with the line that says it.
    pub(in crate::clinical::rules) name: (SmolStr, usize),
    /// The score's place in the set.
    pub(in crate::clinical::rules) score: u16,
    delay_us: i64,
}

impl ScoreIncomplete {
    pub(in crate::clinical::rules) fn parse(fields: &mut Fields<'_>, delay_us: i64) -> Option<Self> {
        let line = fields.source.line(fields.offset_of("score"));
        let name = SmolStr::new(fields.text("score")?);
        Some(Self { name: (name, line), score: 0, delay_us })
    }

    pub(super) fn hear(&self, turn: &mut Turn<'_>, made: &Made, at: Timestamp) {
        let verdict = if made.missing == 0 { Verdict::Clear } else { Verdict::Breach };
        turn.hold(at, Some(verdict), None, false, self.delay_us);
    }
}
