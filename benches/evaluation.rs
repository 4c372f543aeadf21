//! How fast rules judge on one core: `cargo bench --bench evaluation`.
//!
//! - Observations per second by the bedside set: patients with an ECG (interval and beat type, one beat each 0.8 s) and an
//!   oximeter (one value a second); every tenth has a low saturation now and then. The figure to reach is 2,000,000.
//! - NEWS2 scores per second by the ward set (which makes MEWS as well): seven values in a reading, each of which makes
//!   both scores. The figure to reach is 300,000.
//! - Whether an observation costs more after 100 h than after 1 h: at most 1.1 times. All sets, one patient.
#![allow(missing_docs, clippy::cast_precision_loss)]

use std::hint::black_box;

use vigil::clinical::codes::Code;
use vigil::clinical::condition::Evidence;
use vigil::clinical::ids::{DeviceId, IdError};
use vigil::clinical::judge::judge;
use vigil::clinical::patient::{AgeClass, Profile};
use vigil::clinical::reading::{Lane, Observation, Reading, ReadingKey, Validity, Value};
use vigil::clinical::rules::{Mistake, RuleSet, RuleStates, Subject};
use vigil::clinical::units::Unit;
use vigil::time::Timestamp;

use tokio::time::Instant;

const PATIENTS: usize = 1_000;
const ROUNDS: u64 = 1_000;

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn reading(sequence: u64, at_ms: u64, observations: &[Observation]) -> Reading {
    let at = Timestamp(0).plus_ms(i64::try_from(at_ms).unwrap_or(i64::MAX));
    Reading {
        key: ReadingKey { boot: 1, lane: Lane::Live, sequence },
        device_time: at,
        sent_at: at,
        observed_until: Some(at),
        period_ms: 1_000,
        signal: Validity::Valid,
        observations: observations.iter().cloned().collect(),
        payload: None,
        decoder: None,
    }
}

fn number(code: Code, value: f64, unit: Unit) -> Observation {
    Observation { code, value: Value::Number(value), unit, validity: Validity::Valid }
}

fn word(code: Code, word: &str) -> Observation {
    Observation { code, value: Value::Text(word.into()), unit: Unit::None, validity: Validity::Valid }
}

fn beat() -> [Observation; 2] {
    [number(Code::RR_INTERVAL, 800.0, Unit::Millisecond), word(Code::BEAT_TYPE, "N")]
}

/// Everything of which NEWS2 is made; the rate changes, so that the total does.
fn spot_check(rate: f64) -> Result<Vec<Observation>, String> {
    let mut said = vec![word(Code::CONSCIOUSNESS, "A")];
    for (name, value) in [
        ("resp_rate", 16.0),
        ("spo2", 97.0),
        ("oxygen_flow", 0.0),
        ("bp_systolic", 120.0),
        ("heart_rate", rate),
        ("temperature", 37.0),
    ] {
        let info = Code::by_name(name).ok_or("a code has gone")?;
        said.push(number(info.code, value, info.unit));
    }
    Ok(said)
}

fn sound(set: Result<RuleSet, Vec<Mistake>>) -> Result<RuleSet, String> {
    set.map_err(|mistakes| format!("{mistakes:?}"))
}

fn source(device: &str) -> Result<Evidence, IdError> {
    Ok(Evidence::at_place(DeviceId::new(device)?, 1))
}

fn adult() -> Profile {
    Profile { age: AgeClass::Adult, ..Profile::default() }
}

fn bedside() -> Outcome {
    let rules = sound(RuleSet::bedside())?;
    let (ecg, oximeter, profile) = (source("ecg")?, source("oximeter")?, adult());
    let about = Subject::Patient(&profile);
    let mut patients = vec![RuleStates::default(); PATIENTS];
    let (mut observations, mut transitions) = (0_u64, 0);
    let start = Instant::now();
    for round in 1..=ROUNDS {
        let mut beats = reading(round, round * 800, &beat());
        let mut good = reading(round, round * 1_000, &[number(Code::SPO2, 97.0, Unit::Percent)]);
        let low = if round % 120 < 40 { 82.0 } else { 95.0 };
        let mut bad = reading(round, round * 1_000, &[number(Code::SPO2, low, Unit::Percent)]);
        for (nth, states) in patients.iter_mut().enumerate() {
            let saturation = if nth % 10 == 0 { &mut bad } else { &mut good };
            black_box(judge(&mut beats));
            black_box(judge(saturation));
            transitions += states.observe(&rules, about, &beats, &ecg).len();
            transitions += states.observe(&rules, about, saturation, &oximeter).len();
            observations += 3;
        }
    }
    let elapsed_s = start.elapsed().as_secs_f64();
    let held = patients.iter().map(RuleStates::bytes_held).max().unwrap_or(0);
    println!(
        "evaluation: {:.0} observations/s (judged and evaluated, bedside set, one core), {transitions} transitions, \
         {held} bytes of state per patient at most",
        observations as f64 / elapsed_s
    );
    Ok(())
}

fn scores() -> Outcome {
    let rules = sound(RuleSet::ward())?;
    let (monitor, profile) = (source("monitor")?, adult());
    let about = Subject::Patient(&profile);
    let mut patients = vec![RuleStates::default(); PATIENTS];
    let (mut made, mut transitions) = (0_u64, 0);
    let start = Instant::now();
    for round in 1..=ROUNDS / 2 {
        let rate = if round % 60 < 20 { 135.0 } else { 80.0 };
        let said = reading(round, round * 60_000, &spot_check(rate)?);
        for states in &mut patients {
            transitions += black_box(states.observe(&rules, about, &said, &monitor)).len();
            made += 1;
        }
    }
    let elapsed_s = start.elapsed().as_secs_f64();
    println!(
        "evaluation: {:.0} NEWS2 scores/s (ward set, MEWS made as well), {transitions} transitions",
        made as f64 / elapsed_s
    );
    Ok(())
}

/// Nanoseconds per observation, the least of several tries, after so many hours of one reading a second.
fn history() -> Outcome {
    let rules = sound(RuleSet::for_care())?;
    let (monitor, profile) = (source("monitor")?, adult());
    let about = Subject::Patient(&profile);
    let mut states = RuleStates::default();
    let mut second = 0;
    let mut costs = Vec::new();
    for hours in [1, 100] {
        let mut least = f64::INFINITY;
        let mut run = |seconds: u64, said: &[Observation], states: &mut RuleStates| {
            let start = Instant::now();
            for _ in 0..seconds {
                second += 1;
                black_box(states.observe(&rules, about, &reading(second, second * 1_000, said), &monitor));
            }
            start.elapsed().as_secs_f64() * 1e9 / (seconds as f64 * said.len() as f64)
        };
        let mut said = spot_check(80.0)?;
        said.extend(beat());
        let before = hours * 3_600 - if hours == 1 { 0 } else { 3_600 + 20 * 10_000 };
        run(before, &said, &mut states);
        for _ in 0..20 {
            least = least.min(run(10_000, &said, &mut states));
        }
        costs.push(least);
    }
    println!(
        "evaluation: {:.0} ns per observation after 1 h, {:.0} ns after 100 h: {:.2} times (every set for care)",
        costs[0],
        costs[1],
        costs[1] / costs[0]
    );
    Ok(())
}

fn main() -> Outcome {
    bedside()?;
    scores()?;
    history()
}
