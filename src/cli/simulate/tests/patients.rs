use std::collections::HashMap;

use crate::cli::simulate::{Monitor, Pace, Script};
use crate::client::random::Random;
use crate::clinical::codes::Code;
use crate::clinical::condition::Evidence;
use crate::clinical::ids::DeviceId;
use crate::clinical::patient::Profile;
use crate::clinical::reading::{Reading, Validity, Value};
use crate::clinical::rules::{RuleSet, RuleStates, Subject, Transition};
use crate::time::Timestamp;

const START: Timestamp = Timestamp(1_800_000_000_000_000);

fn monitor(seed: u64, eventful: bool) -> Monitor {
    let script = eventful.then(|| Script::new(Pace::TEST, Random::new(seed)));
    Monitor::new(Random::part(seed, 1), script, START, 1)
}

fn readings(monitor: &mut Monitor, seconds: i64) -> Vec<Reading> {
    let mut all = Vec::new();
    while monitor.next_at().since_us(START) < seconds * 1_000_000 {
        all.push(monitor.next_reading());
    }
    all
}

fn numbers(readings: &[Reading], code: Code) -> Vec<f64> {
    let values = readings.iter().flat_map(|reading| &reading.observations);
    values
        .filter(|observation| observation.code == code && observation.validity == Validity::Valid)
        .filter_map(|observation| match observation.value {
            Value::Number(number) => Some(number),
            _ => None,
        })
        .collect()
}

#[test]
fn the_same_seed_gives_the_same_patient() {
    let (mut one, mut other, mut third) = (monitor(5, true), monitor(5, true), monitor(6, true));
    let first = readings(&mut one, 300);
    assert_eq!(first, readings(&mut other, 300));
    assert_eq!(one.truth(), other.truth());
    assert_ne!(first, readings(&mut third, 300));
}

#[test]
fn a_calm_patient_is_plausible_and_alerts_nothing() {
    for seed in 0..20 {
        let mut monitor = monitor(seed, false);
        let all = readings(&mut monitor, 600);
        let within = |code, low, high| {
            let values = numbers(&all, code);
            assert!(values.len() > 500, "seed {seed}");
            assert!(values.iter().all(|value| (low..=high).contains(value)), "seed {seed} {code:?}");
        };
        within(Code::HEART_RATE, 50.0, 110.0);
        within(Code::RR_INTERVAL, 550.0, 1_150.0);
        within(Code::SPO2, 94.0, 100.0);
        within(Code::RESP_RATE, 9.0, 24.0);
        within(Code::PULSE_RATE, 50.0, 110.0);
        assert_eq!(monitor.truth(), [], "seed {seed}");
    }
}

#[test]
fn device_time_ascends_and_the_monitor_says_each_second_that_it_watches() {
    let all = readings(&mut monitor(9, true), 900);
    for pair in all.windows(2) {
        let step_us = pair[1].device_time.since_us(pair[0].device_time);
        assert!((0..=1_000_000).contains(&step_us));
        assert_eq!(pair[1].observed_until, Some(pair[1].device_time));
    }
    assert!(all.iter().any(|reading| reading.signal == Validity::NoSignal));
}

#[test]
fn every_kind_of_episode_leaves_its_truth() {
    let mut monitor = monitor(11, true);
    readings(&mut monitor, 1_800);
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for truth in monitor.truth() {
        *counts.entry(truth.rule).or_default() += 1;
    }
    for rule in
        ["spo2_low", "spo2_very_low", "asystole", "ex_brady", "ex_tachy", "vtach", "ecg_signal_lost", "spo2_no_signal"]
    {
        assert!(counts.contains_key(rule), "{rule}: {counts:?}");
    }
}

#[test]
fn a_lost_signal_and_a_probe_off_are_no_truth_about_the_patient() {
    // Between the beats round a signal loss there are more than 4 s, and no asystole.
    let mut monitor = monitor(11, true);
    let all = readings(&mut monitor, 1_800);
    let lost: Vec<i64> = all
        .iter()
        .filter(|reading| reading.signal == Validity::NoSignal)
        .map(|reading| reading.device_time.micros())
        .collect();
    assert!(!lost.is_empty());
    for truth in monitor.truth().iter().filter(|truth| truth.rule == "asystole") {
        assert!(lost.iter().all(|at| (truth.onset.micros() - at).abs() > 4_000_000));
    }
}

/// The rules of the platform and the truth of the simulation were written apart.
#[test]
fn the_bedside_rules_alert_exactly_the_truth() {
    let rules = RuleSet::bedside().unwrap();
    let source = Evidence::at_place(DeviceId::new("sim-1").unwrap(), 1);
    for seed in 0..10 {
        let mut monitor = monitor(seed, true);
        let mut states = RuleStates::default();
        let mut alerted: Vec<(String, i64)> = Vec::new();
        for reading in readings(&mut monitor, 1_200) {
            for transition in states.observe(&rules, Subject::Patient(&Profile::default()), &reading, &source) {
                if let Transition::Began { condition, alerts: true } = transition {
                    alerted.push((condition.key.rule.to_string(), condition.onset.micros()));
                }
            }
        }
        // Every run of five ventricular beats was one of three before, and every asystole is a pause, too.
        alerted.retain(|(rule, _)| rule != "vrun3" && rule != "pause3");
        let truth: Vec<(String, i64)> =
            monitor.truth().iter().map(|truth| (truth.rule.to_owned(), truth.onset.micros())).collect();
        alerted.sort();
        let mut expected = truth;
        expected.sort();
        assert_eq!(alerted, expected, "seed {seed}");
    }
}
