//! A score: inputs with points, and bands of the total.

use smallvec::SmallVec;
use smol_str::SmolStr;

use crate::clinical::codes::Code;
use crate::clinical::ids::RuleId;
use crate::clinical::patient::{Profile, Spo2Scale};
use crate::clinical::rules::applies::Ages;

/// A score, as its file says.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// Its name, for example `news2`.
    pub id: RuleId,
    /// Its version, from 1.
    pub version: u32,
    /// Name for people.
    pub title: SmolStr,
    /// Standard or paper and table, or "project default".
    pub source: SmolStr,
    pub(in crate::clinical::rules) ages: Ages,
    /// Whether it is made in pregnancy too.
    pub(super) pregnancy: bool,
    /// Whether it is made with every reading, also one without any of its values: research conventions carry values on.
    pub(in crate::clinical::rules) each_reading: bool,
    pub(super) inputs: Vec<Input>,
    pub(super) bands: Vec<Band>,
}

/// What a score is made of.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Input {
    pub(super) name: SmolStr,
    /// Where its value comes from: the newest counts, of two as new the first one named.
    pub(super) codes: SmallVec<[Code; 2]>,
    /// How old a value may be.
    pub(super) fresh_us: i64,
    /// No score at all without it.
    pub(super) required: bool,
    /// Points where it is missing; only research conventions assume anything.
    pub(super) assumed: Option<u8>,
    /// For patients with this scale of oxygen saturation only.
    pub(super) scale: Option<Spo2Scale>,
    pub(super) points: Points,
}

/// How a value becomes points.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Points {
    /// By number, rounded half up to `1 / per_unit`; the bands leave no gap.
    Number { per_unit: f64, bands: Vec<PointBand> },
    /// By word (its place among those that the code knows).
    Word(Vec<(f64, u8)>),
    /// Oxygen is given where the newest value of any of the codes is above its number.
    Oxygen { above: Vec<f64>, given: u8 },
}

/// Points for values up to one, in steps of the rounding; `None`: for all above the band before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PointBand {
    pub(super) to: Option<i64>,
    pub(super) points: u8,
    /// Other points for somebody who breathes air.
    pub(super) on_air: Option<u8>,
}

/// A band of the total.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Band {
    pub(super) name: SmolStr,
    /// The greatest total in it; `None`: any above the band before.
    pub(super) to: Option<u16>,
    /// The band's place is this one's where any single input has so many points.
    pub(super) single: Option<(u8, SmolStr)>,
}

impl Score {
    /// Whether it is made for this patient.
    #[must_use]
    pub fn applies(&self, profile: &Profile) -> bool {
        self.ages.contains(profile.age) && (self.pregnancy || !profile.pregnant)
    }

    /// Whether a code is one of its inputs.
    pub(super) fn is_made_of(&self, code: Code) -> bool {
        self.inputs.iter().any(|input| input.codes.contains(&code))
    }

    /// Every code that it is made of.
    pub(in crate::clinical::rules) fn codes(&self) -> impl Iterator<Item = Code> {
        self.inputs.iter().flat_map(|input| input.codes.iter().copied())
    }

    /// The names of the bands, in order; those for a single input come after the band that they belong to.
    pub(in crate::clinical::rules) fn band_names(&self) -> impl Iterator<Item = &SmolStr> {
        self.bands.iter().flat_map(|band| std::iter::once(&band.name).chain(band.single.as_ref().map(|(_, name)| name)))
    }

    /// The place among [`Self::band_names`] of a total with this greatest single input.
    pub(super) fn band_of(&self, total: u16, greatest: u8) -> u8 {
        let mut place = 0;
        for band in &self.bands {
            if band.to.is_none_or(|to| total <= to) {
                let single = band.single.as_ref().is_some_and(|(points, _)| greatest >= *points);
                return place + u8::from(single);
            }
            place += 1 + u8::from(band.single.is_some());
        }
        place.saturating_sub(1)
    }

    /// The names of the inputs whose bits are set.
    pub(in crate::clinical::rules) fn names_of(&self, bits: u16) -> impl Iterator<Item = &SmolStr> {
        let set = move |(place, _): &(usize, &Input)| bits & 1 << place != 0;
        self.inputs.iter().enumerate().filter(set).map(|(_, input)| &input.name)
    }
}

impl Points {
    /// Points of a value; `on_oxygen`: whether the patient is given oxygen, where that is known. Where it matters and is
    /// not known, the fewer points: a score says "at least".
    pub(super) fn of(&self, value: f64, on_oxygen: Option<bool>) -> Option<u8> {
        match self {
            Self::Number { per_unit, bands } => {
                #[allow(clippy::cast_possible_truncation)] // Values of codes are far below 2^63.
                let steps = (value * per_unit + 0.5).floor() as i64;
                let band = bands.iter().find(|band| band.to.is_none_or(|to| steps <= to))?;
                Some(match (band.on_air, on_oxygen) {
                    (Some(on_air), Some(false)) => on_air,
                    (Some(on_air), None) => on_air.min(band.points),
                    _ => band.points,
                })
            }
            #[allow(clippy::float_cmp)] // Places are small whole numbers.
            Self::Word(words) => words.iter().find(|(place, _)| *place == value).map(|(_, points)| *points),
            Self::Oxygen { given, .. } => Some(if value > 0.0 { *given } else { 0 }),
        }
    }
}
