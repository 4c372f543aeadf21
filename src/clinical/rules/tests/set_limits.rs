//! Limits that somebody sets, for a patient or a unit.

use super::scene::{Scene, bedside, spo2};
use crate::clinical::condition::{Basis, LimitSource};
use crate::clinical::ids::{PersonId, RuleId, UnitId};
use crate::clinical::rules::{LimitRefused, LimitValue, RuleSet, SetLimit, Transition};
use crate::time::Timestamp;

fn set_to(rule: &str, limit: f64) -> SetLimit {
    SetLimit {
        rule: RuleId::new(rule).unwrap(),
        limit: LimitValue::new(limit).unwrap(),
        clears_at: None,
        by: PersonId::new("ada").unwrap(),
        reason: "chronic".into(),
        until: None,
    }
}

/// The newest low saturation that sets in while it is `value` for 20 s from `from_s` on.
fn held(scene: &mut Scene, from_s: i64, value: f64) -> Option<(f64, Basis)> {
    let mut found = None;
    for second in from_s..from_s + 20 {
        let sequence = u64::try_from(second).unwrap();
        for transition in scene.observe(&super::scene::reading(sequence, second * 1_000, &[spo2(value)])) {
            if let Transition::Began { condition, .. } = transition
                && condition.key.rule.as_str() == "spo2_low"
            {
                found = condition.limit.zip(condition.basis.map(|basis| *basis));
            }
        }
    }
    found
}

/// What is said of a low saturation at `value`.
fn low(scene: &mut Scene, second: i64, value: f64) -> Vec<String> {
    let sequence = u64::try_from(second).unwrap();
    let found = scene.observe(&super::scene::reading(sequence, second * 1_000, &[spo2(value)]));
    found.iter().map(super::scene::show).filter(|said| said.contains("spo2_low")).collect()
}

#[test]
fn a_limit_of_a_patient_judges_in_place_of_the_rule_s_own_and_the_alert_says_who_set_it() {
    let mut scene = Scene::new(bedside());
    scene.profile.limits = vec![set_to("spo2_low", 87.0)];
    assert!(held(&mut scene, 1, 88.0).is_none(), "its own limit is 90 %");
    let (limit, basis) = held(&mut scene, 21, 86.0).unwrap();
    assert_eq!(Some(limit), Some(87.0));
    assert_eq!(basis.limit_by, Some(LimitSource::Patient(PersonId::new("ada").unwrap())));
    assert_eq!(basis.rules, scene.rules.hash());
    let nothing: [&str; 0] = [];
    assert_eq!(low(&mut scene, 41, 88.0), nothing, "it clears as far from the limit as the rule says");
    assert_eq!(low(&mut scene, 42, 89.0), ["-spo2_low 42000"]);
}

#[test]
fn a_heart_rate_has_limits_of_a_patient_too() {
    let mut scene = Scene::new(bedside());
    scene.profile.limits = vec![set_to("hr_high", 110.0)];
    let (_, said) = scene.beats(0, 500, 60, "N");
    assert!(said.iter().any(|said| said.starts_with("+hr_high")), "120 /min: {said:?}");
    let mut scene = Scene::new(bedside());
    assert!(!scene.beats(0, 500, 60, "N").1.iter().any(|said| said.starts_with("+hr_high")));
}

#[test]
fn what_is_present_ends_where_a_limit_is_set_that_it_does_not_breach() {
    let mut scene = Scene::new(bedside());
    assert!(held(&mut scene, 1, 88.0).is_some());
    scene.profile.limits = vec![set_to("spo2_low", 84.0)];
    assert_eq!(low(&mut scene, 21, 88.0), ["-spo2_low 21000"]);
}

