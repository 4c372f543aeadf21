//! What can be believed of a reading as received: observations that cannot be true are taken out, with a reason each,
//! and the rest counts.

use super::codes::{Allowed, Code, CodeInfo};
use super::reading::{Observation, Reading, Validity, Value};
use super::units::Unit;

/// How far `observed_until` may lie after `sent_at` before it is not believed: both are read from the same clock.
const WATCH_AHEAD_US: i64 = 1_000_000;

/// An observation that was taken out of a reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Its index among the observations; `None`: it is about the reading's `observed_until`, or about a field of the
    /// payload that gave no observation.
    pub observation: Option<usize>,
    /// Its code; `Code(0)` for `observed_until`.
    pub code: Code,
    /// What is wrong and what is allowed. Never the value.
    pub reason: String,
}

impl Rejection {
    /// Whether it is about a field of the payload that gave no observation although it had to.
    #[must_use]
    pub fn is_of_a_missing_field(&self) -> bool {
        self.observation.is_none() && self.code != Code(0)
    }
}

/// Takes out of `reading` every observation that cannot be true: NaN, infinity, outside what can be measured at all
/// (negative where that is impossible), an unknown unit or one that does not convert, an unknown code, a word outside
/// the vocabulary. Values of a signal that the device itself calls invalid need not be plausible, but must be finite
/// numbers in a known unit. An `observed_until` beyond the device's own clock is dropped: nothing is watched in the
/// future. Order and the other observations stay.
pub fn judge(reading: &mut Reading) -> Vec<Rejection> {
    let rejections = faults(reading);
    take_out(reading, &rejections);
    rejections
}

/// What [`judge`] would take out, in the order of the observations.
#[must_use]
pub fn faults(reading: &Reading) -> Vec<Rejection> {
    let mut rejections = Vec::new();
    let now = reading.sent_at.max(reading.device_time);
    if reading.observed_until.is_some_and(|until| until.since_us(now) > WATCH_AHEAD_US) {
        rejections.push(Rejection {
            observation: None,
            code: Code(0),
            reason: "observed_until is later than sent_at; allowed: a time that the device has reached".into(),
        });
    }
    if reading.observations.iter().all(is_sound) {
        return rejections;
    }
    for (index, observation) in reading.observations.iter().enumerate() {
        if let Some(reason) = fault(observation) {
            rejections.push(Rejection { observation: Some(index), code: observation.code, reason });
        }
    }
    rejections
}

/// Takes out of a reading what was rejected of it.
pub fn take_out(reading: &mut Reading, rejections: &[Rejection]) {
    for rejection in rejections.iter().rev() {
        match rejection.observation {
            Some(index) if index < reading.observations.len() => drop(reading.observations.remove(index)),
            None if !rejection.is_of_a_missing_field() => reading.observed_until = None,
            _ => {}
        }
    }
}

/// The common case without building a reason.
fn is_sound(observation: &Observation) -> bool {
    fault_of(observation).is_none()
}

fn fault(observation: &Observation) -> Option<String> {
    fault_of(observation).map(|fault| fault.reason(observation))
}

