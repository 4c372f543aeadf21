//! A table test for each row of implanted devices.

use super::scene::{Scene, number, word};
use crate::clinical::condition::{ConditionKind, Priority};
use crate::clinical::ids::RuleId;
use crate::clinical::reading::Observation;
use crate::clinical::rules::RuleSet;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

fn cied() -> RuleSet {
    RuleSet::cied().unwrap_or_else(|mistakes| panic!("{mistakes:#?}"))
}

/// The rules that set in with a single transmission, of the device and of its patient.
fn onsets(model: &str, said: &[Observation]) -> Vec<String> {
    let mut device = Scene::of_device(cied(), model);
    let mut patient = Scene::new(cied());
    [device.onsets(0, said), patient.onsets(0, said)].concat()
}

#[test]
fn each_limit_breaches_on_its_side_only() {
    let table: &[(&str, f64, f64, &str)] = &[
        // code, the last good value, the first bad one, rule
        ("lead_impedance_ra", 200.0, 199.0, "cied_impedance_ra_low"),
        ("lead_impedance_ra", 2000.0, 2001.0, "cied_impedance_ra_high"),
        ("lead_impedance_rv", 200.0, 199.0, "cied_impedance_rv_low"),
        ("lead_impedance_rv", 2000.0, 2001.0, "cied_impedance_rv_high"),
        ("lead_impedance_lv", 200.0, 199.0, "cied_impedance_lv_low"),
        ("lead_impedance_lv", 2000.0, 2001.0, "cied_impedance_lv_high"),
        ("lead_impedance_hv", 20.0, 19.0, "cied_impedance_hv_low"),
        ("lead_impedance_hv", 200.0, 201.0, "cied_impedance_hv_high"),
        ("capture_threshold_ra", 2.4, 2.5, "cied_capture_ra"),
        ("capture_threshold_rv", 2.4, 2.5, "cied_capture_rv"),
        ("capture_threshold_lv", 2.4, 2.5, "cied_capture_lv"),
        ("r_wave_rv_mean", 2.0, 1.9, "cied_sensing_r"),
        ("p_wave_ra_mean", 0.5, 0.4, "cied_sensing_p"),
        ("charge_time", 28.0, 28.1, "cied_charge_time"),
        ("af_burden", 25.0, 25.1, "cied_af_burden_reported"),
        ("pacing_percentage_lv", 90.0, 89.9, "cied_pacing_low"),
    ];
    for (code, good, bad, rule) in table {
        assert_eq!(onsets("Other", &[number(code, *good)]), Vec::<String>::new(), "{code} {good}");
        assert_eq!(onsets("Other", &[number(code, *bad)]), [*rule], "{code} {bad}");
    }
}

#[test]
fn what_cannot_be_measured_is_technical_and_never_a_finding() {
    for (code, value, rule) in [
        ("capture_threshold_rv", 5.0, "cied_capture_rv_implausible"),
        ("r_wave_rv_mean", 0.05, "cied_r_wave_implausible_low"),
        ("r_wave_rv_mean", 15.5, "cied_r_wave_implausible_high"),
        ("p_wave_ra_mean", 0.05, "cied_p_wave_implausible_low"),
        ("p_wave_ra_mean", 16.0, "cied_p_wave_implausible_high"),
    ] {
        assert_eq!(onsets("Other", &[number(code, value)]), [rule], "{code} {value}");
        let set = cied();
        let rule = set.get(&RuleId::new(rule).unwrap()).unwrap();
        assert_eq!(rule.kind, ConditionKind::Technical);
    }
}

#[test]
fn the_device_s_own_status_goes_before_any_voltage() {
    for status in ["ERI", "RRT", "EOS"] {
        let said = [word("battery_status", status), number("battery_voltage", 2.80)];
        let mut device = Scene::of_device(cied(), "Medtronic Advisa DR");
        let transitions = device.says(0, &said);
        assert_eq!(transitions, ["+cied_battery_eri! 0..0", "+cied_battery_advisa 0..0"], "{status}");
    }
    assert_eq!(onsets("Medtronic Advisa DR", &[word("battery_status", "ok")]), Vec::<String>::new());
}

#[test]
fn each_model_has_its_own_replacement_voltage() {
    let at = |model: &str, volts: f64| onsets(model, &[number("battery_voltage", volts)]);
    assert_eq!(at("Advisa SR", 2.84), Vec::<String>::new());
    assert_eq!(at("Advisa SR", 2.83), ["cied_battery_advisa"]);
    assert_eq!(at("Abbott Assurity", 2.48), Vec::<String>::new());
    assert_eq!(at("Abbott Assurity", 2.47), ["cied_battery_abbott"]);
}

#[test]
fn azure_counts_three_consecutive_daily_values() {
    let mut device = Scene::of_device(cied(), "Azure XT");
    let mut at = |day: i64, hour: i64, volts: f64| {
        device.onsets(day * DAY_MS + hour * HOUR_MS, &[number("battery_voltage", volts)])
    };
    assert!(at(0, 0, 2.63).is_empty());
    assert!(at(0, 1, 2.62).is_empty(), "the same day counts once");
    assert!(at(1, 0, 2.63).is_empty());
    assert!(at(2, 0, 2.64).is_empty(), "not consecutive");
    assert!(at(3, 0, 2.63).is_empty());
    assert!(at(4, 0, 2.63).is_empty());
    assert_eq!(at(5, 0, 2.63), ["cied_battery_azure"]);
}

#[test]
fn a_model_without_a_profile_raises_limits_missing() {
    assert_eq!(onsets("Unheard Of", &[number("battery_voltage", 3.0)]), ["cied_battery_limits_missing"]);
    assert_eq!(onsets("Azure XT", &[number("battery_voltage", 3.0)]), Vec::<String>::new());
}

