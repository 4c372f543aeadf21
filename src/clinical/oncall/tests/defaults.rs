//! The policies that are shipped are those of the literature they name.

use super::scene::{SITE, files, plan};
use crate::clinical::condition::ConditionKind::{Physiological, Technical};
use crate::clinical::condition::Priority::{self, High, Low, Medium};
use crate::clinical::oncall::{Delay, Plan, Policy, Target};
use crate::clinical::patient::Setting;

fn policy(plan: &Plan, setting: Setting, technical: bool, priority: Priority, lethal: bool) -> &Policy {
    let kind = if technical { Technical } else { Physiological };
    plan.policy(setting, kind, priority, lethal).expect("a policy")
}

/// When each step is entered, in seconds after the first, and when the first follows again.
fn offsets_s(policy: &Policy) -> Vec<u32> {
    let mut at_s = 0;
    let mut found = vec![0];
    for step in &policy.steps {
        if let Delay::Ms(ms) = step.delay {
            at_s += ms / 1_000;
            found.push(at_s);
        }
    }
    found
}

fn pages(policy: &Policy, step: usize, role: &str) -> bool {
    let is_role = |target: &Target| matches!(target, Target::Role(name) if name.as_str() == role);
    policy.steps[step].targets.iter().any(is_role)
}

#[test]
fn high_alerts_climb_after_60_120_and_300_s_and_then_again() {
    let plan = plan(SITE);
    for setting in [Setting::Bedside, Setting::Ward] {
        let high = policy(&plan, setting, false, High, false);
        assert_eq!(offsets_s(high), [0, 60, 120, 300, 360]);
        assert!(pages(high, 0, "primary") && pages(high, 1, "backup") && pages(high, 2, "charge-nurse"));
        assert!(pages(high, 2, "physician") && pages(high, 3, "supervisor"));
        assert_eq!(high.answer, Delay::Ms(600_000));
        let lethal = policy(&plan, setting, false, High, true);
        assert!(pages(lethal, 0, "primary") && pages(lethal, 0, "code-team"));
        assert!(lethal.steps[0].targets.contains(&Target::Unit));
    }
}

#[test]
fn medium_alerts_climb_after_180_and_600_s_and_then_each_30_minutes() {
    let plan = plan(SITE);
    let medium = policy(&plan, Setting::Bedside, false, Medium, false);
    assert_eq!(offsets_s(medium), [0, 180, 600, 2_400]);
    assert_eq!(medium.answer, Delay::Ms(1_800_000));
}

#[test]
fn technical_alerts_page_a_nurse_then_a_technician_and_never_a_physician_first() {
    let plan = plan(SITE);
    for policy in plan.policies().iter().filter(|policy| policy.kind == Technical) {
        assert!(pages(policy, 0, "primary") && !pages(policy, 0, "physician"), "{}", policy.id);
    }
}

#[test]
fn every_setting_kind_and_priority_has_a_policy() {
    let plan = plan(SITE);
    for setting in [Setting::Bedside, Setting::Ward, Setting::Home, Setting::DeviceClinic] {
        for technical in [false, true] {
            for priority in [Low, Medium, High] {
                assert!(!policy(&plan, setting, technical, priority, false).fallback.is_empty());
            }
        }
    }
}

#[test]
fn the_shipped_policies_are_a_plan_without_any_unit() {
    let only = vec![files(SITE)[0].clone()];
    assert!(Plan::parse(&only).is_ok());
}
