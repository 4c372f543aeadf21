//! One line of what `evaluate` prints.

use serde::Serialize;
use smol_str::SmolStr;

use crate::clinical::codes::Code;
use crate::clinical::condition::{Condition, Priority};
use crate::clinical::reading::{Reading, Validity, Value};
use crate::clinical::rules::ScoreShown;
use crate::time::Timestamp;

/// What a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Event {
    Onset,
    End,
    Alert,
}

/// One line; only the fields that apply. Times are in seconds from the recording's zero.
#[derive(Debug, Serialize)]
pub(super) struct Line<'a> {
    pub(super) event: Event,
    pub(super) rule: &'a str,
    pub(super) rule_version: u32,
    pub(super) patient: &'a str,
    pub(super) device: &'a str,
    pub(super) start_s: f64,
    pub(super) onset_s: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) end_s: Option<f64>,
    /// Time of the reading on which it was determined.
    pub(super) time_s: f64,
    pub(super) kind: crate::clinical::condition::ConditionKind,
    pub(super) priority: Priority,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) limit: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) explanation: Option<Explanation<'a>>,
}

/// A score that was made; times as in [`Line`].
#[derive(Debug, Serialize)]
pub(super) struct ScoreLine<'a> {
    event: &'static str,
    rule: &'a str,
    rule_version: u32,
    patient: &'a str,
    device: &'a str,
    time_s: f64,
    /// The total of what is known: at least this, where something is missing.
    total: u16,
    band: &'a str,
    /// Names of the inputs that were missing.
    missing: &'a [SmolStr],
    explanation: ScoreExplanation<'a>,
}

/// What a score was made of.
#[derive(Debug, Serialize)]
struct ScoreExplanation<'a> {
    text: String,
    source: &'a str,
    rules_sha256: &'a str,
    inputs: Vec<InputLine<'a>>,
}

#[derive(Debug, Serialize)]
struct InputLine<'a> {
    name: &'a str,
    code: Code,
    code_name: &'static str,
    value: serde_json::Value,
    unit: &'static str,
    time_s: f64,
    points: u8,
}

impl<'a> ScoreLine<'a> {
    pub(super) fn new(shown: &'a ScoreShown<'_>, patient: &'a str, device: &'a str, rules_sha256: &'a str) -> Self {
        let inputs = shown.inputs.iter().map(|input| InputLine {
            name: &input.name,
            code: input.code,
            code_name: input.code.info().map_or("", |info| info.name),
            value: input.word().map_or_else(|| input.value.into(), Into::into),
            unit: input.code.info().map_or("", |info| info.ucum),
            time_s: seconds(input.at),
            points: input.points,
        });
        let score = shown.score;
        let at_least = if shown.missing.is_empty() { "" } else { "at least " };
        let missing =
            if shown.missing.is_empty() { String::new() } else { format!(", {} missing", shown.missing.join(", ")) };
        Self {
            event: "score",
            rule: score.id.as_str(),
            rule_version: score.version,
            patient,
            device,
            time_s: seconds(shown.at),
            total: shown.total,
            band: &shown.band,
            missing: &shown.missing,
            explanation: ScoreExplanation {
                text: format!("{} {at_least}{}{missing}", score.title, shown.total),
                source: &score.source,
                rules_sha256,
                inputs: inputs.collect(),
            },
        }
    }
}

/// Why: what a person reads, the reading on which it was determined, and the rule's source.
#[derive(Debug, Serialize)]
pub(super) struct Explanation<'a> {
    text: &'a str,
    source: &'a str,
    rules_sha256: &'a str,
    reading: ReadingShown,
}

#[derive(Debug, Serialize)]
struct ReadingShown {
    boot: u64,
    sequence: u64,
    time_s: f64,
    observed_until_s: Option<f64>,
    signal: Validity,
    observations: Vec<ObservationShown>,
}

#[derive(Debug, Serialize)]
struct ObservationShown {
    code: Code,
    name: &'static str,
    value: serde_json::Value,
    unit: &'static str,
    validity: Validity,
}

impl<'a> Explanation<'a> {
    pub(super) fn new(condition: &'a Condition, source: &'a str, rules_sha256: &'a str, reading: &Reading) -> Self {
        let shown = reading.observations.iter().map(|observation| ObservationShown {
            code: observation.code,
            name: observation.code.info().map_or("", |info| info.name),
            value: match &observation.value {
                Value::Number(number) => (*number).into(),
                Value::Text(text) => text.as_str().into(),
                Value::Samples { values, .. } => values.len().into(),
            },
            unit: observation.unit.ucum(),
            validity: observation.validity,
        });
        let reading = ReadingShown {
            boot: reading.key.boot,
            sequence: reading.key.sequence,
            time_s: seconds(reading.device_time),
            observed_until_s: reading.observed_until.map(seconds),
            signal: reading.signal,
            observations: shown.collect(),
        };
        Self { text: &condition.text, source, rules_sha256, reading }
    }
}

/// Seconds from the recording's zero, which is the epoch here, exact to the microsecond.
#[allow(clippy::cast_precision_loss)] // Recordings span a hundred years at most: far below 2^53 us.
pub(super) fn seconds(at: Timestamp) -> f64 {
    at.micros() as f64 / 1e6
}
