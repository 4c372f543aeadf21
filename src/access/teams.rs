//! Who cares for whom: the roster, the ladders of units that it does not know, and the grants, as committed to the journal.
//!
//! The roster is the source of who *answers*: roles, rotations, a nurse's patients for a shift. Grants add who may *see*
//! besides, and page nobody.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::{Grants, Relation};
use crate::clinical::ids::{PatientId, PersonId, UnitId};
use crate::clinical::oncall::Roster;
use crate::time::Timestamp;

/// Who cares for whom.
#[derive(Clone, Debug, Default)]
pub struct CareTeams {
    roster: Arc<Roster>,
    ladders: HashMap<UnitId, BTreeSet<PersonId>>,
    grants: Grants,
}

impl CareTeams {
    /// The roster in force from now on.
    pub fn set_roster(&mut self, roster: Arc<Roster>) {
        self.roster = roster;
    }

    /// A unit's ladder names these people from now on. It counts where the care plan does not know the unit.
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
    pub fn on_unit(&self, person: &PersonId, unit: &UnitId, now: Timestamp) -> bool {
        let by_ladder = || self.ladders.get(unit).is_some_and(|people| people.contains(person));
        self.roster.is_on_team(person, unit, now).unwrap_or_else(by_ladder) || self.grants.has_unit(person, unit)
    }

    /// How a person stands to a patient who lies in a unit. Whether they are asked about an alert is for the alert to
    /// say.
    #[must_use]
    pub fn relation(&self, person: &PersonId, patient: &PatientId, unit: Option<&UnitId>, now: Timestamp) -> Relation {
        let in_unit =
            |unit: &UnitId| self.on_unit(person, unit, now) || self.roster.is_nurse_of(person, unit, patient, now);
        Relation {
            team: unit.is_some_and(in_unit) || self.grants.has_patient(person, patient),
            asked: false,
            broke_glass: self.grants.has_broken_glass(person, patient, now),
        }
    }
}
