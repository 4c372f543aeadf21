//! A table test for each row of oxygen devices.

use super::scene::{Scene, number, word};
use crate::clinical::rules::RuleSet;

const NOTHING: Vec<String> = Vec::new();

fn device() -> Scene {
    Scene::of_device(RuleSet::oxygen().unwrap_or_else(|mistakes| panic!("{mistakes:#?}")), "Companion 5")
}

/// What the rules alert about one value; each supersedes the lesser ones.
fn alerts(code: &str, value: f64) -> Vec<String> {
    device().says(0, &[number(code, value)]).into_iter().filter(|said| said.contains('!')).collect()
}

#[test]
fn purity_has_three_limits_and_the_worst_alerts() {
    for (percent, rule) in [
        (90.0, None),
        (85.0, None),
        (84.9, Some("purity_falling")),
        (82.0, Some("purity_falling")),
        (81.9, Some("purity_low")),
        (70.0, Some("purity_low")),
        (69.9, Some("purity_very_low")),
    ] {
        let wanted: Vec<_> = rule.iter().map(|rule| format!("+{rule}! 0..0")).collect();
        assert_eq!(alerts("oxygen_purity", percent), wanted, "{percent}");
    }
}

#[test]
fn flow_off_its_set_value_by_a_fifth_for_30_seconds() {
    let mut device = device();
    let mut at = |second: i64, flow: f64| {
        device.says(second * 1_000, &[number("oxygen_flow", flow), number("oxygen_flow_set", 5.0)])
    };
    assert_eq!(at(0, 6.0), NOTHING, "a fifth is not more than a fifth");
    for second in 1..31 {
        assert_eq!(at(second, 6.1), NOTHING, "{second} s");
    }
    assert_eq!(at(31, 6.1), ["+oxygen_flow_off! 1000..31000"]);
    assert_eq!(at(32, 5.0), ["-oxygen_flow_off 32000"]);
}

#[test]
fn no_flow_while_one_is_set_is_a_disconnection_after_15_seconds() {
    let mut device = device();
    let mut at = |second: i64, set: f64| {
        device.says(second * 1_000, &[number("oxygen_flow", 0.1), number("oxygen_flow_set", set)])
    };
    for second in 0..15 {
        assert_eq!(at(second, 2.0), NOTHING, "{second} s");
    }
    assert_eq!(at(15, 2.0), ["+oxygen_disconnected! 0..15000"]);
    assert_eq!(at(16, 0.0), ["-oxygen_disconnected 16000"], "nothing is set, nothing is missing");
}

#[test]
fn power_and_battery() {
    assert_eq!(device().says(0, &[word("mains_power", "lost")]), ["+mains_lost! 0..0"]);
    assert_eq!(device().says(0, &[word("mains_power", "on")]), NOTHING);
    assert_eq!(device().says(0, &[number("battery_minutes", 15.0)]), NOTHING);
    assert_eq!(device().says(0, &[number("battery_minutes", 14.9)]), ["+battery_minutes_low! 0..0"]);
}

#[test]
fn a_battery_is_projected_as_it_falls() {
    let mut device = device();
    let mut said = Vec::new();
    // One percent a minute, from 40 %.
    for minute in 0..30 {
        let percent = 40.0 - f64::from(i16::try_from(minute).unwrap());
        said.extend(device.says(minute * 60_000, &[number("battery_percentage", percent)]));
    }
    assert_eq!(said, ["+battery_falling! 1500000..1500000"], "15 % at one a minute are 15 minutes");
    assert_eq!(device.says(31 * 60_000, &[number("battery_percentage", 60.0)]), ["-battery_falling 1860000"]);
}

fn cylinder(psi: f64, flow: f64, size: &str) -> [crate::clinical::reading::Observation; 3] {
    [number("cylinder_pressure", psi), number("oxygen_flow", flow), word("cylinder_type", size)]
}

#[test]
fn an_e_cylinder_of_1200_psi_at_4_litres_lasts_70_minutes() {
    assert_eq!(device().says(0, &cylinder(1200.0, 4.0, "E")), NOTHING);
    // (1200 - 200) * 0.28 / 4 = 70; at 5 L/min 56.
    let mut device = device();
    let reading = super::scene::reading(1, 0, &cylinder(1200.0, 5.0, "E"));
    let transitions = device.observe(&reading);
    let crate::clinical::rules::Transition::Began { condition, .. } = &transitions[0] else {
        panic!("{transitions:?}")
    };
    assert_eq!(condition.text, "Oxygen cylinder for 56 min, at most 60 min");
}

#[test]
fn cylinders_alert_by_minutes_and_by_type() {
    for (psi, flow, size, rule) in [
        (2200.0, 2.0, "D", None),                   // 160 min
        (950.0, 2.0, "D", Some("cylinder_60_min")), // 60 min
        (575.0, 2.0, "D", Some("cylinder_30_min")), // 30 min
        (387.0, 2.0, "D", Some("cylinder_15_min")), // 14.96 min
        (390.0, 2.0, "D", Some("cylinder_30_min")), // 15.2 min
        (300.0, 4.0, "M", Some("cylinder_60_min")), // 39 min
        (300.0, 4.0, "H", None),                    // 78.5 min
        (300.0, 4.0, "K", None),                    // as H
        (300.0, 0.0, "D", None),                    // nothing flows
        (200.0, 0.0, "D", Some("cylinder_empty")),
        (200.0, 4.0, "D", Some("cylinder_empty")),
    ] {
        let said = device().says(0, &cylinder(psi, flow, size));
        let alerts: Vec<_> = said.into_iter().filter(|said| said.contains('!')).collect();
        let wanted: Vec<_> = rule.iter().map(|rule| format!("+{rule}! 0..0")).collect();
        assert_eq!(alerts, wanted, "{psi} psi, {flow} L/min, {size}");
    }
}

#[test]
fn a_cylinder_of_unknown_type_is_said_loudly() {
    let mut device = device();
    let mut said = Vec::new();
    for minute in 0..=5 {
        said.extend(device.says(minute * 60_000, &[number("cylinder_pressure", 900.0), number("oxygen_flow", 2.0)]));
    }
    assert_eq!(said, ["+cylinder_not_projected! 0..300000"]);
    assert_eq!(device.says(360_000, &[word("cylinder_type", "H")]), ["-cylinder_not_projected 360000"]);
}

#[test]
fn an_old_flow_projects_nothing() {
    let mut device = device();
    assert_eq!(device.says(0, &cylinder(2200.0, 4.0, "D")), NOTHING);
    assert_eq!(device.says(901_000, &[number("cylinder_pressure", 300.0)]), NOTHING, "the flow is 15 minutes old");
}
