//! Hand-over of a shift: offered by whoever is responsible, theirs until somebody has taken it over.

use serde::{Deserialize, Serialize};

use super::command::RosterRefused;
use super::event::RosterEvent;
use super::policy::Target;
use super::roster::Roster;
use super::standing::{Assigned, Override, Standing};
use crate::clinical::ids::{PatientId, PersonId, UnitId};
use crate::time::Timestamp;

/// A shift that is offered: all of it, or one patient of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShiftOffer {
    /// In which unit.
    pub unit: UnitId,
    /// Who gives, and stays responsible until it is taken.
    pub by: PersonId,
    /// Who is to take it.
    pub to: PersonId,
    /// Only this patient; `None`: the whole shift, with what is left of the turn.
    pub patient: Option<PatientId>,
}

impl ShiftOffer {
    fn is_of(&self, one: &Assigned, now: Timestamp) -> bool {
        one.person == self.by
            && one.unit == self.unit
            && one.to > now
            && self.patient.as_ref().is_none_or(|patient| *patient == one.patient)
    }
}

impl Roster {
    pub(super) fn offer_shift(&self, offer: &ShiftOffer, now: Timestamp) -> Result<Vec<RosterEvent>, RosterRefused> {
        self.plan.unit(&offer.unit).ok_or(RosterRefused::NotFound("unit"))?;
        let to = self.plan.person(&offer.to).ok_or(RosterRefused::NotFound("person"))?;
        if to.contacts.is_empty() || offer.by == offer.to {
            return Err(RosterRefused::Invalid("a shift is handed over to somebody else, who has a contact"));
        }
        let holds = self.standing.assigned.iter().any(|one| offer.is_of(one, now));
        let on_call = offer.patient.is_none() && self.turns_of(offer, now).next().is_some();
        if !holds && !on_call {
            return Err(RosterRefused::Invalid("whoever hands a shift over is on call, or has patients, in that unit"));
        }
        if self.standing.offers.contains(offer) {
            return Ok(Vec::new());
        }
        Ok(vec![RosterEvent::ShiftOffered(offer.clone())])
    }

    /// Taken over: the giver's patients, and what is left of the giver's turns as overrides.
    pub(super) fn take_shift(
        &self,
        unit: &UnitId,
        from: &PersonId,
        taker: &PersonId,
        now: Timestamp,
    ) -> Result<Vec<RosterEvent>, RosterRefused> {
        let is_it = |offer: &&ShiftOffer| offer.unit == *unit && offer.by == *from && offer.to == *taker;
        let offer = self.standing.offers.iter().find(is_it).ok_or(RosterRefused::NotFound("offer of a shift"))?;
        let mut events = vec![RosterEvent::ShiftTaken(offer.clone())];
        if offer.patient.is_none() {
            for mut turn in self.turns_of(offer, now) {
                if let Some(other) = self.standing.overrides.iter().find(|other| other.contradicts(&turn)) {
                    return Err(RosterRefused::Contradicts { number: other.number });
                }
                turn.number = self.standing.overrides_set + u32::try_from(events.len()).unwrap_or(u32::MAX);
                events.push(RosterEvent::OverrideSet(turn));
            }
        }
        Ok(events)
    }

    /// What is left of the giver's turns in rotations with a role in the unit, as the taker's.
    fn turns_of<'a>(&'a self, offer: &'a ShiftOffer, now: Timestamp) -> impl Iterator<Item = Override> + 'a {
        let unit = self.plan.unit(&offer.unit);
        let targets = unit.into_iter().flat_map(|unit| &unit.roles).flat_map(|(_, targets)| targets);
        let mut seen = Vec::new();
        targets.filter_map(move |target| {
            let Target::Rotation(id) = target else { return None };
            if seen.contains(&id) || !self.on_call(id, now).contains(&&offer.by) {
                return None;
            }
            seen.push(id);
            let to = self.rotation(id)?.ends_at(now);
            let (add, remove) = (Some(offer.to.clone()), Some(offer.by.clone()));
            (to > now).then(|| Override { number: 0, rotation: id.clone(), add, remove, from: now, to })
        })
    }
}

impl Standing {
    pub(super) fn offered(&mut self, offer: &ShiftOffer) {
        // A newer word to somebody else replaces it.
        self.offers.retain(|one| (&one.unit, &one.by, &one.patient) != (&offer.unit, &offer.by, &offer.patient));
        self.offers.push(offer.clone());
    }

    pub(super) fn taken(&mut self, offer: &ShiftOffer, now: Timestamp) {
        self.offers.retain(|one| one != offer);
        let mut given = Vec::new();
        for one in self.assigned.iter_mut().filter(|one| offer.is_of(one, now)) {
            given.push(Assigned { person: offer.to.clone(), from: one.from.max(now), ..one.clone() });
            one.to = one.to.min(one.from.max(now));
        }
        self.assigned.retain(|one| one.from < one.to);
        self.assigned.extend(given);
    }
}
