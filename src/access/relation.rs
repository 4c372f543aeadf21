//! How a person stands to a patient, or to one alert of a patient.

/// How a person stands to a patient, or to one alert of a patient.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Relation {
    /// On the care team: of the unit's ladder or staff, or assigned to the patient.
    pub team: bool,
    /// Paged for this alert, or its owner.
    pub asked: bool,
    /// The glass was broken, and that has not ended.
    pub broke_glass: bool,
}

impl Relation {
    /// No relation at all.
    pub const NONE: Self = Self { team: false, asked: false, broke_glass: false };
    /// The closest that there is: for a question before it is known which patient it is about.
    pub const CLOSEST: Self = Self { team: true, asked: true, broke_glass: false };

    /// Every one that there can be.
    #[must_use]
    pub fn all() -> [Self; 8] {
        std::array::from_fn(|bits| Self { team: bits & 1 != 0, asked: bits & 2 != 0, broke_glass: bits & 4 != 0 })
    }

    /// Whether there is any.
    #[must_use]
    pub const fn reaches(self) -> bool {
        self.team || self.asked || self.broke_glass
    }
}
