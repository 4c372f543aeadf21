//! Kinds of rule by themselves: changes, repeats, burdens, words, delays of signals.

use super::scene::{Scene, number, reading, set, spo2, word};
use crate::clinical::reading::Validity;
use crate::clinical::rules::Transition;
use crate::time::Timestamp;

const NOTHING: Vec<String> = Vec::new();

/// A rule with these lines in its head and its table.
pub fn rule(id: &str, head: &str, table: &str) -> String {
    format!(
        "[[rule]]\nid = \"{id}\"\nversion = 1\nkind = \"physiological\"\npriority = \"medium\"\ntext = \"{{value}}\"\n\
         source = \"test\"\n{head}\n[rule.{table}\n"
    )
}

#[test]
fn a_change_is_measured_from_the_extreme_of_its_window() {
    let falls = rule("fall", "", "change]\ncode = \"spo2\"\nfalls_by = 8\nover_s = 80\n");
    let mut scene = Scene::new(set(&falls));
    assert_eq!(scene.says(0, &[spo2(98.0)]), NOTHING);
    assert_eq!(scene.says(40_000, &[spo2(91.0)]), NOTHING);
    assert_eq!(scene.says(79_000, &[spo2(90.0)]), ["+fall! 79000..79000"]);
    assert_eq!(scene.says(80_000, &[spo2(91.0)]), ["-fall 80000"]);
    assert_eq!(scene.says(200_000, &[spo2(84.0)]), NOTHING, "the window has moved on");
}

#[test]
fn a_slow_change_is_no_change() {
    let rises = rule("rise", "", "change]\ncode = \"temperature\"\nrises_by = 1\nover_s = 3600\n");
    let mut scene = Scene::new(set(&rises));
    for hour in 0..10_i16 {
        let said = scene.says(i64::from(hour) * 3_600_000 * 2, &[number("temperature", 36.0 + f64::from(hour) * 0.9)]);
        assert_eq!(said, NOTHING);
    }
}

#[test]
fn n_of_m_and_consecutive() {
    let two_of_four = rule("some", "", "repeated]\ncode = \"spo2\"\nbelow = 90\nn = 2\nof = 4\n");
    let mut scene = Scene::new(set(&two_of_four));
    let said: Vec<_> = [89.0, 95.0, 95.0, 88.0, 95.0, 95.0, 95.0]
        .into_iter()
        .zip(0..)
        .flat_map(|(value, second)| scene.says(second * 1_000, &[spo2(value)]))
        .collect();
    assert_eq!(said, ["+some! 0..3000", "-some 4000"]);
}

#[test]
fn consecutive_samples_are_broken_by_a_gap_and_by_what_nobody_vouches_for() {
    let two = rule("two", "", "repeated]\ncode = \"spo2\"\nbelow = 90\nn = 2\nof = 2\ngap_s = 3600\n");
    let hour = 3_600_000;
    let mut scene = Scene::new(set(&two));
    assert_eq!(scene.says(0, &[spo2(89.0)]), NOTHING);
    assert_eq!(scene.says(2 * hour, &[spo2(89.0)]), NOTHING, "an hour is missing");
    assert_eq!(scene.says(3 * hour, &[spo2(89.0)]), ["+two! 7200000..10800000"]);
    let doubted = crate::clinical::reading::Observation { validity: Validity::Questionable, ..spo2(89.0) };
    assert_eq!(scene.says(4 * hour, &[doubted]), NOTHING, "it clears nothing");
    assert_eq!(scene.says(5 * hour, &[spo2(89.0)]), ["-two 18000000"], "one alone");
    assert_eq!(scene.says(6 * hour, &[spo2(89.0)]), ["+two! 18000000..21600000"]);
}

