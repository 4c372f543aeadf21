//! A value that leaves its learnt baseline.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::breach::Verdict;
use super::change::{at_least, rises_or_falls};
use super::fields::{Fields, NumberCode};
use super::memory::Remembered;
use super::sample::Sample;
use super::slot::Turn;
use crate::clinical::codes::Code;
use crate::clinical::ids::RuleId;

/// The most samples from which a baseline is learnt.
const LEARN_MAX: u16 = 9;

/// A sample that lies at least `rises_by` above, or `falls_by` below, the median of the first `learn` plausible samples of
/// this device. A baseline once learnt stays, also under other rules of the same name, so that a slow change is not taken
/// for normal; it is learnt anew when the device is assigned anew. Ends at the first plausible sample that does not lie
/// so far. `{value}` is the distance.
///
/// Slot: what was learnt.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct FromBaseline {
    pub(super) code: Code,
    pub(super) by: f64,
    rises: bool,
    learn: u16,
    plausible: Option<(f64, f64)>,
}

/// What was learnt of one code of one device.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Baseline {
    samples: SmallVec<[f64; 1]>,
    median: Option<f64>,
}

impl FromBaseline {
    pub(super) fn parse(fields: &mut Fields<'_>) -> Option<Self> {
        let NumberCode { info, min, max } = fields.number_code("code").unwrap_or(NumberCode::ANY);
        let (rises, by) = rises_or_falls(fields, max - min)?;
        let learn = fields.whole("learn", 1..=LEARN_MAX);
        let plausible = fields.optional_range("plausible", min, max);
        Some(Self { code: info?.code, by, rises, learn: learn?, plausible })
    }

    pub(super) fn sample(&self, turn: &mut Turn<'_>, id: &RuleId, sample: &Sample<'_>) {
        let plausible = |value: &f64| self.plausible.is_none_or(|(low, high)| (low..=high).contains(value));
        let Some(value) = sample.value.filter(plausible) else { return };
        let new = || Remembered::Baseline(Baseline::default());
        let Some(baseline) = turn.memory(id, as_baseline, new) else { return };
        let Some(median) = baseline.learnt(value, usize::from(self.learn)) else { return };
        let distance = if self.rises { value - median } else { median - value };
        let verdict = if at_least(distance, self.by) { Verdict::Breach } else { Verdict::Clear };
        turn.hold(sample.at, Some(verdict), Some(distance), false, 0);
    }
}

impl Baseline {
    /// The baseline; while there is none, the value is learnt.
    fn learnt(&mut self, value: f64, learn: usize) -> Option<f64> {
        if self.median.is_some() {
            return self.median;
        }
        self.samples.push(value);
        if self.samples.len() < learn {
            return None;
        }
        let mut sorted = std::mem::take(&mut self.samples);
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        self.median = Some(if sorted.len() % 2 == 1 {
            sorted[middle]
        } else {
            f64::midpoint(sorted[middle - 1], sorted[middle])
        });
        self.median
    }
}

fn as_baseline(remembered: &mut Remembered) -> Option<&mut Baseline> {
    match remembered {
        Remembered::Baseline(baseline) => Some(baseline),
        _ => None,
    }
}
