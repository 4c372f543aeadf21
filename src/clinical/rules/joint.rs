//! Rules that set values of one device against each other, and the newest values that they need.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::kind::Kind;
use super::sample::number;
use super::slot::{Changes, Slot, Turn};
use super::view::View;
use crate::clinical::codes::{Allowed, Code};
use crate::clinical::reading::{Observation, Reading, Validity, Value};
use crate::time::Timestamp;

/// The newest vouched value of one code: a number, or the place of a word among those that the code knows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct NewestValue {
    pub(super) code: Code,
    pub(super) at: Timestamp,
    pub(super) value: f64,
}

impl NewestValue {
    /// What an observation says; `None` where the device does not vouch for it.
    pub(super) fn of(observation: &Observation, at: Timestamp) -> Option<Self> {
        let value = match &observation.value {
            Value::Number(_) => number(observation)?,
            Value::Text(word) if observation.validity == Validity::Valid => place_of(observation.code, word)?,
            _ => return None,
        };
        Some(Self { code: observation.code, at, value })
    }
}

/// The place of a word among those that a code knows.
pub(super) fn place_of(code: Code, word: &str) -> Option<f64> {
    let Allowed::Word(words) = code.info()?.allowed else { return None };
    let place = words.iter().position(|known| *known == word)?;
    Some(f64::from(u16::try_from(place).ok()?))
}

/// The newest values of the codes that joint rules are about, and a slot per joint rule.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Joint {
    pub(super) slots: SmallVec<[Slot; 4]>,
    newest: Vec<NewestValue>,
}

/// What joint rules see.
pub(super) struct Values<'a> {
    newest: &'a [NewestValue],
    pub(super) now: Timestamp,
}

impl Values<'_> {
    /// The newest value of a code, at most `fresh_us` old.
    pub(super) fn fresh(&self, code: Code, fresh_us: i64) -> Option<f64> {
        let newest = self.newest.iter().find(|newest| newest.code == code)?;
        (self.now.since_us(newest.at) <= fresh_us).then_some(newest.value)
    }

    /// Whether the newest value of a code came with the reading that is judged.
    pub(super) fn is_new(&self, code: Code) -> bool {
        self.newest.iter().any(|newest| newest.code == code && newest.at == self.now)
    }
}

impl Joint {
    pub(super) fn new(rules: &View) -> Self {
        Self { slots: SmallVec::from_elem(Slot::default(), rules.joint_rules.len()), newest: Vec::new() }
    }

    /// Whether a reading says anything that joint rules are about.
    pub(super) fn concerns(rules: &View, reading: &Reading) -> bool {
        !rules.joint_codes.is_empty()
            && reading.observations.iter().any(|observation| rules.joint_codes.contains(&observation.code))
    }

    pub(super) fn observe(&mut self, rules: &View, reading: &Reading, changes: &mut Changes) {
        let at = reading.device_time;
        for observation in &reading.observations {
            if !rules.joint_codes.contains(&observation.code) {
                continue;
            }
            let Some(value) = NewestValue::of(observation, at) else {
                // What nobody vouches for now must not be reckoned with as if it were.
                self.newest.retain(|newest| newest.code != observation.code);
                continue;
            };
            match self.newest.iter_mut().find(|newest| newest.code == value.code) {
                Some(newest) => *newest = value,
                None => self.newest.push(value),
            }
        }
        let values = Values { newest: &self.newest, now: at };
        for (slot, &rule) in self.slots.iter_mut().zip(&rules.joint_rules) {
            if slot.off {
                continue;
            }
            let mut turn = Turn { rule, slot, changes };
            match rules.kind(rule) {
                Kind::Deviation(kind) => kind.values(&mut turn, &values),
                Kind::ValueMissing(kind) => kind.values(&mut turn, &values),
                Kind::Projection(kind) => kind.values(&mut turn, &rules.rule(rule).id, &values),
                _ => {}
            }
        }
    }

    /// Readings are missing: no sample follows another.
    pub(super) fn interrupt(&mut self) {
        self.slots.iter_mut().for_each(|slot| slot.since.clear());
    }

    pub(super) fn bytes_held(&self) -> usize {
        let spilled = if self.slots.spilled() { self.slots.capacity() * size_of::<Slot>() } else { 0 };
        size_of::<Self>() + spilled + self.newest.capacity() * size_of::<NewestValue>()
    }
}
