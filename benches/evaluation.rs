//! How many observations per second the bedside set judges on one core: `cargo bench --bench evaluation`.
//!
//! Patients with an ECG (interval and beat type, one beat each 0.8 s) and an oximeter (one value a second); every
//! tenth patient has a low saturation now and then. The figure to reach is 2,000,000 observations/s.
#![allow(missing_docs, clippy::cast_precision_loss)]

use std::hint::black_box;

use vigil::clinical::codes::Code;
use vigil::clinical::condition::Evidence;
use vigil::clinical::ids::{DeviceId, IdError};
use vigil::clinical::judge::judge;
use vigil::clinical::patient::{AgeClass, Profile};
use vigil::clinical::reading::{Lane, Observation, Reading, ReadingKey, Validity, Value};
use vigil::clinical::rules::{RuleSet, RuleStates, Subject};
use vigil::clinical::units::Unit;
use vigil::time::Timestamp;

use tokio::time::Instant;

const PATIENTS: usize = 1_000;
const ROUNDS: u64 = 1_000;

fn reading(sequence: u64, at_ms: u64, observations: &[Observation]) -> Reading {
    let at = Timestamp(i64::try_from(at_ms).unwrap_or(i64::MAX)).plus_ms(0);
    let at = Timestamp(at.micros().saturating_mul(1_000));
    Reading {
        key: ReadingKey { boot: 1, lane: Lane::Live, sequence },
        device_time: at,
        sent_at: at,
        observed_until: Some(at),
        period_ms: 1_000,
        signal: Validity::Valid,
        observations: observations.iter().cloned().collect(),
        payload: None,
    }
}

fn number(code: Code, value: f64, unit: Unit) -> Observation {
    Observation { code, value: Value::Number(value), unit, validity: Validity::Valid }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rules = RuleSet::bedside().map_err(|mistakes| format!("{mistakes:?}"))?;
    let source = |device: &str| -> Result<Evidence, IdError> {
        Ok(Evidence { device: DeviceId::new(device)?, stream_sequence: 1 })
    };
    let (ecg, oximeter) = (source("ecg")?, source("oximeter")?);
    let beat = Observation {
        code: Code::BEAT_TYPE,
        value: Value::Text("N".into()),
        unit: Unit::None,
        validity: Validity::Valid,
    };
    let profile = Profile { age: AgeClass::Adult, ..Profile::default() };
    let about = Subject::Patient(&profile);
    let mut patients = vec![RuleStates::default(); PATIENTS];
    let (mut observations, mut transitions) = (0_u64, 0);
    let start = Instant::now();
    for round in 1..=ROUNDS {
        let mut beats =
            reading(round, round * 800, &[number(Code::RR_INTERVAL, 800.0, Unit::Millisecond), beat.clone()]);
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
