//! To whom and to what a rule applies: ages, device models; and in whose stream it lives.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::fields::Fields;
use crate::clinical::patient::{AgeClass, Profile};

/// Where a rule lives: who keeps its windows and whose condition it determines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Home {
    /// With the patient, over all devices.
    #[default]
    Patient,
    /// With the device, whether or not it belongs to a patient.
    Device,
}

/// Whom the rules judge.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// A patient.
    Patient(&'a Profile),
    /// A device of this model.
    Device {
        /// As it was registered.
        model: &'a SmolStr,
    },
}

/// Some classes of age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ages(u8);

/// Every age class, by its name in rule files.
pub(super) const CLASSES: [(&str, AgeClass); 4] = [
    ("adult", AgeClass::Adult),
    ("child", AgeClass::Child),
    ("newborn", AgeClass::Newborn),
    ("unknown", AgeClass::Unknown),
];

impl Ages {
    const ALL: Self = Self(0b1111);

    pub(super) fn contains(self, age: AgeClass) -> bool {
        self.0 & Self::bit(age) != 0
    }

    fn bit(age: AgeClass) -> u8 {
        match age {
            AgeClass::Adult => 1,
            AgeClass::Child => 2,
            AgeClass::Newborn => 4,
            AgeClass::Unknown => 8,
        }
    }

    /// Reads `ages`; every age where the key is missing.
    pub(super) fn parse(fields: &mut Fields<'_>) -> Self {
        if !fields.has("ages") {
            fields.texts("ages");
            return Self::ALL;
        }
        let mut ages = Self(0);
        let texts = fields.texts("ages");
        for (word, offset) in texts {
            match CLASSES.iter().find(|(name, _)| *name == word) {
                Some((_, age)) => ages.0 |= Self::bit(*age),
                None => fields.source.mistake(
                    offset,
                    format!("`ages` names `{word}`, which is no age class; allowed: adult, child, newborn, unknown"),
                ),
            }
        }
        if ages.0 == 0 {
            fields.wrong("ages", "must name at least one age class; allowed: adult, child, newborn, unknown");
        }
        ages
    }
}

/// To whom and to what one rule applies.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Applies {
    ages: Ages,
    /// Models, in lower case; one that ends with `*` stands for all that begin so. Empty: all.
    models: Vec<SmolStr>,
}

impl Applies {
    pub(super) fn parse(fields: &mut Fields<'_>, home: Home) -> Self {
        let ages = Ages::parse(fields);
        let models: Vec<_> =
            fields.texts("models").into_iter().map(|(model, _)| SmolStr::new(model.to_lowercase())).collect();
        if home == Home::Patient && !models.is_empty() {
            fields.wrong("models", "goes with `subject = \"device\"` only: a patient has no model");
        }
        if home == Home::Device && ages != Ages::ALL {
            fields.wrong("ages", "does not go with `subject = \"device\"`: a device has no age");
        }
        Self { ages, models }
    }

    /// Whether the rule applies at this age.
    pub(super) fn at(&self, age: AgeClass) -> bool {
        self.ages.contains(age)
    }

    /// Whether the rule applies to this subject.
    pub(super) fn to(&self, subject: Subject<'_>) -> bool {
        match subject {
            Subject::Patient(profile) => self.ages.contains(profile.age),
            Subject::Device { model } => {
                self.models.is_empty() || {
                    let model = model.to_lowercase();
                    self.models.iter().any(|known| match known.strip_suffix('*') {
                        Some(begin) => model.starts_with(begin),
                        None => model == known.as_str(),
                    })
                }
            }
        }
    }
}
