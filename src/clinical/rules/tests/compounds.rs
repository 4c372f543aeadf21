//! Conditions made of other conditions.

use super::kinds::rule;
use super::scene::{Scene, number, set, spo2};
use crate::clinical::rules::RuleSet;

const NOTHING: Vec<String> = Vec::new();

fn parts() -> String {
    rule("low", "", "limit]\ncode = \"spo2\"\nbelow = 90\n")
        + &rule("fast", "", "limit]\ncode = \"heart_rate\"\nabove = 120\n")
        + &rule("tachypnoea", "", "limit]\ncode = \"resp_rate\"\nabove = 25\n")
        + &rule("cold", "", "limit]\ncode = \"temperature\"\nbelow = 35\n")
}

fn scene(head: &str, lists: &str) -> Scene {
    Scene::new(set(&(parts() + &rule("both", head, &format!("compound]\n{lists}\n")))))
}

#[test]
fn all_any_and_not() {
    let mut scene = scene("", "all = [\"low\"]\nany = [\"fast\", \"tachypnoea\"]\nnot = [\"cold\"]");
    assert_eq!(scene.says(0, &[spo2(80.0)]), ["+low! 0..0"]);
    assert_eq!(scene.says(1_000, &[number("resp_rate", 30.0)]), ["+tachypnoea! 1000..1000", "+both! 1000..1000"]);
    assert_eq!(scene.says(2_000, &[number("heart_rate", 130.0)]), ["+fast! 2000..2000"]);
    assert_eq!(scene.says(3_000, &[number("resp_rate", 20.0)]), ["-tachypnoea 3000"], "any one holds it up");
    assert_eq!(scene.says(4_000, &[number("temperature", 34.0)]), ["+cold! 4000..4000", "-both 4000"]);
    assert_eq!(scene.says(5_000, &[number("temperature", 36.0)]), ["-cold 5000", "+both! 2000..5000"]);
    assert_eq!(scene.says(6_000, &[spo2(95.0)]), ["-low 6000", "-both 6000"]);
}

#[test]
fn its_own_delay_runs_on_device_time() {
    let mut scene = scene("condition_delay_s = 10", "all = [\"low\"]\nwhile = [\"fast\"]");
    assert_eq!(scene.says(0, &[spo2(80.0), number("heart_rate", 130.0)]), ["+low! 0..0", "+fast! 0..0"]);
    assert_eq!(scene.watched(9_999), NOTHING);
    assert_eq!(scene.watched(10_500), ["+both! 0..10000"]);
    assert_eq!(scene.says(11_000, &[number("heart_rate", 100.0)]), ["-fast 11000", "-both 11000"]);
}

#[test]
fn it_is_made_of_whatever_device_shows_the_parts() {
    let mut scene = scene("", "all = [\"low\", \"fast\"]");
    scene.speaker("oximeter").says(0, &[spo2(80.0)]);
    let said = scene.speaker("ecg").says(1_000, &[number("heart_rate", 130.0)]);
    assert_eq!(said, ["+fast! 1000..1000", "+both! 1000..1000"]);
    scene.speaker("oximeter");
    let ended = scene.says_with(2_000, &[spo2(95.0)], |reading| reading.key.sequence = 2);
    assert_eq!(ended, ["-low 2000", "-both 2000"]);
}

#[test]
fn compounds_of_compounds_come_after_their_parts() {
    // The outer one is written first.
    let text = rule("outer", "", "compound]\nall = [\"inner\"]\n")
        + &rule("inner", "", "compound]\nall = [\"low\", \"fast\"]\n")
        + &parts();
    let mut scene = Scene::new(set(&text));
    scene.says(0, &[spo2(80.0)]);
    let said = scene.says(1_000, &[number("heart_rate", 130.0)]);
    assert_eq!(said, ["+fast! 1000..1000", "+inner! 1000..1000", "+outer! 1000..1000"]);
}

#[test]
fn circles_and_unknown_parts_are_mistakes() {
    let mistakes = |text: String| -> String {
        let found = RuleSet::parse(&[("f.toml".into(), text)]).err().unwrap_or_default();
        found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    let circle = rule("a", "", "compound]\nall = [\"b\"]\n") + &rule("b", "", "compound]\nany = [\"a\"]\n");
    assert!(mistakes(circle).contains("the compound `a` goes in a circle"));
    let unknown = mistakes(rule("a", "", "compound]\nall = [\"nothing\"]\n"));
    assert!(unknown.contains("f.toml:10: the compound names `nothing`, which is no rule"), "{unknown}");
    assert!(mistakes(rule("a", "", "compound]\nnot = [\"a\"]\n")).contains("at least one rule in `all` or `any`"));
}
