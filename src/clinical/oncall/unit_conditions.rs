//! Conditions of a unit as a whole, that the platform finds of its own work: nobody can be reached, an alert stands still,
//! all its devices are silent; and drills.

use smol_str::{SmolStr, format_smolstr};

use super::forecast::{Coverage, Gap};
use super::terms;
use crate::clinical::condition::{Condition, ConditionKey, ConditionKind, Priority, built_in_rule};
use crate::clinical::ids::PersonId;
use crate::time::Timestamp;

/// Rule of a unit in which an alert stands still: nobody owns it, and its deadline passed.
pub const STANDS_STILL: &str = "alert_stands_still";
/// Rule of a unit of which most devices are silent.
pub const UNIT_SILENT: &str = "unit_silent";
/// Rule of a unit in which nobody of any role can be reached.
pub const NOBODY_REACHABLE: &str = "nobody_reachable";
/// Rule of a unit in which a role is or will be without anybody who can be reached.
pub const COVERAGE_GAP: &str = "coverage_gap";
/// Rule of a drill: a marked alert, through the real ladder to real people. Counts in no figure.
pub const DRILL: &str = "drill";

/// The rules that the platform watches over: each is present exactly as long as it is the case.
pub const WATCHED: [&str; 4] = [STANDS_STILL, UNIT_SILENT, NOBODY_REACHABLE, COVERAGE_GAP];

/// So many alerts of the unit stand still, the latest by so much.
#[must_use]
pub fn stands_still(alerts: u64, late_ms: i64, now: Timestamp) -> Condition {
    let text = format_smolstr!("{alerts} alerts stand still, the latest by {} s: look at the unit", late_ms / 1_000);
    of_unit(STANDS_STILL, Priority::High, now, text)
}

/// So many of the unit's watched devices are silent, if that is most of them.
#[must_use]
pub fn unit_silent(silent: usize, watched: usize, now: Timestamp) -> Option<Condition> {
    let most = silent >= terms::SILENT_DEVICES_MIN && silent * 2 > watched;
    let text = || format_smolstr!("{silent} of {watched} devices of the unit are silent");
    most.then(|| of_unit(UNIT_SILENT, Priority::High, now, text()))
}

/// What the unit's coverage is, where that is not enough: nobody now, or a gap within a shift.
#[must_use]
pub fn coverage(found: &Coverage, now: Timestamp) -> Vec<Condition> {
    let nobody = found.nobody.then(|| {
        let text = "nobody of the unit's care plan can be reached now: the fallback is paged".into();
        of_unit(NOBODY_REACHABLE, Priority::High, now, text)
    });
    let gap = found.gap.as_ref().map(|Gap { role, from, to, .. }| {
        let text = format_smolstr!("nobody who can be reached is {role} from {from} to {to}");
        of_unit(COVERAGE_GAP, Priority::Medium, now, text)
    });
    nobody.into_iter().chain(gap).collect()
}

/// A drill, as somebody wants it.
#[must_use]
pub fn drill(by: &PersonId, kind: ConditionKind, priority: Priority, now: Timestamp) -> Condition {
    let text = format_smolstr!("drill by {by}: answer it as you would answer an alert");
    Condition { kind, ..of_unit(DRILL, priority, now, text) }
}

/// The key by which a unit's condition of this rule ends.
#[must_use]
pub fn key(rule: &'static str) -> ConditionKey {
    ConditionKey { rule: built_in_rule(rule), device: None, patient: None }
}

fn of_unit(rule: &'static str, priority: Priority, now: Timestamp, text: SmolStr) -> Condition {
    Condition::built_in(key(rule), priority, now, now, text)
}