enum Fault {
    UnknownCode,
    UnknownUnit,
    UnitDoesNotConvert(&'static CodeInfo),
    NotFinite,
    OutOfRange(&'static CodeInfo),
    NotInVocabulary(&'static CodeInfo),
    NoPeriod,
    WrongType(&'static CodeInfo),
}

fn fault_of(observation: &Observation) -> Option<Fault> {
    let Some(info) = observation.code.info() else { return Some(Fault::UnknownCode) };
    let known = observation.validity == Validity::Valid;
    match (&observation.value, info.allowed) {
        (Value::Number(number), Allowed::Number { min, max }) => unit_fault(observation.unit, info).or_else(|| {
            if !number.is_finite() {
                return Some(Fault::NotFinite);
            }
            let canonical = observation.unit.convert(*number, info.unit)?;
            (known && !(min..=max).contains(&canonical)).then_some(Fault::OutOfRange(info))
        }),
        (Value::Samples { period_us, values }, Allowed::Number { .. }) => {
            unit_fault(observation.unit, info).or_else(|| {
                if *period_us == 0 {
                    return Some(Fault::NoPeriod);
                }
                values.iter().any(|value| !value.is_finite()).then_some(Fault::NotFinite)
            })
        }
        (Value::Text(word), Allowed::Word(words)) => {
            (!words.contains(&word.as_str())).then_some(Fault::NotInVocabulary(info))
        }
        (Value::Text(text), Allowed::Text) => {
            let sound = (1..=32).contains(&text.chars().count()) && !text.chars().any(char::is_control);
            (!sound).then_some(Fault::NotInVocabulary(info))
        }
        _ => Some(Fault::WrongType(info)),
    }
}

fn unit_fault(unit: Unit, info: &'static CodeInfo) -> Option<Fault> {
    match unit {
        Unit::Unknown => Some(Fault::UnknownUnit),
        _ if unit.converts_to(info.unit) => None,
        _ => Some(Fault::UnitDoesNotConvert(info)),
    }
}

impl Fault {
    fn reason(&self, observation: &Observation) -> String {
        match self {
            Self::UnknownCode => {
                format!("code {} is not known; allowed: the codes of docs/CODES.md", observation.code.0)
            }
            Self::UnknownUnit => "the unit is not known; allowed: the UCUM units of docs/CODES.md".into(),
            Self::UnitDoesNotConvert(info) => {
                format!(
                    "{} cannot be in unit `{}`; allowed: `{}` or what converts to it",
                    info.name,
                    observation.unit.ucum(),
                    info.ucum
                )
            }
            Self::NotFinite => "the value is not a finite number".into(),
            Self::OutOfRange(info) => match info.allowed {
                Allowed::Number { min, max } => {
                    format!("{} cannot have this value; allowed: {min} to {max} {}", info.name, info.ucum)
                }
                _ => format!("{} cannot have this value", info.name),
            },
            Self::NotInVocabulary(info) => match info.allowed {
                Allowed::Word(words) => format!("{} does not know this word; allowed: {}", info.name, words.join(" ")),
                _ => format!("{} must be 1 to 32 printable characters", info.name),
            },
            Self::NoPeriod => "a sampled array must have a period above 0 us".into(),
            Self::WrongType(info) => match info.allowed {
                Allowed::Number { .. } => format!("{} must be a number or a sampled array", info.name),
                _ => format!("{} must be a text", info.name),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use smallvec::smallvec;
    use smol_str::SmolStr;

    use super::*;
    use crate::clinical::reading::{Lane, ReadingKey};
    use crate::time::Timestamp;

    fn spo2(value: f64) -> Observation {
        Observation { code: Code::SPO2, value: Value::Number(value), unit: Unit::Percent, validity: Validity::Valid }
    }

    fn reading(observations: &[Observation]) -> Reading {
        let at = Timestamp(10_000_000);
        Reading {
            key: ReadingKey { boot: 1, lane: Lane::Live, sequence: 1 },
            device_time: at,
            sent_at: at,
            observed_until: Some(at),
            period_ms: 1000,
            signal: Validity::Valid,
            observations: observations.iter().cloned().collect(),
            payload: None,
            decoder: None,
        }
    }

    #[test]
    fn what_cannot_be_true_is_taken_out_and_its_neighbours_stay() {
        let unknown_unit = Observation { unit: Unit::Unknown, ..spo2(97.0) };
        let wrong_unit = Observation { unit: Unit::MmHg, ..spo2(97.0) };
        let unknown_code = Observation { code: Code(12), ..spo2(97.0) };
        let bad =
            [spo2(f64::NAN), spo2(f64::INFINITY), spo2(-1.0), spo2(101.0), unknown_unit, wrong_unit, unknown_code];
        for observation in bad {
            let mut received = reading(&[spo2(97.0), observation.clone(), spo2(96.0)]);
            let rejections = judge(&mut received);
            assert_eq!(received.observations.as_slice(), [spo2(97.0), spo2(96.0)], "{observation:?}");
            assert_eq!(rejections.len(), 1);
            assert_eq!((rejections[0].observation, rejections[0].code), (Some(1), observation.code));
        }
    }

    #[test]
    fn a_reason_never_holds_the_value() {
        let mut received = reading(&[spo2(123.5), spo2(-77.25)]);
        for rejection in judge(&mut received) {
            assert!(!rejection.reason.contains("123.5") && !rejection.reason.contains("77.25"), "{}", rejection.reason);
            assert!(rejection.reason.contains("allowed: 0 to 100 %"), "{}", rejection.reason);
        }
    }

    #[test]
    fn words_outside_the_vocabulary_and_wrong_types_are_taken_out() {
        let text = |code: &str, word: &str| Observation {
            code: Code::by_name(code).unwrap().code,
            value: Value::Text(SmolStr::new(word)),
            unit: Unit::None,
            validity: Validity::Valid,
        };
        let good = [text("consciousness", "A"), text("beat_type", "["), text("rhythm_label", "AFIB")];
        let mut received = reading(&good);
        assert!(judge(&mut received).is_empty());
        let bad =
            [text("consciousness", "Z"), text("beat_type", "NN"), text("rhythm_label", "a\nb"), text("spo2", "97")];
        let mut received = reading(&bad);
        assert_eq!(judge(&mut received).len(), 4);
        assert!(received.observations.is_empty());
    }

    #[test]
    fn an_implausible_value_of_a_lost_signal_is_no_fault() {
        let lost = Observation { validity: Validity::NoSignal, ..spo2(-1.0) };
        assert!(judge(&mut reading(&[lost])).is_empty());
    }

    #[test]
    fn ranges_hold_in_the_canonical_unit() {
        let fever = Observation {
            code: Code::by_name("temperature").unwrap().code,
            value: Value::Number(101.3),
            unit: Unit::Fahrenheit,
            validity: Validity::Valid,
        };
        assert!(judge(&mut reading(&[fever])).is_empty());
    }

    #[test]
    fn nothing_is_watched_in_the_future() {
        let mut received = reading(&[]);
        received.observed_until = Some(Timestamp::MAX);
        let rejections = judge(&mut received);
        assert_eq!(received.observed_until, None);
        assert_eq!(rejections[0].observation, None);
    }

    #[test]
    fn a_waveform_with_one_bad_value_is_taken_out() {
        let wave = |values: &[f32], period_us| Observation {
            code: Code::HEART_RATE,
            value: Value::Samples { period_us, values: values.into() },
            unit: Unit::PerMinute,
            validity: Validity::Valid,
        };
        let mut received = reading(&[wave(&[1.0, f32::NAN], 4000), wave(&[1.0, 2.0], 0), wave(&[1.0, 2.0], 4000)]);
        assert_eq!(judge(&mut received).len(), 2);
        assert_eq!(received.observations.len(), 1);
        let empty: smallvec::SmallVec<[Observation; 2]> = smallvec![];
        assert_ne!(received.observations, empty);
    }
}
