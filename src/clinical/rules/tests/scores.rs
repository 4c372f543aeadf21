//! NEWS2 and MEWS: charts, bands, freshness, and what is missing.

use super::scene::{Scene, adult, number, word};
use crate::clinical::patient::{AgeClass, Profile, Spo2Scale};
use crate::clinical::reading::Observation;
use crate::clinical::rules::RuleSet;

const NOTHING: Vec<String> = Vec::new();
const HOUR_MS: i64 = 3_600_000;

fn ward() -> RuleSet {
    RuleSet::ward().unwrap_or_else(|mistakes| panic!("{mistakes:#?}"))
}

/// Everything that scores nothing.
fn well() -> Vec<Observation> {
    vec![
        number("resp_rate", 16.0),
        number("spo2", 98.0),
        number("oxygen_flow", 0.0),
        number("bp_systolic", 120.0),
        number("heart_rate", 70.0),
        word("consciousness", "A"),
        number("temperature", 37.0),
    ]
}

fn with(change: &[Observation]) -> Vec<Observation> {
    let mut said = well();
    for one in change {
        said.retain(|other| other.code != one.code);
        said.push(one.clone());
    }
    said
}

/// (total, band, missing) of a score after one reading.
fn score(scene: &mut Scene, name: &str, at_ms: i64, said: &[Observation]) -> (u16, String, Vec<String>) {
    scene.says(at_ms, said);
    let scores = scene.states.scores(&scene.rules, &scene.profile);
    let shown = scores.iter().find(|shown| shown.score.id.as_str() == name).expect("the score was made");
    (shown.total, shown.band.to_string(), shown.missing.iter().map(ToString::to_string).collect())
}

fn mews(change: &[Observation]) -> u16 {
    score(&mut Scene::new(ward()), "mews", 0, &with(change)).0
}

#[test]
fn each_row_of_mews() {
    let table: &[(&str, &[(f64, u16)])] = &[
        ("bp_systolic", &[(70.0, 3), (71.0, 2), (80.0, 2), (81.0, 1), (100.0, 1), (101.0, 0), (199.0, 0), (200.0, 2)]),
        (
            "heart_rate",
            &[
                (40.0, 2),
                (41.0, 1),
                (50.0, 1),
                (51.0, 0),
                (100.0, 0),
                (101.0, 1),
                (110.0, 1),
                (111.0, 2),
                (129.0, 2),
                (130.0, 3),
            ],
        ),
        ("temperature", &[(34.9, 2), (35.0, 0), (38.4, 0), (38.5, 2)]),
    ];
    for (code, rows) in table {
        for (value, points) in *rows {
            // A respiration of 16 is a point of its own.
            assert_eq!(mews(&[number(code, *value)]), points + 1, "{code} {value}");
        }
    }
    for (rate, points) in [(8.0, 2), (9.0, 0), (14.0, 0), (15.0, 1), (20.0, 1), (21.0, 2), (29.0, 2), (30.0, 3)] {
        assert_eq!(mews(&[number("resp_rate", rate)]), points, "resp_rate {rate}");
    }
    for (level, points) in [("A", 0), ("V", 1), ("P", 2), ("U", 3)] {
        assert_eq!(mews(&[word("consciousness", level)]), points + 1, "{level}");
    }
    let critical = with(&[number("bp_systolic", 75.0), number("heart_rate", 115.0)]);
    assert_eq!(score(&mut Scene::new(ward()), "mews", 0, &critical), (5, "critical".into(), vec![]));
}

#[test]
fn what_is_missing_is_not_assumed_but_named() {
    let mut scene = Scene::new(ward());
    let said = [number("resp_rate", 25.0), number("heart_rate", 131.0), number("bp_systolic", 95.0)];
    let (total, band, missing) = score(&mut scene, "news2", 0, &said);
    assert_eq!((total, band.as_str()), (8, "high"));
    assert_eq!(missing, ["SpO2", "oxygen", "consciousness", "temperature"]);
    let mut scene = Scene::new(ward());
    let transitions = scene.observe(&super::scene::reading(1, 0, &said));
    let crate::clinical::rules::Transition::Began { condition, .. } = &transitions[1] else {
        panic!("{transitions:?}")
    };
    assert_eq!(condition.text, "NEWS2 at least 8: emergency response, continuous monitoring");
}

#[test]
fn a_score_never_ends_its_condition_because_a_value_grew_old() {
    let mut scene = Scene::new(ward());
    let ill = with(&[number("resp_rate", 25.0), number("heart_rate", 131.0), number("bp_systolic", 95.0)]);
    assert_eq!(scene.onsets(0, &ill), ["mews_critical", "news2_emergency"]);
    // Three hours later only a good saturation is known; the others are too old.
    let (total, _, missing) = score(&mut scene, "news2", 3 * HOUR_MS, &[number("spo2", 98.0)]);
    assert_eq!((total, missing), (0, vec!["respiration".into(), "systolic pressure".into(), "pulse".into()]));
    assert!(scene.states.present().iter().any(|key| key.rule.as_str() == "news2_emergency"));
    let ended = scene.says(3 * HOUR_MS + 1, &well());
    assert!(ended.iter().any(|said| said.starts_with("-news2_emergency")), "{ended:?}");
}

