//! Limits in force for one patient that are other than the rules' own: moved along with a prescribed range, or set by
//! somebody for the patient or for the unit.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::applies::Subject;
use super::breach::Threshold;
use super::kind::Kind;
use super::rule::Rule;
use super::set_limit::{own, threshold};
use super::view::View;
use crate::clinical::condition::LimitSource;
use crate::clinical::patient::Profile;

/// Thresholds that are other than those of their rules.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Limits {
    moved: SmallVec<[(u16, Threshold); 2]>,
    /// Who set those that somebody set.
    set_by: Vec<(u16, LimitSource)>,
}

impl Limits {
    /// The limits for this subject.
    pub(super) fn new(rules: &View, subject: Subject<'_>) -> Self {
        let Subject::Patient(profile) = subject else { return Self::default() };
        let mut limits = Self::default();
        if profile.spo2_target().is_none() && profile.limits.is_empty() && rules.unit_limits.is_empty() {
            return limits;
        }
        let of_codes = rules.by_code.iter().flat_map(|entry| &entry.rules);
        for &index in of_codes.chain(&rules.beat_rules) {
            if let Some((threshold, source)) = in_force(rules, rules.rule(index), profile) {
                limits.moved.push((index, threshold));
                if source != LimitSource::PrescribedRange {
                    limits.set_by.push((index, source));
                }
            }
        }
        limits
    }

    /// Who set the limit of a rule, where it is not the rule's own.
    pub(super) fn source_of(&self, rule: u16) -> Option<LimitSource> {
        self.of(rule)?;
        let set = self.set_by.iter().find(|(other, _)| *other == rule);
        Some(set.map_or(LimitSource::PrescribedRange, |(_, source)| source.clone()))
    }

    /// The threshold in force for a rule, where it is not the rule's own.
    pub(super) fn of(&self, rule: u16) -> Option<Threshold> {
        if self.moved.is_empty() {
            return None;
        }
        self.moved.iter().find(|(other, _)| *other == rule).map(|(_, threshold)| *threshold)
    }
}

/// What was set for the patient goes before what was set for the unit, and both before the prescribed range.
fn in_force(rules: &View, rule: &Rule, profile: &Profile) -> Option<(Threshold, LimitSource)> {
    if let Some((own, bounds)) = own(rule) {
        let holds = |until: Option<crate::time::Timestamp>| until.is_none_or(|until| until > profile.limits_ended);
        let of_patient = profile.limits.iter().find(|set| set.rule == rule.id && holds(set.until));
        if let Some(set) = of_patient {
            return Some((threshold(own, bounds, set), LimitSource::Patient(set.by.clone())));
        }
        let of_unit = rules
            .unit_limits
            .iter()
            .find(|of| profile.unit.as_ref() == Some(&of.unit) && of.limit.rule == rule.id && holds(of.limit.until));
        if let Some(set) = of_unit.map(|of| &of.limit) {
            return Some((threshold(own, bounds, set), LimitSource::Unit(set.by.clone())));
        }
    }
    match (&rule.what, profile.spo2_target()) {
        (Kind::Limit(kind), Some(target)) => {
            let moved = kind.for_target(f64::from(target.low_percent()))?;
            Some((moved, LimitSource::PrescribedRange))
        }
        _ => None,
    }
}
