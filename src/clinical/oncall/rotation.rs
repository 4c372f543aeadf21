//! A rotation: layers of people who take turns; the uppermost layer that is on duty counts.

use serde::{Deserialize, Serialize};

use super::hours::Hours;
use super::turns::{OnCall, Turns};
use super::zone::Zone;
use crate::clinical::ids::{PersonId, RotationId};
use crate::time::Timestamp;

/// Turns, possibly at some hours of the week only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    /// Who takes turns.
    pub turns: Turns,
    /// When this layer is on duty; `None`: always.
    pub hours: Option<Hours>,
    /// Who takes over the turn of somebody who is no longer among the people: (who left, who takes over).
    pub replaced: Vec<(PersonId, PersonId)>,
}

/// A rotation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rotation {
    /// Its name.
    pub id: RotationId,
    /// Whose wall time.
    pub zone: Zone,
    /// The uppermost first. Not empty.
    pub layers: Vec<Layer>,
}

impl Rotation {
    /// Who is on call at `at`, overrides aside.
    #[must_use]
    pub fn at(&self, at: Timestamp) -> OnCall<'_> {
        let mut found = OnCall::new();
        if let Some(layer) = self.layer_at(at) {
            layer.turns.at(self.zone, at, &mut found);
        }
        found
    }

    /// When the turn that covers `at` ends.
    #[must_use]
    pub fn ends_at(&self, at: Timestamp) -> Timestamp {
        self.layer_at(at).map_or(at, |layer| layer.turns.ends_at(self.zone, at))
    }

    /// Every moment in `[from, to)` at which somebody comes or goes.
    pub fn changes(&self, from: Timestamp, to: Timestamp, found: &mut Vec<Timestamp>) {
        for layer in &self.layers {
            layer.turns.changes(self.zone, from, to, found);
            if let Some(hours) = &layer.hours {
                hours.changes(self.zone, from, to, found);
            }
        }
    }

    /// Everybody who ever has a turn.
    pub fn people(&self) -> impl Iterator<Item = &PersonId> {
        self.layers.iter().flat_map(|layer| &layer.turns.people)
    }

    fn layer_at(&self, at: Timestamp) -> Option<&Layer> {
        self.layers.iter().find(|layer| layer.hours.as_ref().is_none_or(|hours| hours.contain(self.zone, at)))
    }
}

/// Somebody who has a turn now is gone from the list, and nobody takes over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{person}` has the turn of `{rotation}` now: say who takes over with `replaced_by = {{ {person} = \"...\" }}`"
)]
pub struct NeedsReplacement {
    /// Which rotation.
    pub rotation: RotationId,
    /// Who is on call.
    pub person: PersonId,
}

impl Rotation {
    /// This rotation, newly written, so that it goes on at `at` where the one before it stands: whoever has the turn of a
    /// layer keeps it, or whoever takes over has it, and the others follow in the order of the new list. Without this,
    /// one person less in the list would move everybody's turns. A layer whose start, length or zone was changed is
    /// taken as it is written. `written` is what the files said before, `lived` what came of it.
    ///
    /// # Errors
    /// [`NeedsReplacement`]
    pub fn continuing(mut self, written: &Self, lived: &Self, at: Timestamp) -> Result<Self, NeedsReplacement> {
        if self.zone != written.zone {
            return Ok(self);
        }
        let (zone, before) = (lived.zone, written.layers.iter().zip(&lived.layers));
        for (layer, (written, lived)) in self.layers.iter_mut().zip(before) {
            let (new, old) = (&mut layer.turns, &written.turns);
            if new.start != old.start || new.length_minutes != old.length_minutes {
                continue;
            }
            if new.people == old.people {
                new.clone_from(&lived.turns);
                continue;
            }
            let Some((number, person)) = lived.turns.newest(zone, at) else { continue };
            let by = layer.replaced.iter().find(|(left, _)| left == person).map_or(person, |(_, by)| by);
            let Some(place) = new.people.iter().position(|one| one == by) else {
                return Err(NeedsReplacement { rotation: self.id, person: person.clone() });
            };
            new.start = lived.turns.boundary(number);
            new.people.rotate_left(place);
        }
        Ok(self)
    }
}
