//! Whether a firmware's payloads decode completely: what a device maker shows before a device is let in.

use std::collections::BTreeMap;

use serde::Serialize;
use smol_str::SmolStr;

use super::definition::Decoder;
use super::field::Field;
use crate::clinical::judge::faults;
use crate::clinical::reading::{Lane, Observation, RawPayload, Reading, ReadingKey, Validity, Value};
use crate::time::Timestamp;

/// Examples that are kept per field.
const EXAMPLES_MAX: usize = 3;

/// What samples have shown of one decoder.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Certificate {
    /// The decoder.
    pub decoder: SmolStr,
    /// Its version.
    pub version: u32,
    /// Its model.
    pub model: SmolStr,
    /// Samples that were tried.
    pub samples: usize,
    /// Samples of which every field was decoded and can be true.
    pub complete: usize,
    /// One line per thing that is wrong: which sample, what, what is allowed.
    pub faults: Vec<String>,
    /// By field, in the order of the decoder.
    pub fields: Vec<FieldShown>,
}

/// What samples have shown of one field.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldShown {
    /// Short name of its code.
    pub code: &'static str,
    /// Its unit in the payload, UCUM; empty: none.
    pub unit: &'static str,
    /// Where it stands.
    pub place: SmolStr,
    /// Samples with a value.
    pub measured: usize,
    /// Samples in which the sensor gave nothing.
    pub no_signal: usize,
    /// Smallest value in `unit`; `None`: no number was seen.
    pub least: Option<f64>,
    /// Largest value in `unit`.
    pub most: Option<f64>,
    /// Some of the values, as they were first seen.
    pub examples: Vec<String>,
}

/// A value that a sample must give; `None`: that there is no signal.
pub type Expected = BTreeMap<String, Option<serde_json::Value>>;

impl Certificate {
    /// A certificate without a sample.
    #[must_use]
    pub fn new(decoder: &Decoder) -> Self {
        Self {
            decoder: decoder.id.clone(),
            version: decoder.version,
            model: decoder.model.clone(),
            samples: 0,
            complete: 0,
            faults: Vec::new(),
            fields: decoder.fields().map(FieldShown::new).collect(),
        }
    }

    /// Tries a sample, and holds it against what it must give, where that is known.
    pub fn try_sample(&mut self, decoder: &Decoder, name: &str, payload: &RawPayload, expected: Option<&Expected>) {
        self.samples += 1;
        let wrong = self.faults.len();
        match decoder.decode(payload) {
            Err(why) => self.faults.push(format!("{name}: {why}")),
            Ok(decoded) => {
                let reading = reading_of(decoded.observations.into_vec());
                let rejections = faults(&reading).into_iter().chain(decoded.missing);
                self.faults.extend(rejections.map(|rejection| format!("{name}: {}", rejection.reason)));
                for observation in &reading.observations {
                    let shown = observation.code.info().map(|info| info.name);
                    if let Some(field) = self.fields.iter_mut().find(|field| Some(field.code) == shown) {
                        field.note(observation);
                    }
                }
                if let Some(expected) = expected {
                    self.compare(name, &reading.observations, expected);
                }
            }
        }
        self.complete += usize::from(self.faults.len() == wrong);
    }

    /// Notes what no sample has shown; to be called after the last one.
    pub fn finish(&mut self) {
        if self.samples == 0 {
            self.faults.push("no sample is for this decoder; allowed: at least one".into());
            return;
        }
        let unseen = self.fields.iter().filter(|field| field.measured == 0);
        let line = |field: &FieldShown| format!("no sample has a value of {} at {}", field.code, field.place);
        self.faults.extend(unseen.map(line).collect::<Vec<_>>());
    }

    /// Whether the decoder may be let in.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.samples > 0 && self.faults.is_empty()
    }

    fn compare(&mut self, name: &str, observations: &[Observation], expected: &Expected) {
        let of = |code: &str| {
            observations.iter().find(|observation| observation.code.info().is_some_and(|info| info.name == code))
        };
        for (code, value) in expected {
            let fits = match (of(code), value) {
                (Some(observation), None) => observation.validity == Validity::NoSignal,
                (Some(observation), Some(value)) => {
                    observation.validity == Validity::Valid && is(&observation.value, value)
                }
                (None, _) => false,
            };
            if !fits {
                self.faults.push(format!("{name}: {code} is not what is expected"));
            }
        }
        let known =
            |observation: &&Observation| observation.code.info().is_none_or(|info| !expected.contains_key(info.name));
        for observation in observations.iter().filter(known) {
            let code = observation.code.info().map_or("?", |info| info.name);
            self.faults.push(format!("{name}: {code} is not expected"));
        }
    }
}

impl FieldShown {
    fn new(field: &Field) -> Self {
        Self {
            code: field.info.name,
            unit: field.unit.ucum(),
            place: field.place.clone(),
            measured: 0,
            no_signal: 0,
            least: None,
            most: None,
            examples: Vec::new(),
        }
    }

    fn note(&mut self, observation: &Observation) {
        if observation.validity != Validity::Valid {
            self.no_signal += 1;
            return;
        }
        self.measured += 1;
        let example = match &observation.value {
            Value::Number(number) => {
                self.least = Some(self.least.map_or(*number, |least| least.min(*number)));
                self.most = Some(self.most.map_or(*number, |most| most.max(*number)));
                // Nine digits say more than any device measures, and hide how a computer writes 82.7.
                format!("{}", (number * 1e9).round() / 1e9)
            }
            Value::Text(word) => word.to_string(),
            Value::Samples { values, .. } => format!("{} samples", values.len()),
        };
        if self.examples.len() < EXAMPLES_MAX && !self.examples.contains(&example) {
            self.examples.push(example);
        }
    }
}

fn is(value: &Value, expected: &serde_json::Value) -> bool {
    match (value, expected) {
        (Value::Number(number), serde_json::Value::Number(expected)) => {
            expected.as_f64().is_some_and(|expected| (number - expected).abs() <= 1e-9 * expected.abs().max(1.0))
        }
        (Value::Text(word), serde_json::Value::String(expected)) => word == expected,
        _ => false,
    }
}

fn reading_of(observations: Vec<Observation>) -> Reading {
    Reading {
        key: ReadingKey { boot: 0, lane: Lane::Live, sequence: 1 },
        device_time: Timestamp(0),
        sent_at: Timestamp(0),
        observed_until: None,
        period_ms: 0,
        signal: Validity::Valid,
        observations: observations.into(),
        payload: None,
        decoder: None,
    }
}
