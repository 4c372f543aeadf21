//! What holds beside the plan: what people said and did since.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::person::Contact;
use super::shift::ShiftOffer;
use crate::clinical::ids::{PatientId, PersonId, RotationId, UnitId};
use crate::time::Timestamp;

/// Somebody is on call instead of, or beside, whoever the rotation names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// 1 for the first ever set, then ascending.
    pub number: u32,
    /// Whose on-call it changes.
    pub rotation: RotationId,
    /// Who is on call besides.
    pub add: Option<PersonId>,
    /// Who is not.
    pub remove: Option<PersonId>,
    /// From then on.
    pub from: Timestamp,
    /// Until then.
    pub to: Timestamp,
}

impl Override {
    /// Whether it holds at `at`.
    #[must_use]
    pub fn holds(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }

    /// Whether both change the on-call of the same person at the same time, so that nobody could say which counts.
    #[must_use]
    pub fn contradicts(&self, other: &Self) -> bool {
        let named = |one: &Option<PersonId>, two: &Option<PersonId>| one.is_some() && one == two;
        let same_person = named(&self.add, &other.add)
            || named(&self.remove, &other.remove)
            || named(&self.add, &other.remove)
            || named(&self.remove, &other.add);
        self.rotation == other.rotation && same_person && self.from < other.to && other.from < self.to
    }
}

/// A nurse's patients for a shift.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// The unit.
    pub unit: UnitId,
    /// The nurse.
    pub person: PersonId,
    /// The patients.
    pub patients: Vec<PatientId>,
    /// From then on.
    pub from: Timestamp,
    /// Until then.
    pub to: Timestamp,
}

/// Technical alerts of a unit, or of one device in it, are silenced while somebody works on the equipment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Maintenance {
    /// The unit.
    pub unit: UnitId,
    /// Why.
    pub reason: SmolStr,
    /// Who works there.
    pub by: PersonId,
    /// From then on.
    pub from: Timestamp,
    /// Until then: at most [`super::terms::MAINTENANCE_MS_MAX`] later.
    pub until: Timestamp,
}

/// Whether a person answers: a test page, and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Who was asked.
    pub person: PersonId,
    /// When the test page went out.
    pub asked_at: Timestamp,
    /// Whether the person answered it.
    pub answered: bool,
}

/// Everything beside the plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Overrides, by number.
    pub overrides: Vec<Override>,
    /// How many were ever set.
    pub overrides_set: u32,
    /// Contacts that their person has shown to work.
    pub verified: Vec<(PersonId, Contact)>,
    /// Contacts that are not to be used.
    pub disabled: Vec<(PersonId, Contact)>,
    /// The newest check of each person.
    pub checks: Vec<Check>,
    /// Who cares for which patients.
    pub assigned: Vec<Assigned>,
    /// Shifts that are offered and not taken yet.
    pub offers: Vec<ShiftOffer>,
    /// Maintenance that is under way or was lately.
    pub maintenance: Vec<Maintenance>,
}

/// A patient and who cares for them for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assigned {
    /// The patient.
    pub patient: PatientId,
    /// The nurse.
    pub person: PersonId,
    /// The unit in which the nurse does so.
    pub unit: UnitId,
    /// From then on.
    pub from: Timestamp,
    /// Until then.
    pub to: Timestamp,
}

impl Standing {
    /// A patient has one nurse at a time: what was assigned before for the same time gives way.
    pub(super) fn assign(&mut self, assignment: &Assignment) {
        let Assignment { unit, person, patients, from, to } = assignment;
        for one in self.assigned.iter_mut().filter(|one| patients.contains(&one.patient)) {
            if one.from < *from {
                one.to = one.to.min(*from);
            } else if one.from < *to {
                one.from = one.from.max(*to);
            }
        }
        self.assigned.retain(|one| one.from < one.to);
        self.assigned.extend(patients.iter().map(|patient| Assigned {
            patient: patient.clone(),
            person: person.clone(),
            unit: unit.clone(),
            from: *from,
            to: *to,
        }));
    }

    /// The nurse to whom a patient is assigned at `at`, and until when.
    #[must_use]
    pub fn nurse_of(&self, unit: &UnitId, patient: &PatientId, at: Timestamp) -> Option<(&PersonId, Timestamp)> {
        let holds = |one: &&Assigned| one.patient == *patient && one.unit == *unit && one.from <= at && at < one.to;
        self.assigned.iter().find(holds).map(|one| (&one.person, one.to))
    }

    /// The maintenance of a unit at `at`.
    #[must_use]
    pub fn maintenance_of(&self, unit: &UnitId, at: Timestamp) -> Option<&Maintenance> {
        self.maintenance.iter().find(|one| one.unit == *unit && one.from <= at && at < one.until)
    }
}
