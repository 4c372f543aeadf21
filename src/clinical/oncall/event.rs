//! What happens to a roster.
// Fields of the variants carry the words of docs/GLOSSARY.md; the variants say what they mean.
#![allow(missing_docs)]

use serde::{Deserialize, Serialize};

use super::person::Contact;
use super::shift::ShiftOffer;
use super::standing::{Assignment, Maintenance, Override};
use crate::clinical::ids::{PersonId, UnitId};

/// One fact about who is responsible.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RosterEvent {
    /// A plan with its full text: policies, people, rotations, units. Its version is the roster's.
    PlanAdopted { files: Vec<(String, String)> },
    /// An override.
    OverrideSet(Override),
    /// An override was taken back.
    OverrideEnded { number: u32, by: PersonId },
    /// A person has shown that a contact of theirs works.
    ContactVerified { person: PersonId, contact: Contact },
    /// A contact is not to be used.
    ContactDisabled { person: PersonId, contact: Contact },
    /// A test page went out.
    CheckSent { person: PersonId },
    /// Its person answered it.
    CheckAnswered { person: PersonId },
    /// Patients were assigned to a nurse for a shift.
    PatientsAssigned(Assignment),
    /// Technical alerts of a unit are silenced for a while.
    MaintenanceSet(Maintenance),
    /// Somebody offers a shift, and stays responsible until it is taken.
    ShiftOffered(ShiftOffer),
    /// The shift was taken over.
    ShiftTaken(ShiftOffer),
    /// Maintenance ended before its time.
    MaintenanceEnded { unit: UnitId, by: PersonId },
}