#[test]
fn nobody_sets_a_limit_beyond_its_bounds_or_one_that_clears_where_it_breaches() {
    let rules = RuleSet::for_care().unwrap();
    let refused = |set: SetLimit| rules.check_limit(&set).unwrap_err();
    assert!(rules.check_limit(&set_to("spo2_low", 88.0)).is_ok());
    assert!(rules.check_limit(&set_to("hr_high", 150.0)).is_ok());
    let rule = |id: &str| RuleId::new(id).unwrap();
    let beyond = refused(set_to("spo2_low", 70.0));
    assert_eq!(beyond, LimitRefused::BeyondBounds { rule: rule("spo2_low"), low: 75.0, high: 95.0 });
    assert_eq!(beyond.to_string(), "the limit of `spo2_low` must lie from 75 to 95");
    assert!(matches!(refused(set_to("hr_high", 250.0)), LimitRefused::BeyondBounds { .. }));
    assert_eq!(refused(set_to("no_such", 1.0)), LimitRefused::NoSuchRule(rule("no_such")));
    assert_eq!(refused(set_to("asystole", 5.0)), LimitRefused::NoLimit(rule("asystole")));
    assert_eq!(refused(set_to("purity_low", 80.0)), LimitRefused::NoLimit(rule("purity_low")), "of a device");
    let overlaps = SetLimit { clears_at: LimitValue::new(87.0), ..set_to("spo2_low", 88.0) };
    assert!(matches!(refused(overlaps), LimitRefused::Overlaps { .. }));
}

#[test]
fn what_was_set_before_the_bounds_were_narrowed_is_held_to_them() {
    let mut scene = Scene::new(bedside());
    scene.profile.limits = vec![set_to("spo2_low", 60.0)];
    let (limit, _) = held(&mut scene, 1, 74.0).unwrap();
    assert_eq!(Some(limit), Some(75.0));
}

/// The bedside rules with a limit for the unit `cath`.
fn with_unit_limit(more: &str) -> Result<RuleSet, Vec<String>> {
    let mut texts = bedside().texts().to_vec();
    let text = format!(
        "[[unit_limit]]\nunit = \"cath\"\nrule = \"spo2_low\"\nlimit = 86\nby = \"dr-lee\"\nreason = \"sedation\"\n{more}"
    );
    texts.push(("unit.toml".into(), text));
    RuleSet::parse(&texts).map_err(|mistakes| mistakes.iter().map(ToString::to_string).collect())
}

#[test]
fn a_limit_of_a_unit_holds_for_its_patients_until_it_ends_and_yields_to_the_patient_s_own() {
    let mut scene = Scene::new(with_unit_limit("until = \"2030-01-01T00:00:00Z\"\n").unwrap());
    assert!(held(&mut scene, 1, 88.0).is_some(), "of another unit");
    scene.profile.unit = UnitId::new("cath").ok();
    assert_eq!(low(&mut scene, 21, 88.0), ["-spo2_low 21000"]);
    let (limit, basis) = held(&mut scene, 22, 85.0).unwrap();
    assert_eq!((limit, basis.limit_by), (86.0, Some(LimitSource::Unit(PersonId::new("dr-lee").unwrap()))));
    scene.profile.limits = vec![set_to("spo2_low", 84.0)];
    assert_eq!(low(&mut scene, 42, 86.0), ["-spo2_low 42000"]);
    scene.profile.limits.clear();
    scene.profile.limits_ended = Timestamp(1_900_000_000_000_000);
    assert_eq!(held(&mut scene, 43, 88.0).map(|(limit, _)| limit), Some(90.0), "the rule's own holds again");
}

#[test]
fn a_limit_of_a_unit_that_nobody_may_set_is_a_mistake_with_its_line() {
    for (more, expected) in [
        ("until = \"tomorrow\"\n", "unit.toml:7: `until` must be a time with its zone"),
        ("clears_at = 80\n", "cannot clear at 80"),
        (
            "[[unit_limit]]\nunit = \"cath\"\nrule = \"spo2_low\"\nlimit = 87\nby = \"x\"\nreason = \"y\"\n",
            "is set for the unit already",
        ),
        (
            "[[unit_limit]]\nunit = \"cath\"\nrule = \"spo2_very_low\"\nlimit = 20\nby = \"x\"\nreason = \"y\"\n",
            "must lie from 70 to 92",
        ),
        (
            "[[unit_limit]]\nunit = \"cath\"\nrule = \"typo\"\nlimit = 20\nby = \"x\"\nreason = \"y\"\n",
            "there is no rule `typo`",
        ),
    ] {
        let mistakes = with_unit_limit(more).unwrap_err().join("\n");
        assert!(mistakes.contains(expected), "{mistakes}");
    }
}
