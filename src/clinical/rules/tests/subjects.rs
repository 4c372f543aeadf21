//! Who is judged: ages, prescribed ranges, and rules that live with devices; and how much a state holds.

use super::kinds::rule;
use super::scene::{Scene, adult, beat, interval, number, set, spo2, word};
use crate::clinical::patient::{AgeClass, Profile, Spo2Scale, Spo2Target};
use crate::clinical::rules::{RuleSet, Transition};

const NOTHING: Vec<String> = Vec::new();

fn hold(scene: &mut Scene, from_s: i64, to_s: i64, value: f64) -> Vec<String> {
    (from_s..=to_s).flat_map(|second| scene.says(second * 1_000, &[spo2(value)])).collect()
}

fn of_age(age: AgeClass) -> Scene {
    let mut scene = Scene::new(super::scene::bedside());
    scene.profile = Profile { age, ..Profile::default() };
    scene
}

#[test]
fn each_age_class_has_limits_of_its_own() {
    for (age, value, rule) in [
        (AgeClass::Adult, 89.0, Some("spo2_low")),
        (AgeClass::Unknown, 89.0, Some("spo2_low")),
        (AgeClass::Child, 89.0, Some("spo2_low_child")),
        (AgeClass::Newborn, 89.0, None),
        (AgeClass::Newborn, 84.0, Some("spo2_low_newborn")),
    ] {
        let said = hold(&mut of_age(age), 0, 15, value);
        let wanted: Vec<_> = rule.iter().map(|rule| format!("+{rule}! 0..15000")).collect();
        assert_eq!(said, wanted, "{age:?} {value}");
    }
}

#[test]
fn the_rate_of_a_newborn_is_no_tachycardia() {
    let (_, said) = of_age(AgeClass::Newborn).beats(0, 400, 60, "N");
    assert_eq!(said, NOTHING);
    let (_, said) = of_age(AgeClass::Adult).beats(0, 400, 60, "N");
    assert!(said.iter().any(|said| said.starts_with("+ex_tachy!")), "{said:?}");
}

#[test]
fn limits_follow_the_prescribed_range() {
    let mut scene = of_age(AgeClass::Adult);
    scene.profile.spo2_scale = Spo2Scale::Two;
    assert_eq!(hold(&mut scene, 0, 30, 88.0), NOTHING, "88 to 92 % is prescribed");
    let low = hold(&mut scene, 31, 46, 87.0);
    assert_eq!(low, ["+spo2_low! 31000..46000"]);
    scene.profile.spo2_prescribed = Spo2Target::new(94, 98).ok();
    let mut other = of_age(AgeClass::Adult);
    other.profile.spo2_prescribed = Spo2Target::new(94, 98).ok();
    hold(&mut other, 0, 14, 93.0);
    let transitions = other.observe(&super::scene::reading(16, 15_000, &[spo2(93.0)]));
    let Transition::Began { condition, .. } = &transitions[0] else { panic!("{transitions:?}") };
    assert_eq!((condition.text.as_str(), condition.limit), ("SpO2 93 % < 94 %", Some(94.0)));
}

#[test]
fn a_limit_never_moves_beyond_its_bound() {
    let text = rule("low", "", "limit]\ncode = \"spo2\"\nbelow = 90\ntarget_low = 90\nbounds = [88, 92]\n");
    let mut scene = Scene::new(set(&text));
    scene.profile.spo2_prescribed = Spo2Target::new(60, 70).ok();
    assert_eq!(scene.says(0, &[spo2(87.0)]), ["+low! 0..0"]);
}

#[test]
fn another_age_ends_what_no_longer_applies() {
    let mut scene = of_age(AgeClass::Unknown);
    assert_eq!(hold(&mut scene, 0, 15, 88.0), ["+spo2_low! 0..15000"]);
    scene.profile.age = AgeClass::Newborn;
    assert_eq!(hold(&mut scene, 16, 40, 88.0), ["-spo2_low 16000"]);
}

#[test]
fn no_limits_for_an_age_are_loud() {
    let text = rule("low", "ages = [\"adult\"]", "limit]\ncode = \"spo2\"\nbelow = 90\n")
        + &rule("none", "", "limits_missing]\ncode = \"spo2\"\n").replace("physiological", "technical");
    let mut scene = Scene::new(set(&text));
    scene.profile = Profile::default();
    assert_eq!(scene.says(0, &[spo2(80.0)]), ["+none! 0..0"]);
    scene.profile = adult();
    assert_eq!(scene.says(1_000, &[spo2(80.0)]), ["+low! 1000..1000", "-none 1000"]);
}

#[test]
fn rules_of_devices_are_not_judged_with_patients_nor_the_other_way_round() {
    let all = RuleSet::for_care().unwrap();
    let mut patient = Scene::new(all);
    assert_eq!(patient.says(0, &[number("oxygen_purity", 60.0)]), NOTHING);
    let mut device = Scene::of_device(RuleSet::for_care().unwrap(), "Companion 5");
    assert_eq!(device.onsets(0, &[number("oxygen_purity", 60.0), spo2(20.0)]).len(), 3, "purity alone");
    let condition = device.states.present();
    assert!(condition.iter().all(|key| key.device.is_some()));
}

#[test]
fn a_patient_with_every_set_and_every_device_stays_below_four_kib() {
    let mut scene = Scene::new(RuleSet::for_care().unwrap());
    let keep = |sequence: i64| {
        move |reading: &mut crate::clinical::reading::Reading| {
            reading.key.sequence = sequence.unsigned_abs() + 1;
        }
    };
    for second in 0..400 {
        let at = second * 1_000;
        scene.speaker("monitor-12").says_with(at, &[interval(420.0), beat("V")], keep(second));
        scene.speaker("oximeter-12").says_with(at, &[spo2(80.0)], keep(second));
        let spot = [
            number("resp_rate", 30.0),
            number("bp_systolic", 80.0),
            number("heart_rate", 140.0),
            number("temperature", 39.5),
            word("consciousness", "V"),
            number("oxygen_flow", 2.0),
        ];
        scene.speaker("spot-check-12").says_with(at, &spot, keep(second));
        let implant = [
            number("capture_threshold_rv", 2.6),
            number("r_wave_rv_mean", 1.0),
            number("af_burden", 40.0),
            number("ventricular_rate", 160.0),
            word("episode_type", "AF"),
            number("episode_duration", 30_000.0),
            number("shocks_delivered", 1.0),
        ];
        scene.speaker("implant-12").says_with(at, &implant, keep(second));
    }
    assert!(scene.states.present().len() >= 10, "{:?}", scene.states.present());
    let bytes = scene.states.bytes_held();
    assert!(bytes <= 4_096, "{bytes} bytes held");
}
