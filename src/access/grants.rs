//! Grants: who was assigned to a unit or a patient beside the ladder, and who broke the glass. Decided from committed
//! state, a fold of its events.

mod break_glass;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

pub use break_glass::{BreakGlass, Review, Verdict};

use crate::clinical::ids::{PatientId, PersonId, UnitId};
use crate::time::Timestamp;

/// The longest reason, in bytes, and the shortest that says something.
const REASON_BYTES: std::ops::RangeInclusive<usize> = 8..=500;
/// How long the glass may stay broken.
const MINUTES: std::ops::RangeInclusive<u32> = 1..=480;

/// What somebody is assigned to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum CareOf {
    /// All patients of a unit.
    Unit(UnitId),
    /// One patient, wherever they lie.
    Patient(PatientId),
}

/// What is asked of the grants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GrantCommand {
    /// Puts a person on the care team of a unit or a patient.
    Assign(PersonId, CareOf),
    /// Takes them off. A ladder that names them still does.
    Unassign(PersonId, CareOf),
    /// Breaks the glass.
    Break {
        /// Whose data.
        patient: PatientId,
        /// Why.
        reason: SmolStr,
        /// For how long.
        minutes: u32,
        /// Until when compliance must have reviewed it.
        review_within_ms: i64,
    },
    /// Ends it before its time.
    EndBreak(u32),
    /// Judges what was done.
    Review {
        /// Which.
        ordinal: u32,
        /// Whether it was right.
        verdict: Verdict,
        /// What the reviewer found.
        note: SmolStr,
    },
}

/// What happened to the grants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GrantEvent {
    /// Somebody is on the care team from now on.
    Assigned(PersonId, CareOf),
    /// Somebody is not any more.
    Unassigned(PersonId, CareOf),
    /// The glass was broken.
    Broken(BreakGlass),
    /// It was mended before its time.
    Ended(u32),
    /// It was reviewed.
    Reviewed(u32, Review),
}

/// Assignments and broken glass as they stand: a pure fold of [`GrantEvent`]s.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grants {
    assigned: HashMap<PersonId, BTreeSet<CareOf>>,
    broken: BTreeMap<u32, BreakGlass>,
    /// How many times the glass was broken, reviewed ones included.
    ordinals: u32,
}

impl Grants {
    /// Decides; without an event where all is already as asked.
    ///
    /// # Errors
    /// What is wrong, and what is allowed.
    pub fn decide(&self, by: &PersonId, command: GrantCommand, now: Timestamp) -> Result<Option<GrantEvent>, String> {
        match command {
            GrantCommand::Assign(person, place) => {
                Ok((!self.is_assigned(&person, &place)).then_some(GrantEvent::Assigned(person, place)))
            }
            GrantCommand::Unassign(person, place) => {
                Ok(self.is_assigned(&person, &place).then_some(GrantEvent::Unassigned(person, place)))
            }
            GrantCommand::Break { patient, reason, minutes, review_within_ms } => {
                let reason = reason_of(&reason)?;
                if !MINUTES.contains(&minutes) {
                    return Err("the glass can be broken for 1 to 480 minutes".to_owned());
                }
                Ok(Some(GrantEvent::Broken(BreakGlass {
                    ordinal: self.ordinals + 1,
                    person: by.clone(),
                    patient,
                    reason,
                    at: now,
                    until: now.plus_ms(i64::from(minutes) * 60_000),
                    review_due: now.plus_ms(review_within_ms),
                    review: None,
                })))
            }
            GrantCommand::EndBreak(ordinal) => {
                let broken = self.broken.get(&ordinal).filter(|broken| broken.person == *by);
                let broken = broken.ok_or_else(|| "there is no such break-glass of yours".to_owned())?;
                Ok((broken.until > now).then_some(GrantEvent::Ended(ordinal)))
            }
            GrantCommand::Review { ordinal, verdict, note } => {
                let note = reason_of(&note)?;
                let broken = self.broken.get(&ordinal).ok_or_else(|| "there is no such break-glass".to_owned())?;
                if broken.person == *by {
                    return Err("nobody reviews their own break-glass".to_owned());
                }
                if broken.review.is_some() {
                    return Err("it has been reviewed already".to_owned());
                }
                Ok(Some(GrantEvent::Reviewed(ordinal, Review { by: by.clone(), at: now, verdict, note })))
            }
        }
    }

    /// Folds an event in. Total: what does not fit changes nothing.
    pub fn evolve(&mut self, event: &GrantEvent, now: Timestamp) {
        match event {
            GrantEvent::Assigned(person, place) => {
                self.assigned.entry(person.clone()).or_default().insert(place.clone());
            }
            GrantEvent::Unassigned(person, place) => {
                if let Some(places) = self.assigned.get_mut(person) {
                    places.remove(place);
                }
                self.assigned.retain(|_, places| !places.is_empty());
            }
            GrantEvent::Broken(broken) => {
                self.ordinals = self.ordinals.max(broken.ordinal);
                self.broken.insert(broken.ordinal, broken.clone());
            }
            GrantEvent::Ended(ordinal) => {
                if let Some(broken) = self.broken.get_mut(ordinal) {
                    broken.until = broken.until.min(now);
                }
            }
            GrantEvent::Reviewed(ordinal, review) => {
                if let Some(broken) = self.broken.get_mut(ordinal) {
                    broken.review = Some(review.clone());
                }
            }
        }
    }

    /// Whether the person is assigned to the unit.
    #[must_use]
    pub fn has_unit(&self, person: &PersonId, unit: &UnitId) -> bool {
        self.assigned.get(person).is_some_and(|places| places.contains(&CareOf::Unit(unit.clone())))
    }

    /// Whether the person is assigned to the patient.
    #[must_use]
    pub fn has_patient(&self, person: &PersonId, patient: &PatientId) -> bool {
        self.assigned.get(person).is_some_and(|places| places.contains(&CareOf::Patient(patient.clone())))
    }

    /// Whether the person broke the glass for the patient, and that has not ended.
    #[must_use]
    pub fn has_broken_glass(&self, person: &PersonId, patient: &PatientId, now: Timestamp) -> bool {
        self.break_glass_of(person, patient, now).is_some()
    }

    /// The broken glass that gives the person access to the patient now; of several the one that lasts longest.
    #[must_use]
    pub fn break_glass_of(&self, person: &PersonId, patient: &PatientId, now: Timestamp) -> Option<&BreakGlass> {
        let mine = self.broken.values().filter(|broken| broken.person == *person && broken.patient == *patient);
        mine.filter(|broken| broken.until > now).max_by_key(|broken| broken.until)
    }

    /// Every time the glass was broken, those that wait for a review first, by due date.
    #[must_use]
    pub fn broken(&self) -> Vec<&BreakGlass> {
        let mut all: Vec<_> = self.broken.values().collect();
        all.sort_by_key(|broken| (broken.review.is_some(), broken.review_due, broken.ordinal));
        all
    }

    /// Who is assigned where, in no order.
    pub fn assigned(&self) -> impl Iterator<Item = (&PersonId, &CareOf)> {
        self.assigned.iter().flat_map(|(person, places)| places.iter().map(move |place| (person, place)))
    }

    fn is_assigned(&self, person: &PersonId, place: &CareOf) -> bool {
        self.assigned.get(person).is_some_and(|places| places.contains(place))
    }
}

fn reason_of(text: &str) -> Result<SmolStr, String> {
    let text = text.trim();
    if REASON_BYTES.contains(&text.len()) {
        Ok(SmolStr::new(text))
    } else {
        Err("a reason has 8 to 500 bytes".to_owned())
    }
}
