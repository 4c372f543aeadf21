//! A value beyond a limit for some time, with hysteresis.

use super::breach::{Side, Threshold};
use super::fields::{Fields, NumberCode};
use super::sample::Sample;
use super::slot::Turn;
use crate::clinical::codes::Code;

/// The condition sets in at the first breaching sample at or after (first breaching sample + delay), if every sample
/// between breaches. No value is held over a gap: what follows one is a first sample again. It clears at the first
/// valid sample on the good side of `clears_at`. (`clinical.md`, "Limits with a condition delay".) A value outside
/// `plausible` is none that the device can be believed: technical rules say so, this one passes it over.
///
/// Slot: `since` is the first breaching sample.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Limit {
    pub(super) code: Code,
    pub(super) threshold: Threshold,
    /// Nobody may set the limit of a patient or a unit beyond these.
    pub(super) bounds: (f64, f64),
    /// The low end of the prescribed range for which the limit is written: it moves along with the patient's own.
    pub(super) target_low: Option<f64>,
    plausible: Option<(f64, f64)>,
    delay_us: i64,
}

impl Limit {
    pub(super) fn parse(fields: &mut Fields<'_>, delay_us: i64) -> Option<Self> {
        let NumberCode { info, min, max } = fields.number_code("code").unwrap_or(NumberCode::ANY);
        fields.unit_for(info);
        let threshold = Threshold::parse(fields, min, max);
        let plausible = fields.optional_range("plausible", min, max);
        let bounds = fields.optional_range("bounds", min, max);
        let target_low = fields.optional_number("target_low", min..=max);
        let (threshold, bounds) = (threshold?, bounds.unwrap_or((min, max)));
        if !(bounds.0..=bounds.1).contains(&threshold.limit) {
            let what = format!("must hold the limit itself, which is {}", threshold.limit);
            fields.wrong("bounds", &what);
        }
        Some(Self { code: info?.code, threshold, bounds, target_low, plausible, delay_us })
    }

    /// `moved`: the threshold in force for this patient, where it is another than the rule's.
    pub(super) fn sample(&self, turn: &mut Turn<'_>, sample: &Sample<'_>, moved: Option<Threshold>) {
        let plausible = |value: &f64| self.plausible.is_none_or(|(low, high)| (low..=high).contains(value));
        let value = sample.value.filter(plausible);
        let verdict = value.map(|value| moved.unwrap_or(self.threshold).verdict(value));
        turn.hold(sample.at, verdict, value, sample.after_gap, self.delay_us);
    }

    /// The threshold for a patient whose prescribed range begins at `target_low`.
    pub(super) fn for_target(&self, target_low: f64) -> Option<Threshold> {
        let by = target_low - self.target_low?;
        let Threshold { side, limit, clears_at } = self.threshold;
        Some(Threshold { side, limit: self.bounded(limit + by), clears_at: clears_at + by })
    }

    fn bounded(&self, limit: f64) -> f64 {
        limit.clamp(self.bounds.0, self.bounds.1)
    }
}

/// Reads `above` or `below` under names of its own, and on which side of it the condition clears (by default at the limit
/// itself).
pub(super) fn side_limit(
    fields: &mut Fields<'_>,
    (above, below, clears_at): (&'static str, &'static str, &'static str),
    min: f64,
    max: f64,
) -> Option<Threshold> {
    if fields.has(above) == fields.has(below) {
        let what = format!("exactly one of `{above}` and `{below}` must be there");
        fields.source.mistake(fields.offset(), what);
    }
    let high = fields.optional_number(above, min..=max).map(|limit| (above, Side::Above, limit));
    let low = fields.optional_number(below, min..=max).map(|limit| (below, Side::Below, limit));
    let clears = fields.optional_number(clears_at, min..=max);
    let (key, side, limit) = high.or(low)?;
    Threshold::checked(fields, (key, clears_at), side, limit, clears)
}
