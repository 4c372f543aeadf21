//! Limits in force for one patient that are other than the rules' own: moved along with a prescribed range.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::applies::Subject;
use super::breach::Threshold;
use super::kind::Kind;
use super::view::View;

/// Thresholds that are other than those of their rules.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Limits(SmallVec<[(u16, Threshold); 2]>);

impl Limits {
    /// The limits for this subject.
    pub(super) fn new(rules: &View, subject: Subject<'_>) -> Self {
        let Subject::Patient(profile) = subject else { return Self::default() };
        let Some(target) = profile.spo2_target() else { return Self::default() };
        let low = f64::from(target.low_percent());
        let moved = rules.by_code.iter().flat_map(|entry| &entry.rules).filter_map(|rule| match rules.kind(*rule) {
            Kind::Limit(kind) => Some((*rule, kind.for_target(low)?)),
            _ => None,
        });
        Self(moved.collect())
    }

    /// The threshold in force for a rule, where it is not the rule's own.
    pub(super) fn of(&self, rule: u16) -> Option<Threshold> {
        if self.0.is_empty() {
            return None;
        }
        self.0.iter().find(|(other, _)| *other == rule).map(|(_, threshold)| *threshold)
    }
}
