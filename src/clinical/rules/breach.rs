//! What of a sample counts as a breach: a number beyond a limit, or one of some words.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use smol_str::SmolStr;

use super::fields::{Fields, NumberCode};
use super::sample::Sample;
use crate::clinical::codes::{Allowed, CodeInfo};

/// On which side of a number the condition lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Side {
    /// Greater than the limit, which itself is no breach.
    Above,
    /// Less than the limit, which itself is no breach.
    Below,
    /// The limit or greater.
    AtLeast,
    /// The limit or less.
    AtMost,
}

impl Side {
    pub(super) const KEYS: [(&'static str, Self); 4] =
        [("above", Self::Above), ("below", Self::Below), ("at_least", Self::AtLeast), ("at_most", Self::AtMost)];

    pub(super) fn breaches(self, value: f64, limit: f64) -> bool {
        match self {
            Self::Above => value > limit,
            Self::Below => value < limit,
            Self::AtLeast => value >= limit,
            Self::AtMost => value <= limit,
        }
    }

    /// Whether a value lies on the good side of `clears_at`; the number itself does where it is no breach.
    pub(super) fn clears(self, value: f64, clears_at: f64, limit: f64) -> bool {
        !self.breaches(value, limit)
            && match self {
                Self::Above | Self::AtLeast => value <= clears_at,
                Self::Below | Self::AtMost => value >= clears_at,
            }
    }

    /// Whether greater values are the worse ones.
    pub(super) const fn is_upper(self) -> bool {
        matches!(self, Self::Above | Self::AtLeast)
    }
}

/// A limit with the value at which its condition clears.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Threshold {
    pub(super) side: Side,
    pub(super) limit: f64,
    pub(super) clears_at: f64,
}

/// How a sample stands to a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It breaches.
    Breach,
    /// It breaches no more, but does not clear the condition yet.
    Between,
    /// It clears the condition.
    Clear,
}

impl Threshold {
    pub(super) fn verdict(self, value: f64) -> Verdict {
        if self.side.breaches(value, self.limit) {
            Verdict::Breach
        } else if self.side.clears(value, self.clears_at, self.limit) {
            Verdict::Clear
        } else {
            Verdict::Between
        }
    }

    /// Reads exactly one of `above`, `below`, `at_least`, `at_most`, and `clears_at` (by default the limit itself).
    pub(super) fn parse(fields: &mut Fields<'_>, min: f64, max: f64) -> Option<Self> {
        let named: Vec<_> = Side::KEYS.into_iter().filter(|(key, _)| fields.has(key)).collect();
        if named.len() != 1 {
            let what = "exactly one of `above`, `below`, `at_least` and `at_most` must be there";
            fields.source.mistake(fields.offset(), what);
        }
        let limits: Vec<_> = Side::KEYS
            .into_iter()
            .filter_map(|(key, side)| Some((key, side, fields.optional_quantity(key, min..=max)?)))
            .collect();
        let clears = fields.optional_quantity("clears_at", min..=max);
        let &(key, side, limit) = limits.first()?;
        Self::checked(fields, (key, "clears_at"), side, limit, clears)
    }

    /// Checks that the two bands, breach and clear, do not overlap.
    pub(super) fn checked(
        fields: &Fields<'_>,
        (key, clears_key): (&str, &str),
        side: Side,
        limit: f64,
        clears: Option<f64>,
    ) -> Option<Self> {
        let clears_at = clears.unwrap_or(limit);
        let overlaps = if side.is_upper() { clears_at > limit } else { clears_at < limit };
        if overlaps {
            let allowed = if side.is_upper() { "at most" } else { "at least" };
            fields.wrong(clears_key, &format!("overlaps the condition; allowed: {allowed} `{key}`, which is {limit}"));
            return None;
        }
        Some(Self { side, limit, clears_at })
    }
}

/// What of a sample counts as a breach.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Breach {
    /// A number beyond a limit.
    Number(Threshold),
    /// One of these words.
    Words(SmallVec<[SmolStr; 4]>),
}

impl Breach {
    /// How a sample stands to it; `None`: the sample has no such value.
    pub(super) fn verdict(&self, sample: &Sample<'_>) -> Option<Verdict> {
        match self {
            Self::Number(threshold) => Some(threshold.verdict(sample.value?)),
            Self::Words(words) => {
                let word = sample.word?;
                Some(if words.iter().any(|breach| breach == word) { Verdict::Breach } else { Verdict::Clear })
            }
        }
    }

    /// The limit that people are shown.
    pub(super) fn limit(&self) -> Option<f64> {
        match self {
            Self::Number(threshold) => Some(threshold.limit),
            Self::Words(_) => None,
        }
    }

    /// Reads `code` and what of it breaches: `is_one_of` for words, a limit for numbers.
    pub(super) fn parse(fields: &mut Fields<'_>) -> Option<(&'static CodeInfo, Self)> {
        if fields.has("is_one_of") {
            let info = fields.word_code("code");
            let words = words(fields, "is_one_of", info);
            return Some((info?, Self::Words(words?)));
        }
        let NumberCode { info, min, max } = fields.number_code("code").unwrap_or(NumberCode::ANY);
        fields.unit_for(info);
        let threshold = Threshold::parse(fields, min, max);
        Some((info?, Self::Number(threshold?)))
    }
}

/// A list of words that `info` can have.
pub(super) fn words(
    fields: &mut Fields<'_>,
    key: &'static str,
    info: Option<&CodeInfo>,
) -> Option<SmallVec<[SmolStr; 4]>> {
    let texts = fields.texts(key);
    if texts.is_empty() {
        fields.wrong(key, "must name at least one word");
        return None;
    }
    if let Some(Allowed::Word(known)) = info.map(|info| info.allowed) {
        for (word, offset) in texts.iter().filter(|(word, _)| !known.contains(word)) {
            let what = format!("`{key}` names `{word}`, which the code does not know; allowed: {}", known.join(" "));
            fields.source.mistake(*offset, what);
        }
    }
    Some(texts.into_iter().map(|(word, _)| SmolStr::new(word)).collect())
}
