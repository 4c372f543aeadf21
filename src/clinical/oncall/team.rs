//! Whose patients a unit's people care for: the care team as the roster has it.

use super::policy::Target;
use super::roster::Roster;
use crate::clinical::ids::{PatientId, PersonId, RotationId, UnitId};
use crate::time::Timestamp;

impl Roster {
    /// Whether a person is on the care team of a unit at `at`: has a role in it, or a turn in a rotation that has one,
    /// whoever is on shift, or is on call there by an override. `None`: the plan does not know the unit.
    #[must_use]
    pub fn is_on_team(&self, person: &PersonId, unit: &UnitId, at: Timestamp) -> Option<bool> {
        let unit = self.plan.unit(unit)?;
        let mut targets = unit.roles.iter().flat_map(|(_, targets)| targets);
        Some(targets.any(|target| match target {
            Target::Person(one) => one == person,
            Target::Rotation(rotation) => self.takes_part(person, rotation, at),
            // A role stands for people and rotations only.
            Target::Role(_) | Target::Unit => false,
        }))
    }

    /// Whether a patient of a unit is assigned to a person for the shift of `at`.
    #[must_use]
    pub fn is_nurse_of(&self, person: &PersonId, unit: &UnitId, patient: &PatientId, at: Timestamp) -> bool {
        self.standing.nurse_of(unit, patient, at).is_some_and(|(nurse, _)| nurse == person)
    }

    fn takes_part(&self, person: &PersonId, rotation: &RotationId, at: Timestamp) -> bool {
        let has_a_turn = self.rotation(rotation).is_some_and(|rotation| rotation.people().any(|one| one == person));
        let overrides = || self.standing.overrides.iter().filter(|one| one.rotation == *rotation && one.holds(at));
        has_a_turn || overrides().any(|one| one.add.as_ref() == Some(person))
    }
}