#[test]
fn a_capture_threshold_is_compared_with_its_learnt_baseline() {
    let mut patient = Scene::new(cied());
    let mut at = |day: i64, volts: f64| patient.onsets(day * DAY_MS, &[number("capture_threshold_rv", volts)]);
    for (day, volts) in [(0, 0.7), (1, 5.0), (2, 0.6), (3, 0.8), (4, 1.6)] {
        assert!(at(day, volts).is_empty(), "day {day}");
    }
    assert_eq!(at(5, 1.7), ["cied_capture_rv_rise"], "+1 V over the median of 0.6, 0.7, 0.8");
}

#[test]
fn a_baseline_outlives_other_rules_in_force() {
    let mut patient = Scene::new(cied());
    for day in 0..3 {
        patient.onsets(day * DAY_MS, &[number("capture_threshold_rv", 0.7)]);
    }
    let mut texts = cied().texts().to_vec();
    texts[1].1.push_str("\n# A comment makes another set of rules.\n");
    patient.rules = RuleSet::parse(&texts).unwrap();
    assert_eq!(patient.onsets(3 * DAY_MS, &[number("capture_threshold_rv", 1.7)]), ["cied_capture_rv_rise"]);
}

#[test]
fn events_are_said_at_once() {
    for (event, rule) in [
        ("reset", "cied_reset"),
        ("shocks_disabled", "cied_shocks_disabled"),
        ("max_shock_failed", "cied_max_shock_failed"),
    ] {
        assert_eq!(onsets("Azure XT", &[word("device_event", event)]), [rule]);
    }
    assert_eq!(onsets("Azure XT", &[word("device_event", "shocks_enabled")]), Vec::<String>::new());
}

#[test]
fn a_counter_that_rises_is_a_delivered_therapy() {
    for (code, rule) in [("shocks_delivered", "cied_shock"), ("atp_delivered", "cied_atp")] {
        let mut patient = Scene::new(cied());
        assert!(patient.onsets(0, &[number(code, 7.0)]).is_empty(), "what was counted before is not new");
        assert!(patient.onsets(DAY_MS, &[number(code, 7.0)]).is_empty());
        assert_eq!(patient.onsets(2 * DAY_MS, &[number(code, 8.0)]), [rule]);
    }
}

#[test]
fn three_episodes_within_48_hours() {
    let mut patient = Scene::new(cied());
    let mut at = |hour: i64| patient.onsets(hour * HOUR_MS, &[word("episode_type", "VT")]);
    assert!(at(0).is_empty());
    assert!(at(20).is_empty());
    assert!(at(49).is_empty(), "the first has left the window");
    assert_eq!(at(68), ["cied_episodes"]);
}

#[test]
fn atrial_fibrillation_of_more_than_six_hours_a_day() {
    let mut patient = Scene::new(cied());
    let episode = |hours: f64| [word("episode_type", "AF"), number("episode_duration", hours * 3600.0)];
    assert!(patient.onsets(10 * HOUR_MS, &episode(3.0)).is_empty());
    assert!(patient.onsets(20 * HOUR_MS, &episode(3.0)).is_empty(), "six hours are not more than six");
    assert_eq!(patient.onsets(22 * HOUR_MS, &episode(0.5)), ["cied_af_burden"]);
    let ended = patient.watched(32 * HOUR_MS);
    assert_eq!(ended, ["-cied_af_burden 115200000"], "the first episode has left the day");
}

#[test]
fn atrial_fibrillation_with_a_fast_ventricle_is_urgent_and_hides_the_lesser() {
    let mut patient = Scene::new(cied());
    assert_eq!(patient.says(0, &[number("af_burden", 30.0)]), ["+cied_af_burden_reported! 0..0"]);
    let urgent = patient.says(1_000, &[number("ventricular_rate", 121.0)]);
    assert_eq!(urgent, ["+cied_ventricular_rate_120 1000..1000", "+cied_af_burden_urgent! 1000..1000"]);
    let calmer = patient.says(2_000, &[number("ventricular_rate", 110.0)]);
    assert_eq!(calmer, ["-cied_ventricular_rate_120 2000", "-cied_af_burden_urgent 2000"]);
}

#[test]
fn a_high_ventricular_rate_has_to_last_30_seconds() {
    let mut patient = Scene::new(cied());
    for second in 0..30 {
        let found = patient.onsets(second * 1_000, &[number("ventricular_rate", 150.0)]);
        assert!(!found.contains(&"cied_ventricular_rate".to_owned()), "{second} s");
    }
    assert_eq!(patient.onsets(30_000, &[number("ventricular_rate", 150.0)]), ["cied_ventricular_rate"]);
}

#[test]
fn no_transmission_for_ten_days_is_technical() {
    let mut device = Scene::of_device(cied(), "Azure XT");
    assert!(device.watched(0).is_empty());
    assert!(device.watched(10 * DAY_MS - 1).is_empty());
    let late = device.watched(20 * DAY_MS);
    assert_eq!(late, ["+cied_no_transmission! 863999999..1727999999", "-cied_no_transmission 1728000000"]);
}

#[test]
fn red_is_medium_and_yellow_is_low() {
    let set = cied();
    let of = |id: &str| set.get(&RuleId::new(id).unwrap()).unwrap_or_else(|| panic!("{id}")).priority;
    for red in ["cied_battery_eri", "cied_reset", "cied_charge_time", "cied_impedance_rv_low", "cied_capture_rv"] {
        assert_eq!(of(red), Priority::Medium, "{red}");
    }
    for yellow in ["cied_shock", "cied_atp", "cied_episodes", "cied_af_burden", "cied_pacing_low"] {
        assert_eq!(of(yellow), Priority::Low, "{yellow}");
    }
}
