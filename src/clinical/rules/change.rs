//! A value that changes too much within a window.

use super::breach::Verdict;
use super::fields::{Fields, NumberCode};
use super::memory::Remembered;
use super::sample::Sample;
use super::slot::Turn;
use super::window::{Extreme, Extremes};
use crate::clinical::codes::Code;
use crate::clinical::ids::RuleId;

/// A sample that lies at least `rises_by` above the smallest, or at least `falls_by` below the greatest sample of the last
/// `over_s`, for the rule's delay. The window slides in steps of an eighth of its length: a sample counts for `over_s` and
/// at most an eighth longer. Ends at the first sample that does not. `{value}` is the change.
///
/// Slot: `since`, and the window's extremes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Change {
    pub(super) code: Code,
    pub(super) by: f64,
    rises: bool,
    over_us: i64,
    delay_us: i64,
}

impl Change {
    pub(super) fn parse(fields: &mut Fields<'_>, delay_us: i64) -> Option<Self> {
        let NumberCode { info, min, max } = fields.number_code("code").unwrap_or(NumberCode::ANY);
        let (rises, by) = rises_or_falls(fields, max - min)?;
        let over_us = fields.window_s("over_s", delay_us);
        Some(Self { code: info?.code, by, rises, over_us: over_us?, delay_us })
    }

    pub(super) fn sample(&self, turn: &mut Turn<'_>, id: &RuleId, sample: &Sample<'_>) {
        let Some(value) = sample.value else {
            turn.slot.since.clear();
            return;
        };
        let which = if self.rises { Extreme::Smallest } else { Extreme::Greatest };
        let Some(extremes) = turn.memory(id, as_extremes, || Remembered::Extremes(Box::default())) else { return };
        extremes.push(sample.at, value, self.over_us, which);
        let (extreme, _) = extremes.get(which).unwrap_or((value, sample.at));
        let change = (value - extreme).abs();
        let verdict = if at_least(change, self.by) { Verdict::Breach } else { Verdict::Clear };
        turn.hold(sample.at, Some(verdict), Some(change), sample.after_gap, self.delay_us);
    }
}

fn as_extremes(remembered: &mut Remembered) -> Option<&mut Extremes> {
    match remembered {
        Remembered::Extremes(extremes) => Some(extremes),
        _ => None,
    }
}

/// Whether a difference of two decimal numbers reaches an amount: 3.5 - 2.4 is 1.1, whatever binary fractions make of it.
pub(super) fn at_least(difference: f64, amount: f64) -> bool {
    difference >= amount - 1e-9 * amount.abs().max(1.0)
}

/// Reads exactly one of `rises_by` and `falls_by`.
pub(super) fn rises_or_falls(fields: &mut Fields<'_>, max: f64) -> Option<(bool, f64)> {
    if fields.has("rises_by") == fields.has("falls_by") {
        let what = "exactly one of `rises_by` and `falls_by` must be there";
        fields.source.mistake(fields.offset(), what);
    }
    let range = f64::MIN_POSITIVE..=max;
    let rises = fields.optional_number("rises_by", range.clone()).map(|by| (true, by));
    let falls = fields.optional_number("falls_by", range).map(|by| (false, by));
    rises.or(falls)
}
