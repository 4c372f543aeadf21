//! One patient, whose devices say things at milliseconds; answers are short texts.

use smol_str::SmolStr;

use crate::clinical::codes::Code;
use crate::clinical::condition::Evidence;
use crate::clinical::ids::DeviceId;
use crate::clinical::patient::{AgeClass, Profile};
use crate::clinical::reading::{Lane, Observation, Reading, ReadingKey, Validity, Value};
use crate::clinical::rules::{RuleSet, RuleStates, Subject, Transition};
use crate::clinical::units::Unit;
use crate::time::Timestamp;

/// The built-in set.
pub fn bedside() -> RuleSet {
    RuleSet::bedside().unwrap_or_else(|mistakes| panic!("{mistakes:#?}"))
}

/// A set of one text.
pub fn set(text: &str) -> RuleSet {
    RuleSet::parse(&[("rules.toml".into(), text.into())]).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"))
}

pub fn observation(code: Code, value: f64, unit: Unit) -> Observation {
    Observation { code, value: Value::Number(value), unit, validity: Validity::Valid }
}

pub fn spo2(value: f64) -> Observation {
    observation(Code::SPO2, value, Unit::Percent)
}

pub fn no_spo2() -> Observation {
    Observation { validity: Validity::NoSignal, ..spo2(0.0) }
}

/// A number of the code with this name, in its unit.
pub fn number(name: &str, value: f64) -> Observation {
    let info = Code::by_name(name).unwrap_or_else(|| panic!("{name} is no code"));
    observation(info.code, value, info.unit)
}

/// A word of the code with this name.
pub fn word(name: &str, word: &str) -> Observation {
    let code = Code::by_name(name).unwrap_or_else(|| panic!("{name} is no code")).code;
    Observation { code, value: Value::Text(word.into()), unit: Unit::None, validity: Validity::Valid }
}

pub fn interval(ms: f64) -> Observation {
    observation(Code::RR_INTERVAL, ms, Unit::Millisecond)
}

pub fn beat(word: &str) -> Observation {
    Observation { code: Code::BEAT_TYPE, value: Value::Text(word.into()), unit: Unit::None, validity: Validity::Valid }
}

/// A reading at `at_ms` that has watched until then.
pub fn reading(sequence: u64, at_ms: i64, observations: &[Observation]) -> Reading {
    let at = Timestamp(0).plus_ms(at_ms);
    Reading {
        key: ReadingKey { boot: 1, lane: Lane::Live, sequence },
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

/// `+rule start..onset`, with `!` if it alerts; `-rule at`. Milliseconds.
pub fn show(transition: &Transition) -> String {
    let ms = |at: Timestamp| at.since_ms(Timestamp(0));
    match transition {
        Transition::Began { condition, alerts } => {
            let mark = if *alerts { "!" } else { "" };
            format!("+{}{mark} {}..{}", condition.key.rule, ms(condition.start), ms(condition.onset))
        }
        Transition::Ended { key, at } => format!("-{} {}", key.rule, ms(*at)),
    }
}

pub struct Scene {
    pub rules: RuleSet,
    pub states: RuleStates,
    pub profile: Profile,
    /// The device's own rules are judged instead of the patient's.
    model: Option<SmolStr>,
    device: DeviceId,
    sequence: u64,
}

/// An adult of whom nothing else is known.
pub fn adult() -> Profile {
    Profile { age: AgeClass::Adult, ..Profile::default() }
}

impl Scene {
    pub fn new(rules: RuleSet) -> Self {
        let device = DeviceId::new("monitor").unwrap();
        Self { rules, states: RuleStates::default(), profile: adult(), model: None, device, sequence: 0 }
    }

    /// The rules of a device of this model.
    pub fn of_device(rules: RuleSet, model: &str) -> Self {
        Self { model: Some(model.into()), ..Self::new(rules) }
    }

    /// From now on another device speaks.
    pub fn speaker(&mut self, device: &str) -> &mut Self {
        self.device = DeviceId::new(device).unwrap();
        self.sequence = 0;
        self
    }

    pub fn observe(&mut self, reading: &Reading) -> Vec<Transition> {
        let source = Evidence::of(&self.device, reading.key.sequence, reading);
        let subject = match &self.model {
            Some(model) => Subject::Device { model },
            None => Subject::Patient(&self.profile),
        };
        self.states.observe(&self.rules, subject, reading, &source)
    }

    pub fn says(&mut self, at_ms: i64, observations: &[Observation]) -> Vec<String> {
        self.says_with(at_ms, observations, |_| {})
    }

    pub fn says_with(&mut self, at_ms: i64, said: &[Observation], change: impl FnOnce(&mut Reading)) -> Vec<String> {
        self.sequence += 1;
        let mut reading = reading(self.sequence, at_ms, said);
        change(&mut reading);
        self.sequence = reading.key.sequence;
        self.observe(&reading).iter().map(show).collect()
    }

    /// The rules that set in, by name.
    pub fn onsets(&mut self, at_ms: i64, said: &[Observation]) -> Vec<String> {
        let said = self.says(at_ms, said);
        let began = said.iter().filter_map(|said| said.strip_prefix('+'));
        began.map(|said| said.split(['!', ' ']).next().unwrap_or_default().to_owned()).collect()
    }

    pub fn watched(&mut self, until_ms: i64) -> Vec<String> {
        self.says(until_ms, &[])
    }

    pub fn lost(&mut self, at_ms: i64) -> Vec<String> {
        self.says_with(at_ms, &[], |reading| reading.signal = Validity::NoSignal)
    }

    pub fn beat(&mut self, at_ms: i64, interval_ms: f64, word: &str) -> Vec<String> {
        self.says(at_ms, &[interval(interval_ms), beat(word)])
    }

    /// `count` beats, `step_ms` apart, the first one step after `from_ms`; the time of the last.
    pub fn beats(&mut self, from_ms: i64, step_ms: i64, count: i64, word: &str) -> (i64, Vec<String>) {
        let mut said = Vec::new();
        for nth in 1..=count {
            #[allow(clippy::cast_precision_loss)]
            said.extend(self.beat(from_ms + nth * step_ms, step_ms as f64, word));
        }
        (from_ms + count * step_ms, said)
    }
}
