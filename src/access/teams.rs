//! Who cares for whom: the ladders of units and the grants, as committed to the journal.

use std::collections::{BTreeSet, HashMap};

use super::{Grants, Relation};
use crate::clinical::ids::{PatientId, PersonId, UnitId};
use crate::time::Timestamp;

/// Who cares for whom.
#[derive(Clone, Debug, Default)]
pub struct CareTeams {
    ladders: HashMap<UnitId, BTreeSet<PersonId>>,
    grants: Grants,
}

impl CareTeams {
    /// A unit's ladder names these people from now on.
    pub fn set_ladder(&mut self, unit: UnitId, people: BTreeSet<PersonId>) {
        self.ladders.insert(unit, people);
    }

    /// Assignments and broken glass, as they stand from now on.
    pub fn set_grants(&mut self, grants: Grants) {
        self.grants = grants;
    }

    /// Assignments and broken glass.
    #[must_use]
    pub fn grants(&self) -> &Grants {
        &self.grants
    }

    /// Whether a person is on the care team of a unit.
    #[must_use]
    pub fn on_unit(&self, person: &PersonId, unit: &UnitId) -> bool {
        self.ladders.get(unit).is_some_and(|people| people.contains(person)) || self.grants.has_unit(person, unit)
    }

    /// How a person stands to a patient who lies in a unit. Whether they are asked about an alert is for the alert to
    /// say.
    #[must_use]
    pub fn relation(&self, person: &PersonId, patient: &PatientId, unit: Option<&UnitId>, now: Timestamp) -> Relation {
        Relation {
            team: unit.is_some_and(|unit| self.on_unit(person, unit)) || self.grants.has_patient(person, patient),
            asked: false,
            broke_glass: self.grants.has_broken_glass(person, patient, now),
        }
    }
}
