//! The forecast of coverage: every minute in which a step would find nobody who can be reached.

use super::plan::Unit;
use super::policy::Target;
use super::roster::Roster;
use super::terms;
use crate::clinical::condition::Priority;
use crate::clinical::ids::{CareRole, PersonId, UnitId};
use crate::time::Timestamp;

/// Why nobody would answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GapCause {
    /// Nobody is on call.
    NoOneOnCall,
    /// Nobody of those on call can be reached.
    Unreachable(Vec<PersonId>),
}

/// A time during which nobody who can be reached has a role in a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The unit.
    pub unit: UnitId,
    /// The role.
    pub role: CareRole,
    /// From then on.
    pub from: Timestamp,
    /// Until then.
    pub to: Timestamp,
    /// Why.
    pub cause: GapCause,
}

/// How a unit is covered, where that is not enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// The unit.
    pub unit: UnitId,
    /// Whether nobody of any role can be reached now.
    pub nobody: bool,
    /// The first gap of any role that is now or begins within [`terms::COVERAGE_AHEAD_MS`].
    pub gap: Option<Gap>,
}

impl Roster {
    /// Every gap from `now` on, for 14 days: by unit, role and time. Exact to the moment, since on-call changes only where
    /// a turn, an override or an unanswered test page begins or ends. `patients` aside: an assignment adds people only.
    #[must_use]
    pub fn gaps(&self, now: Timestamp) -> Vec<Gap> {
        self.gaps_until(now, now.plus_ms(terms::FORECAST_DAYS * 24 * 3_600_000))
    }

    /// Units that are not covered now, or will not be within a shift.
    #[must_use]
    pub fn coverage(&self, now: Timestamp) -> Vec<Coverage> {
        let gaps = self.gaps_until(now, now.plus_ms(terms::COVERAGE_AHEAD_MS));
        let of = |unit: &Unit| {
            let mine = || gaps.iter().filter(|gap| gap.unit == unit.id);
            let nobody = !unit.roles.is_empty()
                && unit.roles.iter().all(|(role, _)| mine().any(|gap| gap.role == *role && gap.from == now));
            let gap = mine().min_by_key(|gap| gap.from).cloned();
            gap.is_some().then(|| Coverage { unit: unit.id.clone(), nobody, gap })
        };
        self.plan.units().iter().filter_map(of).collect()
    }

    fn gaps_until(&self, now: Timestamp, end: Timestamp) -> Vec<Gap> {
        let changes = self.changes(now, end);
        let mut gaps: Vec<Gap> = Vec::new();
        for unit in self.plan.units() {
            for (role, _) in &unit.roles {
                let spans = changes.iter().copied().zip(changes.iter().copied().skip(1).chain([end]));
                for (from, to) in spans.filter(|(from, to)| from < to) {
                    let Some(cause) = self.gap_at(&unit.id, role, from) else { continue };
                    match gaps.last_mut() {
                        Some(gap)
                            if gap.to == from && gap.role == *role && gap.unit == unit.id && gap.cause == cause =>
                        {
                            gap.to = to;
                        }
                        _ => gaps.push(Gap { unit: unit.id.clone(), role: role.clone(), from, to, cause }),
                    }
                }
            }
        }
        gaps
    }

    fn gap_at(&self, unit: &UnitId, role: &CareRole, at: Timestamp) -> Option<GapCause> {
        let people = self.in_role(unit, role, None, at);
        if people.is_empty() {
            return Some(GapCause::NoOneOnCall);
        }
        let priority = self.highest_priority(unit, role);
        let reached = people.iter().any(|person| self.is_reachable(person, priority, at));
        (!reached).then_some(GapCause::Unreachable(people))
    }

    /// The highest priority for which a policy of the unit pages the role: a role that is asked for low alerts only need
    /// not be one that can be woken.
    fn highest_priority(&self, unit: &UnitId, role: &CareRole) -> Priority {
        let Some(unit) = self.plan.unit(unit) else { return Priority::High };
        let pages = |targets: &[Target]| {
            targets.iter().any(|target| *target == Target::Unit || *target == Target::Role(role.clone()))
        };
        let of_setting = self.plan.policies().iter().filter(|policy| policy.setting == unit.setting);
        let paging =
            of_setting.filter(|policy| pages(&policy.fallback) || policy.steps.iter().any(|step| pages(&step.targets)));
        paging.map(|policy| policy.priority).max().unwrap_or(Priority::High)
    }

    /// Every moment in `[from, to)` at which somebody may come, go or fall silent; ascending, `from` among them.
    fn changes(&self, from: Timestamp, to: Timestamp) -> Vec<Timestamp> {
        let mut found = vec![from];
        self.rotations.iter().for_each(|rotation| rotation.changes(from, to, &mut found));
        let overrides = self.standing.overrides.iter().flat_map(|one| [one.from, one.to]);
        let checks = self.standing.checks.iter().map(|check| check.asked_at.plus_ms(terms::CHECK_MS));
        found.extend(overrides.chain(checks).filter(|at| (from..to).contains(at)));
        found.sort_unstable();
        found.dedup();
        found
    }
}
