//! What of a patient decides which rules judge, and by which limits: stated by people, never guessed.

use serde::{Deserialize, Serialize};

use crate::clinical::ids::UnitId;
use crate::clinical::rules::SetLimit;
use crate::time::Timestamp;

/// Age as far as limits depend on it. Nothing finer is kept: a class decides the same in every replay, whatever the date
/// is then. Whoever cares for the patient changes it when a birthday makes it wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AgeClass {
    /// Nobody said: limits that depend on age are missing, loudly.
    #[default]
    Unknown,
    /// 16 years and older, the ages for which NEWS2 is made.
    Adult,
    /// From the 29th day up to 15 years.
    Child,
    /// Up to the 28th day.
    Newborn,
}

/// Where the patient is cared for: how fast people can be there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Setting {
    /// Continuous monitoring, people in the room within seconds. Also where nobody said: the most urgent one.
    #[default]
    Bedside,
    /// Spot checks or a wearable on a ward.
    Ward,
    /// At home.
    Home,
    /// Followed from afar by the clinic of an implanted device.
    DeviceClinic,
}

/// A prescribed range of oxygen saturation, both ends in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Spo2Target {
    low_percent: u8,
    high_percent: u8,
}

/// A range that nobody can prescribe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an SpO2 target runs from 50 % at least to 100 % at most, and its low end is below its high end")]
pub struct BadSpo2Target;

impl Spo2Target {
    /// The range of scale 2: hypercapnic respiratory failure (Royal College of Physicians, NEWS2, 2017).
    pub const SCALE_2: Self = Self { low_percent: 88, high_percent: 92 };

    /// A range in percent, both ends in it.
    ///
    /// # Errors
    /// [`BadSpo2Target`].
    pub const fn new(low_percent: u8, high_percent: u8) -> Result<Self, BadSpo2Target> {
        if low_percent < 50 || low_percent >= high_percent || high_percent > 100 {
            return Err(BadSpo2Target);
        }
        Ok(Self { low_percent, high_percent })
    }

    /// The lowest saturation in it, in percent.
    #[must_use]
    pub const fn low_percent(self) -> u8 {
        self.low_percent
    }

    /// The highest saturation in it, in percent.
    #[must_use]
    pub const fn high_percent(self) -> u8 {
        self.high_percent
    }
}

/// By which table NEWS2 scores oxygen saturation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Spo2Scale {
    /// For everybody for whom scale 2 is not prescribed.
    #[default]
    One,
    /// Prescribed by a competent decision maker for hypercapnic respiratory failure.
    Two,
}

/// Why NEWS2 is not to be scored for a patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoNews2 {
    /// Nobody said how old the patient is: that is a gap to be closed, and is said loudly.
    AgeUnknown,
    /// Younger than 16 years: the score is not made for them.
    NotAdult,
    /// The score is not made for pregnancy.
    Pregnant,
}

/// What decides which rules judge a patient, and by which limits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Age, as far as limits depend on it.
    pub age: AgeClass,
    /// Whether the patient is known to be pregnant.
    pub pregnant: bool,
    /// The scale of NEWS2 that is prescribed.
    pub spo2_scale: Spo2Scale,
    /// The range that is prescribed; `None`: none. See [`Profile::spo2_target`].
    pub spo2_prescribed: Option<Spo2Target>,
    /// Where the patient is cared for.
    pub setting: Setting,
    /// The care unit, some of whose limits may be its own; kept by the stay.
    pub unit: Option<UnitId>,
    /// Limits that somebody set for this patient; kept by the stay.
    pub limits: Vec<SetLimit>,
    /// Receipt time: what was set to end by then does not hold; kept by the stay.
    pub limits_ended: Timestamp,
}

impl Profile {
    /// The scale by which NEWS2 is scored.
    ///
    /// # Errors
    /// [`NoNews2`]: it is not to be scored.
    pub const fn news2(&self) -> Result<Spo2Scale, NoNews2> {
        match (self.age, self.pregnant) {
            (AgeClass::Unknown, _) => Err(NoNews2::AgeUnknown),
            (AgeClass::Child | AgeClass::Newborn, _) => Err(NoNews2::NotAdult),
            (AgeClass::Adult, true) => Err(NoNews2::Pregnant),
            (AgeClass::Adult, false) => Ok(self.spo2_scale),
        }
    }

    /// What is prescribed of this, with what is kept by the stay of another.
    #[must_use]
    pub fn with_kept_of(&self, other: &Self) -> Self {
        let (unit, limits, limits_ended) = (other.unit.clone(), other.limits.clone(), other.limits_ended);
        Self { unit, limits, limits_ended, ..self.clone() }
    }

    /// The range of saturation that limits follow: the prescribed one, or that of scale 2; `None`: the rules' own.
    #[must_use]
    pub fn spo2_target(&self) -> Option<Spo2Target> {
        let of_scale = match self.spo2_scale {
            Spo2Scale::One => None,
            Spo2Scale::Two => Some(Spo2Target::SCALE_2),
        };
        self.spo2_prescribed.or(of_scale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news2_is_for_adults_who_are_not_pregnant() {
        let of = |age, pregnant| Profile { age, pregnant, ..Profile::default() }.news2();
        assert_eq!(of(AgeClass::Adult, false), Ok(Spo2Scale::One));
        assert_eq!(of(AgeClass::Adult, true), Err(NoNews2::Pregnant));
        assert_eq!(of(AgeClass::Child, true), Err(NoNews2::NotAdult));
        assert_eq!(of(AgeClass::Newborn, false), Err(NoNews2::NotAdult));
        assert_eq!(of(AgeClass::Unknown, false), Err(NoNews2::AgeUnknown));
    }

    #[test]
    fn a_prescribed_range_goes_before_that_of_the_scale() {
        let two = Profile { spo2_scale: Spo2Scale::Two, ..Profile::default() };
        assert_eq!(two.spo2_target(), Some(Spo2Target::SCALE_2));
        let own = Profile { spo2_prescribed: Spo2Target::new(85, 90).ok(), ..two };
        assert_eq!(own.spo2_target().map(Spo2Target::low_percent), Some(85));
        assert_eq!(Profile::default().spo2_target(), None);
    }

    #[test]
    fn a_range_that_nobody_can_prescribe_is_refused() {
        for (low, high) in [(49, 90), (90, 90), (92, 88), (90, 101), (0, 0)] {
            assert_eq!(Spo2Target::new(low, high), Err(BadSpo2Target), "{low} to {high}");
        }
        assert!(Spo2Target::new(50, 100).is_ok());
    }
}
