//! One sample of one code, as the rules see it.

use crate::clinical::codes::Code;
use crate::clinical::reading::{Observation, Reading, Validity, Value};
use crate::time::Timestamp;

/// One sample of a code, in its canonical unit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample<'a> {
    /// Device time.
    pub(super) at: Timestamp,
    /// The number; `None`: the device does not vouch for it, or it is a word.
    pub(super) value: Option<f64>,
    /// The word; `None`: the device does not vouch for it, or it is a number.
    pub(super) word: Option<&'a str>,
    /// Whether it follows a gap.
    pub(super) after_gap: bool,
    /// The reading it came in.
    pub(super) reading: &'a Reading,
}

impl<'a> Sample<'a> {
    /// The sample that an observation is; `None` for waveforms, which are stored and judged by no rule.
    pub(super) fn of(observation: &'a Observation, reading: &'a Reading) -> Option<Self> {
        let vouched = observation.validity == Validity::Valid;
        let (value, word) = match &observation.value {
            Value::Number(_) => (number(observation), None),
            Value::Text(word) => (None, Some(word.as_str()).filter(|_| vouched)),
            Value::Samples { .. } => return None,
        };
        Some(Self { at: reading.device_time, value, word, after_gap: false, reading })
    }

    /// Whether the device vouches for it.
    pub(super) const fn is_vouched(&self) -> bool {
        self.value.is_some() || self.word.is_some()
    }
}

/// The number in the code's canonical unit; `None` where the device does not vouch for it.
pub(super) fn number(observation: &Observation) -> Option<f64> {
    let Value::Number(number) = observation.value else { return None };
    let unit = observation.code.info()?.unit;
    let value = if observation.unit == unit { Some(number) } else { observation.unit.convert(number, unit) };
    value.filter(|value| observation.validity == Validity::Valid && value.is_finite())
}

/// The vouched number of another code in the same reading.
pub(super) fn number_in(reading: &Reading, code: Code) -> Option<f64> {
    reading.observations.iter().find(|observation| observation.code == code).and_then(number)
}