#[test]
fn bands_replace_each_other_in_both_directions() {
    let mut scene = Scene::new(ward());
    let six = with(&[number("resp_rate", 25.0), number("heart_rate", 131.0)]);
    assert_eq!(scene.onsets(0, &six), ["mews_critical", "news2_urgent"]);
    let nine = with(&[number("resp_rate", 25.0), number("heart_rate", 131.0), number("bp_systolic", 90.0)]);
    assert_eq!(scene.says(1_000, &nine), ["+news2_emergency! 1000..1000", "-news2_urgent 1000"]);
    assert_eq!(scene.says(2_000, &six), ["-news2_emergency 2000", "+news2_urgent! 2000..2000"]);
    assert_eq!(scene.says(3_000, &well()), ["-mews_critical 3000", "-news2_urgent 3000"]);
}

#[test]
fn a_single_three_is_as_urgent_as_five() {
    assert_eq!(Scene::new(ward()).says(0, &with(&[word("consciousness", "C")])), ["+news2_urgent! 0..0"]);
}

#[test]
fn an_unknown_age_is_loud_and_a_child_has_no_news2() {
    let ill = with(&[number("resp_rate", 30.0), number("heart_rate", 140.0), number("bp_systolic", 80.0)]);
    let mut scene = Scene::new(ward());
    scene.profile = Profile::default();
    assert_eq!(scene.says(0, &ill), ["+news2_limits_missing! 0..0"]);
    scene.profile = adult();
    assert_eq!(scene.onsets(1_000, &ill), ["mews_critical", "news2_emergency"]);
    assert!(!scene.states.present().iter().any(|key| key.rule.as_str() == "news2_limits_missing"));
    for profile in [
        Profile { age: AgeClass::Child, ..Profile::default() },
        Profile { age: AgeClass::Newborn, ..Profile::default() },
    ] {
        let mut scene = Scene::new(ward());
        scene.profile = profile;
        assert_eq!(scene.says(0, &ill), NOTHING);
    }
    let mut scene = Scene::new(ward());
    scene.profile.pregnant = true;
    assert_eq!(scene.onsets(0, &ill), ["mews_critical"], "NEWS2 is not made in pregnancy");
}

#[test]
fn scale_2_counts_saturation_by_the_oxygen_given() {
    let mut scene = Scene::new(ward());
    scene.profile.spo2_scale = Spo2Scale::Two;
    for (spo2, flow, total) in [
        (83.0, 0.0, 3),
        (85.0, 0.0, 2),
        (87.0, 0.0, 1),
        (88.0, 0.0, 0),
        (92.0, 2.0, 2),
        (94.0, 0.0, 0),
        (94.0, 2.0, 3),
        (96.0, 2.0, 4),
        (97.0, 2.0, 5),
        (99.0, 0.0, 0),
    ] {
        let said = with(&[number("spo2", spo2), number("oxygen_flow", flow)]);
        assert_eq!(score(&mut scene, "news2", 0, &said).0, total, "{spo2} % at {flow} L/min");
    }
    // Whether oxygen is given is not known: at least the points of somebody on air.
    let mut scene = Scene::new(ward());
    scene.profile.spo2_scale = Spo2Scale::Two;
    let (total, _, missing) = score(&mut scene, "news2", 0, &[number("spo2", 97.0)]);
    assert_eq!(total, 0);
    assert!(missing.contains(&"oxygen".to_owned()));
}

#[test]
fn the_newest_pressure_counts_and_of_two_as_new_the_arterial_one() {
    let mut scene = Scene::new(ward());
    let both = with(&[number("bp_systolic", 85.0), number("abp_systolic", 120.0)]);
    assert_eq!(score(&mut scene, "news2", 0, &both).0, 0);
    assert_eq!(score(&mut scene, "news2", 1_000, &[number("bp_systolic", 85.0)]).0, 3);
}

#[test]
fn values_come_from_whatever_device_knows_them() {
    let mut scene = Scene::new(ward());
    scene.speaker("oximeter").says(0, &[number("spo2", 91.0)]);
    scene.speaker("nurse").says(1_000, &[word("consciousness", "A")]);
    let (total, _, missing) = score(scene.speaker("monitor"), "news2", 2_000, &[number("resp_rate", 22.0)]);
    assert_eq!(total, 5);
    assert_eq!(missing, ["oxygen", "systolic pressure", "pulse", "temperature"]);
}

#[test]
fn a_score_that_lacks_something_for_an_hour_is_technical() {
    let mut scene = Scene::new(ward());
    let partial = &well()[..5];
    assert_eq!(scene.says(0, partial), NOTHING);
    let said = scene.says(HOUR_MS, partial);
    assert_eq!(said, ["+news2_incomplete! 0..3600000"]);
    assert_eq!(scene.says(HOUR_MS + 1, &well()), ["-news2_incomplete 3600001"]);
}

#[test]
fn the_sets_for_care_assume_nothing() {
    let texts = RuleSet::for_care().unwrap();
    for (file, text) in texts.texts() {
        assert!(!text.contains("assumed ="), "{file} assumes something");
    }
    assert!(RuleSet::reference().unwrap().texts()[0].1.contains("assumed ="));
}
