//! Several devices, other rules, and how large a state is.

use super::scene::{Scene, beat, bedside, interval, set, spo2};
use crate::clinical::rules::{RuleSet, RuleStates};

const NOTHING: Vec<String> = Vec::new();

fn low_limit(id: &str, below: u32) -> String {
    format!(
        "[[rule]]\nid = \"{id}\"\nversion = 1\nkind = \"physiological\"\npriority = \"medium\"\ntext = \"{{value}}\"\n\
         source = \"test\"\n[rule.limit]\ncode = \"spo2\"\nbelow = {below}\n"
    )
}

#[test]
fn a_condition_is_present_while_any_device_shows_it() {
    let mut scene = Scene::new(set(&low_limit("low", 90)));
    assert_eq!(scene.speaker("left").says(0, &[spo2(80.0)]), ["+low! 0..0"]);
    assert_eq!(scene.speaker("right").says(1_000, &[spo2(81.0)]), ["+low! 1000..1000"]);
    assert_eq!(scene.states.present().len(), 1);
    assert_eq!(scene.says(2_000, &[spo2(95.0)]), NOTHING);
    scene.speaker("left");
    // The other device's sequences go on after those that were used.
    assert_eq!(scene.says_with(3_000, &[spo2(95.0)], |reading| reading.key.sequence = 2), ["-low 3000"]);
    assert!(scene.states.present().is_empty());
}

#[test]
fn technical_conditions_are_one_per_device() {
    let mut scene = Scene::new(bedside());
    scene.speaker("left").lost(0);
    scene.speaker("right").lost(0);
    assert_eq!(scene.lost(10_000), ["+ecg_signal_lost! 0..10000"]);
    scene.speaker("left");
    let said = scene.says_with(10_000, &[], |reading| {
        reading.key.sequence = 2;
        reading.signal = crate::clinical::reading::Validity::NoSignal;
    });
    assert_eq!(said, ["+ecg_signal_lost! 0..10000"]);
    assert_eq!(scene.states.present().len(), 2);
}

#[test]
fn beats_of_one_device_say_nothing_about_those_of_another() {
    let mut scene = Scene::new(bedside());
    scene.speaker("left").beats(0, 800, 10, "N");
    scene.speaker("right");
    assert_eq!(scene.watched(60_000), NOTHING);
}

#[test]
fn other_rules_keep_what_is_present_by_name() {
    let mut scene = Scene::new(set(&(low_limit("low", 90) + &low_limit("lower", 85))));
    assert_eq!(scene.says(0, &[spo2(80.0)]), ["+low! 0..0", "+lower! 0..0"]);
    scene.rules = set(&(low_limit("other", 70) + &low_limit("low", 94)));
    assert_eq!(scene.says(1_000, &[spo2(93.0)]), ["-lower 1000"]);
    assert_eq!(scene.says(2_000, &[spo2(94.0)]), ["-low 2000"]);
}

#[test]
fn a_rule_that_became_another_kind_ends_its_condition() {
    let mut scene = Scene::new(set(&low_limit("low", 90)));
    scene.says(0, &[spo2(80.0)]);
    scene.rules = set("[[rule]]\nid = \"low\"\nversion = 2\nkind = \"physiological\"\npriority = \"high\"\n\
         text = \"no beat\"\nsource = \"test\"\n[rule.no_beat]\nfor_ms = 4000\ndecided_by = \"watch\"\n");
    assert_eq!(scene.says(1_000, &[spo2(80.0)]), ["-low 1000"]);
}

#[test]
fn the_hash_is_of_the_texts_and_parsing_them_again_gives_the_same() {
    let one = RuleSet::parse(&[("a".into(), low_limit("low", 90))]).unwrap();
    let moved = RuleSet::parse(&[("b".into(), low_limit("low", 90))]).unwrap();
    let other = RuleSet::parse(&[("a".into(), low_limit("low", 91))]).unwrap();
    assert_eq!(one.hash(), moved.hash());
    assert_ne!(one.hash(), other.hash());
    assert_eq!(RuleSet::parse(bedside().texts()).unwrap().hash(), bedside().hash());
}

#[test]
fn the_state_of_a_monitored_patient_is_below_four_kib() {
    let mut scene = Scene::new(bedside());
    for second in 0..600 {
        scene.speaker("ecg-monitor-of-bed-12");
        scene.says_with(second * 1_000, &[interval(300.0), beat("V")], |r| r.key.sequence = second.unsigned_abs() + 1);
        scene.speaker("oximeter-of-bed-12");
        scene.says_with(second * 1_000, &[spo2(80.0)], |r| r.key.sequence = second.unsigned_abs() + 1);
    }
    assert!(scene.states.present().len() >= 5);
    let bytes = postcard::to_stdvec(&scene.states).unwrap();
    assert!(bytes.len() < 2_048, "{} bytes stored", bytes.len());
    assert!(scene.states.bytes_held() < 4_096, "{} bytes held", scene.states.bytes_held());
    let again: RuleStates = postcard::from_bytes(&bytes).unwrap();
    assert_eq!(again, scene.states);
}
