//! A status word that says that something is wrong.

use smallvec::SmallVec;
use smol_str::SmolStr;

use super::breach::{Breach, words};
use super::fields::Fields;
use super::sample::Sample;
use super::slot::Turn;
use crate::clinical::codes::Code;

/// The device's word is one of `is_one_of` for the rule's delay; ends with the first other word.
///
/// Slot: `since` is the first such word.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Status {
    pub(super) code: Code,
    breach: Breach,
    delay_us: i64,
}

impl Status {
    pub(super) fn parse(fields: &mut Fields<'_>, delay_us: i64) -> Option<Self> {
        let info = fields.word_code("code");
        let words: Option<SmallVec<[SmolStr; 4]>> = words(fields, "is_one_of", info);
        Some(Self { code: info?.code, breach: Breach::Words(words?), delay_us })
    }

    pub(super) fn sample(&self, turn: &mut Turn<'_>, sample: &Sample<'_>) {
        turn.hold(sample.at, self.breach.verdict(sample), None, sample.after_gap, self.delay_us);
    }
}
