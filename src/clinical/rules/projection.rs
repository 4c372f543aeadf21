//! How long until something is empty.

use smallvec::SmallVec;

use super::breach::{Threshold, Verdict};
use super::fields::{Fields, NumberCode};
use super::joint::{Values, place_of};
use super::memory::Remembered;
use super::slot::Turn;
use super::window::{Extreme, Extremes};
use crate::clinical::codes::Code;
use crate::clinical::ids::RuleId;

/// The minutes until `level` reaches `reserve` are at most the limit. The level falls as the device says (`rate`, with a
/// factor by the word of `type_code`: minutes = (level - reserve) * factor / rate), or as it fell over the last `over_s`.
/// Nothing flows, or the level rises: it is not projected to be empty, which clears. Where a value is missing or older than
/// `fresh_s`, or the type is not known, nothing is said: neither onset nor end. `{value}` is the minutes.
///
/// Slot: the level at the beginning of the window, where there is one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Projection {
    level: Code,
    reserve: f64,
    falls: Falls,
    fresh_us: i64,
    pub(super) threshold: Threshold,
}

#[derive(Clone, Debug, PartialEq)]
enum Falls {
    /// By the type's factor: `factors` holds the place of a word among those of the code, and its factor.
    ByRate { rate: Code, type_code: Code, factors: SmallVec<[(f64, f64); 4]> },
    /// As it fell over a window.
    AsOver { over_us: i64 },
}

impl Projection {
    pub(super) fn parse(fields: &mut Fields<'_>) -> Option<Self> {
        let NumberCode { info, min, max } = fields.number_code("level").unwrap_or(NumberCode::ANY);
        let reserve = fields.optional_number("reserve", min..=max).unwrap_or(0.0);
        let fresh_us = fields.window_s("fresh_s", 0);
        let threshold = Threshold::parse(fields, 0.0, 1e6);
        if threshold.is_some_and(|threshold| threshold.side.is_upper()) {
            fields.source.mistake(fields.offset(), "a projection has a limit `at_most` or `below`, in minutes");
        }
        let falls = if fields.has("rate") { Self::by_rate(fields) } else { Self::as_over(fields) };
        Some(Self { level: info?.code, reserve, falls: falls?, fresh_us: fresh_us?, threshold: threshold? })
    }

    fn by_rate(fields: &mut Fields<'_>) -> Option<Falls> {
        let rate = fields.number_code("rate");
        let type_info = fields.word_code("type");
        let factors = fields.numbers("factors", f64::MIN_POSITIVE..=1e6);
        if factors.is_empty() {
            fields.wrong("factors", "must give at least one word a number");
        }
        let type_code = type_info?.code;
        let mut known = SmallVec::new();
        for (word, factor) in factors {
            match place_of(type_code, word) {
                Some(place) => known.push((place, factor)),
                None => fields.wrong("factors", &format!("names `{word}`, which the code of `type` does not know")),
            }
        }
        Some(Falls::ByRate { rate: rate?.info?.code, type_code, factors: known })
    }

    fn as_over(fields: &mut Fields<'_>) -> Option<Falls> {
        if !fields.has("over_s") {
            let what = "a projection has either `rate`, `type` and `factors`, or `over_s`";
            fields.source.mistake(fields.offset(), what);
            return None;
        }
        Some(Falls::AsOver { over_us: fields.window_s("over_s", 0)? })
    }

    /// The codes that it is about.
    pub(super) fn codes(&self) -> SmallVec<[Code; 3]> {
        match &self.falls {
            Falls::ByRate { rate, type_code, .. } => SmallVec::from_slice(&[self.level, *rate, *type_code]),
            Falls::AsOver { .. } => SmallVec::from_slice(&[self.level]),
        }
    }

    pub(super) fn values(&self, turn: &mut Turn<'_>, id: &RuleId, values: &Values<'_>) {
        if !self.codes().into_iter().any(|code| values.is_new(code)) {
            return;
        }
        let Some(level) = values.fresh(self.level, self.fresh_us) else { return };
        let minutes = match &self.falls {
            Falls::ByRate { rate, type_code, factors } => {
                let Some(rate) = values.fresh(*rate, self.fresh_us) else { return };
                let Some(place) = values.fresh(*type_code, i64::MAX) else { return };
                #[allow(clippy::float_cmp)] // Places are small whole numbers.
                let factor = factors.iter().find(|(known, _)| *known == place).map(|(_, factor)| *factor);
                let Some(factor) = factor else { return };
                (level - self.reserve).max(0.0) * factor / rate
            }
            Falls::AsOver { over_us } => match self.as_it_fell(turn, id, values, level, *over_us) {
                Some(minutes) => minutes,
                None => return,
            },
        };
        // Nothing flows: 0 / 0 where it is empty already, which is 0 minutes; infinite else.
        let minutes = if minutes.is_nan() { 0.0 } else { minutes };
        let verdict = self.threshold.verdict(minutes);
        turn.hold(values.now, Some(verdict), Some(minutes).filter(|_| verdict == Verdict::Breach), false, 0);
    }

    /// The minutes until it is empty, if it goes on falling as over the window; `None` while the window knows one sample.
    fn as_it_fell(
        &self,
        turn: &mut Turn<'_>,
        id: &RuleId,
        values: &Values<'_>,
        level: f64,
        over_us: i64,
    ) -> Option<f64> {
        let extremes = turn.memory(id, as_extremes, || Remembered::Extremes(Box::default()))?;
        extremes.push(values.now, level, over_us, Extreme::Oldest);
        let (then, since) = extremes.get(Extreme::Oldest)?;
        // A fall over less than half of the window says too little of what comes.
        let elapsed_us = values.now.since_us(since);
        if elapsed_us < over_us / 2 {
            return None;
        }
        #[allow(clippy::cast_precision_loss)] // A window is far below 2^53 us.
        let per_min = (then - level) / (elapsed_us as f64 / 6e7);
        Some(if per_min > 0.0 { (level - self.reserve).max(0.0) / per_min } else { f64::INFINITY })
    }
}

fn as_extremes(remembered: &mut Remembered) -> Option<&mut Extremes> {
    match remembered {
        Remembered::Extremes(extremes) => Some(extremes),
        _ => None,
    }
}
