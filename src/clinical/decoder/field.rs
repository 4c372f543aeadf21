//! One value of a payload: what it is, in which unit, and what its special values mean.

use smol_str::SmolStr;

use crate::clinical::codes::{Allowed, CodeInfo};
use crate::clinical::reading::{Observation, Validity, Value};
use crate::clinical::units::Unit;

/// The longest text of a value, in bytes.
const TEXT_MAX: usize = 256;

/// A value as it stands in a payload.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Raw {
    /// A finite number.
    Number(f64),
    /// A text; a truth value is `true` or `false`.
    Text(SmolStr),
}

/// What a raw number is multiplied with. A scale such as 0.1 is a division by 10: that gives the decimal that was meant,
/// and a product with 0.1 may lie on the wrong side of a limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scale {
    /// Multiply.
    Times(f64),
    /// Divide.
    Over(f64),
}

impl Scale {
    pub(super) const ONE: Self = Self::Times(1.0);

    pub(super) fn new(scale: f64) -> Self {
        let over = (1.0 / scale).round();
        let is_division = scale.abs() < 1.0 && (over * scale - 1.0).abs() < 1e-12;
        if is_division { Self::Over(over) } else { Self::Times(scale) }
    }

    fn apply(self, raw: f64) -> f64 {
        match self {
            Self::Times(scale) => raw * scale,
            Self::Over(over) => raw / over,
        }
    }
}

/// One value that a decoder looks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// What it is.
    pub info: &'static CodeInfo,
    /// Its unit in the payload, after `scale` and `plus`; converts to that of the code.
    pub unit: Unit,
    /// Whether a payload may come without it.
    pub optional: bool,
    /// The place as the definition names it.
    pub place: SmolStr,
    /// value = raw * scale + plus
    pub(super) scale: Scale,
    pub(super) plus: f64,
    /// Raw values that say: the sensor gives nothing.
    pub(super) no_signal: Vec<Raw>,
    /// Raw values that say: not measured this time.
    pub(super) absent: Vec<Raw>,
    /// Raw values as words of the code's vocabulary; empty: as they stand.
    pub(super) words: Vec<(SmolStr, SmolStr)>,
}

/// What became of a field.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Found {
    /// It was measured, or the sensor says that it gives nothing.
    Observed(Observation),
    /// The device says that it was not measured.
    NotMeasured,
    /// It is not what the definition says: what, and what is allowed. Never the value.
    Wrong(String),
}

impl Field {
    /// What a raw value means; `None`: the payload does not have the field.
    pub(super) fn read(&self, raw: Option<Raw>) -> Found {
        let Some(raw) = raw else {
            return if self.optional {
                Found::NotMeasured
            } else {
                Found::Wrong(format!("{} is missing: the payload has nothing at {}", self.info.name, self.place))
            };
        };
        if self.absent.contains(&raw) {
            return Found::NotMeasured;
        }
        match self.info.allowed {
            Allowed::Number { .. } => self.number(&raw),
            Allowed::Word(_) | Allowed::Text => self.word(&raw),
        }
    }

    fn number(&self, raw: &Raw) -> Found {
        let lost = self.no_signal.contains(raw);
        let number = match *raw {
            Raw::Number(number) => self.scale.apply(number) + self.plus,
            // A word for a signal that is lost: there is no number, and nobody reads the one that stands for it.
            Raw::Text(_) if lost => 0.0,
            Raw::Text(_) => return Found::Wrong(format!("{} at {} must be a number", self.info.name, self.place)),
        };
        let validity = if lost { Validity::NoSignal } else { Validity::Valid };
        let value = Value::Number(number);
        Found::Observed(Observation { code: self.info.code, value, unit: self.unit, validity })
    }

    fn word(&self, raw: &Raw) -> Found {
        let raw = match raw {
            Raw::Text(text) => text.clone(),
            // Numbers stand for words as whole numbers; others are in no table.
            Raw::Number(number) => SmolStr::from(number.to_string()),
        };
        if raw.len() > TEXT_MAX {
            return Found::Wrong(format!("{} at {} must have at most {TEXT_MAX} bytes", self.info.name, self.place));
        }
        let word = match self.words.iter().find(|(from, _)| *from == raw) {
            Some((_, word)) => word.clone(),
            None if self.words.is_empty() => raw,
            None => {
                let allowed: Vec<&str> = self.words.iter().map(|(from, _)| from.as_str()).collect();
                let allowed = allowed.join(" ");
                return Found::Wrong(format!(
                    "{} at {} is no word of the decoder; allowed: {allowed}",
                    self.info.name, self.place
                ));
            }
        };
        let value = Value::Text(word);
        Found::Observed(Observation { code: self.info.code, value, unit: self.unit, validity: Validity::Valid })
    }
}
