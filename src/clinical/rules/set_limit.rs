//! Limits that somebody sets for a patient, or for all patients of a unit, in place of a rule's own.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::applies::Home;
use super::breach::{Side, Threshold};
use super::kind::Kind;
use super::rule::Rule;
use super::set::RuleSet;
use crate::clinical::ids::{PersonId, RuleId};
use crate::time::Timestamp;

/// A limit in millionths of the rule's unit, so that what is set is exactly what is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LimitValue(pub i64);

impl LimitValue {
    /// The nearest value; `None`: it is no number, or too great.
    #[must_use]
    pub fn new(value: f64) -> Option<Self> {
        let millionths = (value * 1e6).round();
        #[allow(clippy::cast_possible_truncation)] // Far below 2^63.
        (millionths.abs() < 1e15).then_some(Self(millionths as i64))
    }

    /// As a number of the rule's unit.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // Below 2^53.
    pub fn get(self) -> f64 {
        self.0 as f64 / 1e6
    }
}

/// A limit that somebody set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetLimit {
    /// The rule whose limit it replaces.
    pub rule: RuleId,
    /// The limit.
    pub limit: LimitValue,
    /// Where the condition clears; `None`: as far from the limit as the rule says.
    pub clears_at: Option<LimitValue>,
    /// Who set it.
    pub by: PersonId,
    /// Why.
    pub reason: SmolStr,
    /// Receipt time from which it does not hold any more; `None`: no end.
    pub until: Option<Timestamp>,
}

/// Why a limit cannot be set.
// The fields carry the words of the message.
#[allow(missing_docs)]
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LimitRefused {
    /// The rules in force do not know it.
    #[error("there is no rule `{0}` in force")]
    NoSuchRule(RuleId),
    /// It judges in another way, or devices.
    #[error("the rule `{0}` has no limit that can be set for patients")]
    NoLimit(RuleId),
    /// Nobody may set it so.
    #[error("the limit of `{rule}` must lie from {low} to {high}")]
    BeyondBounds { rule: RuleId, low: f64, high: f64 },
    /// Breach and clear overlap.
    #[error("the condition of `{rule}` cannot clear at {clears_at}: that breaches {limit}")]
    Overlaps { rule: RuleId, clears_at: f64, limit: f64 },
}

impl RuleSet {
    /// Whether a limit may be set.
    ///
    /// # Errors
    /// [`LimitRefused`].
    pub fn check_limit(&self, set: &SetLimit) -> Result<(), LimitRefused> {
        let rule = self.get(&set.rule).ok_or_else(|| LimitRefused::NoSuchRule(set.rule.clone()))?;
        check(rule, set)
    }
}

pub(super) fn check(rule: &Rule, set: &SetLimit) -> Result<(), LimitRefused> {
    let own = own(rule).filter(|_| rule.home == Home::Patient);
    let Some((threshold, (low, high))) = own else { return Err(LimitRefused::NoLimit(rule.id.clone())) };
    let limit = set.limit.get();
    if !(low..=high).contains(&limit) {
        return Err(LimitRefused::BeyondBounds { rule: rule.id.clone(), low, high });
    }
    match set.clears_at.map(LimitValue::get) {
        Some(clears_at) if !threshold.side.clears(clears_at, clears_at, limit) => {
            Err(LimitRefused::Overlaps { rule: rule.id.clone(), clears_at, limit })
        }
        _ => Ok(()),
    }
}

/// The threshold of a rule and the bounds that nobody may exceed, where it has a limit that can be set.
pub(super) fn own(rule: &Rule) -> Option<(Threshold, (f64, f64))> {
    match &rule.what {
        Kind::Limit(kind) => Some((kind.threshold, kind.bounds)),
        Kind::BeatRate(kind) => Some((kind.threshold, kind.bounds)),
        _ => None,
    }
}

/// The threshold that a set limit gives; the rule's bounds hold whatever was allowed when it was set.
pub(super) fn threshold(own: Threshold, bounds: (f64, f64), set: &SetLimit) -> Threshold {
    let Threshold { side, limit, clears_at } = own;
    let new = set.limit.get().clamp(bounds.0, bounds.1);
    let clears_at = set.clears_at.map_or(new + (clears_at - limit), LimitValue::get);
    let clears_at = match side {
        Side::Above | Side::AtLeast => clears_at.min(new),
        Side::Below | Side::AtMost => clears_at.max(new),
    };
    Threshold { side, limit: new, clears_at }
}
