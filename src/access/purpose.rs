//! Why somebody accesses data of a patient.

use std::fmt;
use std::str::FromStr;

use super::Role;

/// The purpose of use, with its code of the value set `PurposeOfUse` of HL7 Terminology (`v3-ActReason`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// `TREAT`: treatment.
    Treatment,
    /// `ETREAT`: emergency treatment.
    Emergency,
    /// `BTG`: break the glass.
    BreakGlass,
    /// `HOPERAT`: operation of the site.
    Operations,
    /// `HSYSADMIN`: administration of the system.
    Administration,
    /// `HCOMPL`: compliance.
    Compliance,
    /// `PATRQT`: the patient asked for it.
    PatientRequest,
}

/// A purpose that does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a purpose of use is TREAT, ETREAT, BTG, HOPERAT, HSYSADMIN, HCOMPL or PATRQT")]
pub struct PurposeError;

impl Purpose {
    const ALL: [Self; 7] = [
        Self::Treatment,
        Self::Emergency,
        Self::BreakGlass,
        Self::Operations,
        Self::Administration,
        Self::Compliance,
        Self::PatientRequest,
    ];

    /// The code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Treatment => "TREAT",
            Self::Emergency => "ETREAT",
            Self::BreakGlass => "BTG",
            Self::Operations => "HOPERAT",
            Self::Administration => "HSYSADMIN",
            Self::Compliance => "HCOMPL",
            Self::PatientRequest => "PATRQT",
        }
    }

    /// What is meant where nobody says: the purpose for which people have their roles.
    #[must_use]
    pub fn of_roles(roles: &[Role]) -> Self {
        let has = |wanted: fn(&Role) -> bool| roles.iter().any(wanted);
        if has(|role| matches!(role, Role::Physician(_) | Role::Nurse)) {
            Self::Treatment
        } else if has(|role| matches!(role, Role::Compliance)) {
            Self::Compliance
        } else if has(|role| matches!(role, Role::Technician | Role::Sre)) {
            Self::Administration
        } else {
            Self::Operations
        }
    }
}

impl FromStr for Purpose {
    type Err = PurposeError;

    fn from_str(text: &str) -> Result<Self, PurposeError> {
        Self::ALL.into_iter().find(|purpose| purpose.code() == text).ok_or(PurposeError)
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