#[test]
fn a_state_is_counted_for_as_long_as_the_device_watches() {
    let burden = rule(
        "af",
        "",
        "burden]\ncode = \"rhythm_label\"\nis_one_of = [\"(AFIB\"]\nover_s = 4800\nmore_than_s = 600\nhold_s = 120\n",
    );
    let mut scene = Scene::new(set(&burden));
    let minute = 60_000;
    assert_eq!(scene.says(0, &[word("rhythm_label", "(AFIB")]), NOTHING);
    for at in 1..=5 {
        assert_eq!(scene.watched(at * minute), NOTHING);
    }
    assert_eq!(scene.says(5 * minute, &[word("rhythm_label", "(N")]), NOTHING);
    assert_eq!(scene.says(10 * minute, &[word("rhythm_label", "(AFIB")]), NOTHING);
    for at in 11..=15 {
        assert_eq!(scene.watched(at * minute), NOTHING);
    }
    assert_eq!(scene.watched(16 * minute), ["+af! -3840000..960000"]);
    // Nobody has watched for twenty minutes: not counted. The first stretch leaves the window.
    assert_eq!(scene.says(36 * minute, &[word("rhythm_label", "(N")]), NOTHING);
    assert_eq!(scene.watched(82 * minute), ["-af 4920000"]);
}

#[test]
fn a_status_word_may_have_to_last() {
    let lost = rule("lost", "condition_delay_s = 10", "status]\ncode = \"mains_power\"\nis_one_of = [\"lost\"]\n");
    let mut scene = Scene::new(set(&lost));
    let mut said = Vec::new();
    for second in 0..=12 {
        said.extend(scene.says(second * 1_000, &[word("mains_power", "lost")]));
    }
    assert_eq!(said, ["+lost! 0..10000"]);
    assert_eq!(scene.says(13_000, &[word("mains_power", "on")]), ["-lost 13000"]);
}

#[test]
fn a_signal_delay_is_of_the_page_and_holds_back_neither_condition_nor_alert() {
    let low = rule("low", "condition_delay_s = 5\nsignal_delay_s = 10", "limit]\ncode = \"spo2\"\nbelow = 90\n");
    let mut scene = Scene::new(set(&low));
    let mut began = Vec::new();
    for (sequence, second) in (1..).zip(0..=5) {
        began.extend(scene.observe(&reading(sequence, second * 1_000, &[spo2(85.0)])));
    }
    let [Transition::Began { condition, alerts: true }] = &began[..] else { panic!("{began:?}") };
    assert_eq!((condition.onset.since_ms(Timestamp(0)), condition.signal_delay_ms), (5_000, 10_000));
}

#[test]
fn a_unit_of_the_rule_is_converted() {
    let fever =
        rule("fever", "", "limit]\ncode = \"temperature\"\nunit = \"[degF]\"\nabove = 102.2\nclears_at = 100.4\n");
    let mut scene = Scene::new(set(&fever));
    assert_eq!(scene.says(0, &[number("temperature", 39.0)]), NOTHING);
    assert_eq!(scene.says(1_000, &[number("temperature", 39.1)]), ["+fever! 1000..1000"]);
    assert_eq!(scene.says(2_000, &[number("temperature", 38.0)]), ["-fever 2000"]);
}

#[test]
fn at_least_and_at_most_include_the_limit() {
    let high = rule("high", "", "limit]\ncode = \"spo2\"\nat_most = 90\n");
    let mut scene = Scene::new(set(&high));
    assert_eq!(scene.says(0, &[spo2(90.0)]), ["+high! 0..0"]);
    assert_eq!(scene.says(1_000, &[spo2(90.0)]), NOTHING);
    assert_eq!(scene.says(2_000, &[spo2(90.1)]), ["-high 2000"]);
}

#[test]
fn a_waveform_is_judged_by_no_rule() {
    use crate::clinical::reading::Value;
    let low = rule("low", "", "limit]\ncode = \"spo2\"\nbelow = 90\n");
    let mut scene = Scene::new(set(&low));
    let mut wave = spo2(0.0);
    wave.value = Value::Samples { period_us: 4_000, values: vec![10.0, 20.0].into() };
    assert!(scene.observe(&reading(1, 0, &[wave])).is_empty());
}
