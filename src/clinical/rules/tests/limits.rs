//! Limits and silence.

use super::scene::{Scene, bedside, no_spo2, observation, set, spo2};
use crate::clinical::codes::Code;
use crate::clinical::rules::Transition;
use crate::clinical::units::Unit;

const NOTHING: Vec<String> = Vec::new();

/// Says `value` every second over `from_s..=to_s`.
fn hold(scene: &mut Scene, from_s: i64, to_s: i64, value: f64) -> Vec<String> {
    (from_s..=to_s).flat_map(|second| scene.says(second * 1_000, &[spo2(value)])).collect()
}

#[test]
fn a_limit_sets_in_at_the_first_breaching_sample_after_the_delay() {
    let mut scene = Scene::new(bedside());
    assert_eq!(hold(&mut scene, 0, 9, 97.0), NOTHING);
    assert_eq!(hold(&mut scene, 10, 24, 89.0), NOTHING);
    assert_eq!(hold(&mut scene, 25, 30, 89.0), ["+spo2_low! 10000..25000"]);
    assert_eq!(hold(&mut scene, 31, 60, 91.9), NOTHING, "hysteresis");
    assert_eq!(hold(&mut scene, 61, 62, 92.0), ["-spo2_low 61000"]);
}

#[test]
fn the_limit_itself_does_not_breach() {
    let mut scene = Scene::new(bedside());
    assert_eq!(hold(&mut scene, 0, 60, 90.0), NOTHING);
}

#[test]
fn one_good_sample_starts_the_delay_anew() {
    let mut scene = Scene::new(bedside());
    assert_eq!(hold(&mut scene, 0, 14, 89.0), NOTHING);
    assert_eq!(hold(&mut scene, 15, 15, 90.0), NOTHING);
    assert_eq!(hold(&mut scene, 16, 30, 89.0), NOTHING);
    assert_eq!(hold(&mut scene, 31, 31, 89.0), ["+spo2_low! 16000..31000"]);
}

#[test]
fn no_value_is_held_over_a_gap() {
    let mut scene = Scene::new(bedside());
    assert_eq!(hold(&mut scene, 0, 5, 88.0), NOTHING);
    assert_eq!(hold(&mut scene, 25, 39, 88.0), NOTHING);
    assert_eq!(hold(&mut scene, 40, 40, 88.0), ["+spo2_low! 25000..40000"]);
}

#[test]
fn a_sample_without_signal_breaks_the_delay_and_is_never_low() {
    let mut scene = Scene::new(bedside());
    hold(&mut scene, 0, 10, 88.0);
    assert_eq!(scene.says(11_000, &[no_spo2()]), NOTHING);
    assert_eq!(hold(&mut scene, 12, 26, 88.0), NOTHING);
    assert_eq!(hold(&mut scene, 27, 27, 88.0), ["+spo2_low! 12000..27000"]);
}

#[test]
fn a_device_that_comes_to_send_more_rarely_is_still_watched() {
    let mut scene = Scene::new(bedside());
    hold(&mut scene, 0, 10, 97.0);
    let said: Vec<_> = (0..5).flat_map(|nth| scene.says(20_000 + nth * 10_000, &[spo2(88.0)])).collect();
    assert_eq!(said, ["+spo2_low! 20000..40000"]);
}

#[test]
fn a_very_low_saturation_hides_the_low_one() {
    let mut scene = Scene::new(bedside());
    let said = hold(&mut scene, 0, 20, 80.0);
    assert_eq!(said, ["+spo2_very_low! 0..5000", "+spo2_low 0..15000"]);
    assert_eq!(hold(&mut scene, 21, 21, 88.0), ["-spo2_very_low 21000", "+spo2_low! 0..15000"]);
}

#[test]
fn a_person_reads_value_and_limit() {
    let mut scene = Scene::new(bedside());
    hold(&mut scene, 0, 4, 84.0);
    let reading = super::scene::reading(6, 5_000, &[spo2(84.0)]);
    let transitions = scene.observe(&reading);
    let Transition::Began { condition, .. } = &transitions[0] else { panic!("{transitions:?}") };
    assert_eq!(condition.text, "SpO2 84 % < 85 %");
    assert_eq!((condition.value, condition.limit), (Some(84.0), Some(85.0)));
    assert_eq!(condition.evidence[0].stream_sequence, 6);
}

#[test]
fn silence_is_technical_and_timed_by_the_device() {
    let mut scene = Scene::new(bedside());
    hold(&mut scene, 0, 10, 97.0);
    assert_eq!(scene.watched(39_999), NOTHING);
    assert_eq!(scene.watched(40_000), ["+spo2_no_signal! 10000..40000"]);
    assert_eq!(scene.says(50_000, &[no_spo2()]), NOTHING);
    assert_eq!(scene.says(51_000, &[spo2(97.0)]), ["-spo2_no_signal 51000"]);
}

#[test]
fn silence_lasts_two_and_a_half_periods_where_these_are_long() {
    let mut scene = Scene::new(bedside());
    let minute = |reading: &mut crate::clinical::reading::Reading| reading.period_ms = 60_000;
    scene.says_with(0, &[spo2(97.0)], minute);
    assert_eq!(scene.says_with(149_999, &[], minute), NOTHING);
    assert_eq!(scene.says_with(150_000, &[], minute), ["+spo2_no_signal! 0..150000"]);
}

#[test]
fn a_probe_that_never_gave_a_signal_is_reported() {
    let mut scene = Scene::new(bedside());
    let said: Vec<_> = (0..=30).flat_map(|second| scene.says(second * 1_000, &[no_spo2()])).collect();
    assert_eq!(said, ["+spo2_no_signal! 0..30000"]);
}

#[test]
fn values_in_other_units_are_converted() {
    let rules = set("[[rule]]\nid = \"fever\"\nversion = 1\nkind = \"physiological\"\npriority = \"low\"\n\
         text = \"{value}\"\nsource = \"test\"\n[rule.limit]\ncode = \"temperature\"\nabove = 39\n");
    let mut scene = Scene::new(rules);
    let temperature = Code::by_name("temperature").unwrap().code;
    let said = scene.says(0, &[observation(temperature, 101.0, Unit::Fahrenheit)]);
    assert_eq!(said, NOTHING);
    let said = scene.says(1_000, &[observation(temperature, 104.0, Unit::Fahrenheit)]);
    assert_eq!(said, ["+fever! 1000..1000"]);
}
