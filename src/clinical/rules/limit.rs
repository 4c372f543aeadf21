//! A value beyond a limit for some time, with hysteresis.

use super::fields::Fields;
use super::slot::Turn;
use crate::clinical::codes::Code;
use crate::time::Timestamp;

/// The condition sets in at the first breaching sample at or after (first breaching sample + delay), if every sample
/// between breaches. No value is held over a gap: what follows one is a first sample again. It clears at the first
/// valid sample on the good side of `clears_at`. (`clinical.md`, "Limits with a condition delay".)
///
/// Slot: `since` is the first breaching sample.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Limit {
    pub(super) code: Code,
    pub(super) side: Side,
    pub(super) bound: f64,
    clears_at: f64,
    delay_us: i64,
}

/// On which side of the limit the condition lies; comparisons are strict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Above,
    Below,
}

impl Side {
    pub(super) fn breaches(self, value: f64, limit: f64) -> bool {
        match self {
            Self::Above => value > limit,
            Self::Below => value < limit,
        }
    }

    pub(super) fn clears(self, value: f64, clears_at: f64) -> bool {
        match self {
            Self::Above => value <= clears_at,
            Self::Below => value >= clears_at,
        }
    }
}

/// One sample of the rule's code, in its canonical unit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    pub(super) at: Timestamp,
    /// `None`: the device does not vouch for it.
    pub(super) value: Option<f64>,
    /// Whether it follows a gap.
    pub(super) after_gap: bool,
}

impl Limit {
    pub(super) fn parse(fields: &mut Fields<'_>, delay_us: i64) -> Option<Self> {
        let code = fields.number_code("code");
        let (min, max) = code.map_or((f64::MIN, f64::MAX), |(_, min, max)| (min, max));
        let (side, bound, clears_at) = side_limit(fields, ("above", "below", "clears_at"), min, max)?;
        Some(Self { code: code?.0.code, side, bound, clears_at, delay_us })
    }

    pub(super) fn sample(&self, turn: &mut Turn<'_>, sample: Sample) {
        let Some(value) = sample.value else {
            turn.slot.since = None;
            return;
        };
        if turn.slot.present {
            if self.side.clears(value, self.clears_at) {
                turn.end(sample.at);
            }
            return;
        }
        if !self.side.breaches(value, self.bound) {
            turn.slot.since = None;
            return;
        }
        if sample.after_gap {
            turn.slot.since = None;
        }
        let first = *turn.slot.since.get_or_insert(sample.at);
        if sample.at.since_us(first) >= self.delay_us {
            turn.slot.since = None;
            turn.begin(first, sample.at, Some(value));
        }
    }
}

/// Reads `above` or `below`, and on which side of it the condition clears (by default at the limit itself).
pub(super) fn side_limit(
    fields: &mut Fields<'_>,
    (above, below, clears_at): (&'static str, &'static str, &'static str),
    min: f64,
    max: f64,
) -> Option<(Side, f64, f64)> {
    if fields.has(above) == fields.has(below) {
        let what = format!("exactly one of `{above}` and `{below}` must be there");
        fields.source.mistake(fields.offset(), what);
    }
    let high = fields.optional_number(above, min..=max).map(|limit| (Side::Above, limit));
    let low = fields.optional_number(below, min..=max).map(|limit| (Side::Below, limit));
    let clears = fields.optional_number(clears_at, min..=max);
    let (side, limit) = high.or(low)?;
    let clears_at_value = clears.unwrap_or(limit);
    if side.breaches(clears_at_value, limit) {
        let (side_name, allowed) = if side == Side::Above { (above, "at most") } else { (below, "at least") };
        fields.wrong(clears_at, &format!("overlaps the condition; allowed: {allowed} `{side_name}`, which is {limit}"));
        return None;
    }
    Some((side, limit, clears_at_value))
}
