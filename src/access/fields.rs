//! What can be seen, in groups that are allowed or left out together.

use std::fmt;

/// A group of fields of what services answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// What is needed to send an alert on: opaque ids, unit, kind, priority, state, people, deadlines, versions.
    Route,
    /// A device: its id, model, firmware, gateway.
    Device,
    /// Which patient: the opaque id beside a device or an alert.
    Patient,
    /// Where the patient lies: the bed.
    Place,
    /// What was found: the rule, its text, whether it is present, when it began.
    Finding,
    /// Numbers: a finding's value and limit, vital signs.
    Value,
    /// Reasons and comments that people wrote.
    Note,
    /// Beats, intervals and labels of a rhythm.
    Rhythm,
    /// Electrograms, waveforms and raw payloads.
    Trace,
    /// What is known of a patient at the admission: age class, prescribed ranges.
    Profile,
}

impl Field {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Route,
        Self::Device,
        Self::Patient,
        Self::Place,
        Self::Finding,
        Self::Value,
        Self::Note,
        Self::Rhythm,
        Self::Trace,
        Self::Profile,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Route => "route",
            Self::Device => "device",
            Self::Patient => "patient",
            Self::Place => "place",
            Self::Finding => "finding",
            Self::Value => "value",
            Self::Note => "note",
            Self::Rhythm => "rhythm",
            Self::Trace => "trace",
            Self::Profile => "profile",
        }
    }
}

/// A set of [`Field`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Fields(u16);

impl Fields {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// What an administrator sees of an alert or a patient: that there is one, where, who is asked, and what the
    /// administrator said at the admission.
    pub const OVERSIGHT: Self = Self::of(&[Field::Route, Field::Device, Field::Patient, Field::Place, Field::Profile]);
    /// What a technician sees: equipment, and nothing of a patient.
    pub const EQUIPMENT: Self = Self::of(&[Field::Route, Field::Device, Field::Finding, Field::Value]);
    /// What a nurse sees, and whoever is asked to answer.
    pub const BEDSIDE: Self = Self::of(&[
        Field::Route,
        Field::Device,
        Field::Patient,
        Field::Place,
        Field::Finding,
        Field::Value,
        Field::Note,
        Field::Profile,
    ]);
    /// What a physician sees.
    pub const CLINICAL: Self = Self(Self::BEDSIDE.0 | Self::of(&[Field::Rhythm]).0);
    /// What a cardiologist sees.
    pub const CARDIOLOGY: Self = Self(Self::CLINICAL.0 | Self::of(&[Field::Trace]).0);

    const fn of(fields: &[Field]) -> Self {
        let (mut bits, mut index) = (0, 0);
        while index < fields.len() {
            bits |= 1 << fields[index] as u16;
            index += 1;
        }
        Self(bits)
    }

    /// Whether the field is among them.
    #[must_use]
    pub const fn has(self, field: Field) -> bool {
        self.0 & (1 << field as u16) != 0
    }

    /// The value if the field is among them, else nothing.
    #[must_use]
    pub fn show<T: Default>(self, field: Field, value: T) -> T {
        if self.has(field) { value } else { T::default() }
    }

    /// Both together.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// As a number, for the record. Stable.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0 as u32
    }

    /// From the number of a record; unknown bits are dropped.
    #[must_use]
    pub fn from_bits(bits: u32) -> Self {
        let known = Self::of(&Field::ALL).bits() & bits;
        Self(u16::try_from(known).unwrap_or_default())
    }
}

impl fmt::Display for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = Field::ALL.iter().filter(|field| self.has(**field)).map(|field| field.name()).collect();
        f.write_str(&names.join(", "))
    }
}
