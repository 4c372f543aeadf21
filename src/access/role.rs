//! What a person is.

use std::fmt;
use std::str::FromStr;

use crate::clinical::ids::PersonId;

/// What a person is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Answers for patients; the speciality may be empty.
    Physician(String),
    /// Answers for patients.
    Nurse,
    /// Answers for equipment.
    Technician,
    /// Keeps the platform running; sees no patient.
    Sre,
    /// Reviews who saw and did what.
    Compliance,
    /// Registers, admits, assigns.
    Admin,
}

/// A role that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a role is physician, physician:SPECIALITY, nurse, technician, sre, compliance or admin")]
pub struct RoleError;

impl FromStr for Role {
    type Err = RoleError;

    fn from_str(text: &str) -> Result<Self, RoleError> {
        Ok(match text {
            "physician" => Self::Physician(String::new()),
            "nurse" => Self::Nurse,
            "technician" => Self::Technician,
            "sre" => Self::Sre,
            "compliance" => Self::Compliance,
            "admin" => Self::Admin,
            _ => match text.strip_prefix("physician:") {
                Some(speciality) if PersonId::new(speciality).is_ok() => Self::Physician(speciality.to_owned()),
                _ => return Err(RoleError),
            },
        })
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Physician(speciality) if !speciality.is_empty() => return write!(f, "physician:{speciality}"),
            Self::Physician(_) => "physician",
            Self::Nurse => "nurse",
            Self::Technician => "technician",
            Self::Sre => "sre",
            Self::Compliance => "compliance",
            Self::Admin => "admin",
        })
    }
}
