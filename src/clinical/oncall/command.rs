//! What people ask of the roster, and why it may be refused.
// Fields of the variants carry the words of docs/GLOSSARY.md; the variants say what they mean.
#![allow(missing_docs)]

use super::event::RosterEvent;
use super::person::Contact;
use super::roster::{NotAdopted, Roster};
use super::shift::ShiftOffer;
use super::standing::{Assignment, Maintenance, Override};
use super::terms;
use crate::clinical::ids::{PersonId, UnitId};
use crate::time::Timestamp;

/// What can be asked of the roster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RosterCommand {
    /// Adopt a plan.
    AdoptPlan { files: Vec<(String, String)> },
    /// Change who is on call for a while. The number is given by the roster.
    Override(Override),
    /// Take an override back.
    EndOverride { number: u32, by: PersonId },
    /// A contact was shown to work.
    VerifyContact { person: PersonId, contact: Contact },
    /// A contact is not to be used.
    DisableContact { person: PersonId, contact: Contact },
    /// A test page goes out.
    Check { person: PersonId },
    /// Its person answered it.
    AnswerCheck { person: PersonId },
    /// Patients are a nurse's for a shift.
    AssignPatients(Assignment),
    /// Offer a shift, or one patient of it.
    OfferShift(ShiftOffer),
    /// Take over what `from` has offered to `by`.
    TakeShift { unit: UnitId, from: PersonId, by: PersonId },
    /// Technical alerts of a unit are silenced.
    SetMaintenance(Maintenance),
    /// Maintenance is over.
    EndMaintenance { unit: UnitId, by: PersonId },
}

/// Why the roster stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RosterRefused {
    /// The plan cannot be adopted.
    #[error(transparent)]
    NotAdopted(#[from] NotAdopted),
    /// What was named is not there.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// What was asked makes no sense; the text says what is allowed.
    #[error("{0}")]
    Invalid(&'static str),
    /// It contradicts an override that is set already.
    #[error(
        "it contradicts override {number}, which changes the same person's on-call at the same time: end that first"
    )]
    Contradicts { number: u32 },
}

impl Roster {
    /// What follows from `command` at `now`; nothing where it is so already.
    ///
    /// # Errors
    /// [`RosterRefused`]
    pub fn decide(&self, command: &RosterCommand, now: Timestamp) -> Result<Vec<RosterEvent>, RosterRefused> {
        match command {
            RosterCommand::AdoptPlan { files } => self.adopt(files, now),
            RosterCommand::Override(wanted) => self.set_override(wanted, now),
            RosterCommand::EndOverride { number, by } => {
                let known = self.standing.overrides.iter().any(|one| one.number == *number);
                if known {
                    one(RosterEvent::OverrideEnded { number: *number, by: by.clone() })
                } else {
                    missing("override")
                }
            }
            RosterCommand::VerifyContact { person, contact } => {
                self.contact(person, contact)?;
                let (person, contact) = (person.clone(), contact.clone());
                one(RosterEvent::ContactVerified { person, contact })
            }
            RosterCommand::DisableContact { person, contact } => {
                self.contact(person, contact)?;
                let (person, contact) = (person.clone(), contact.clone());
                one(RosterEvent::ContactDisabled { person, contact })
            }
            RosterCommand::Check { person } => {
                self.plan.person(person).ok_or(RosterRefused::NotFound("person"))?;
                one(RosterEvent::CheckSent { person: person.clone() })
            }
            RosterCommand::AnswerCheck { person } => {
                let open = self.standing.checks.iter().any(|check| check.person == *person && !check.answered);
                if open { one(RosterEvent::CheckAnswered { person: person.clone() }) } else { Ok(Vec::new()) }
            }
            RosterCommand::AssignPatients(assignment) => self.assign_patients(assignment),
            RosterCommand::OfferShift(offer) => self.offer_shift(offer, now),
            RosterCommand::TakeShift { unit, from, by } => self.take_shift(unit, from, by, now),
            RosterCommand::SetMaintenance(maintenance) => set_maintenance(maintenance),
            RosterCommand::EndMaintenance { unit, by } => {
                let open = self.standing.maintenance_of(unit, now).is_some();
                let ended = || RosterEvent::MaintenanceEnded { unit: unit.clone(), by: by.clone() };
                if open { one(ended()) } else { missing("maintenance under way") }
            }
        }
    }

    fn adopt(&self, files: &[(String, String)], now: Timestamp) -> Result<Vec<RosterEvent>, RosterRefused> {
        if self.plan.texts() == files {
            return Ok(Vec::new());
        }
        self.adopting(files, now)?;
        one(RosterEvent::PlanAdopted { files: files.to_vec() })
    }

    fn set_override(&self, wanted: &Override, now: Timestamp) -> Result<Vec<RosterEvent>, RosterRefused> {
        self.rotation(&wanted.rotation).ok_or(RosterRefused::NotFound("rotation"))?;
        for person in [&wanted.add, &wanted.remove].into_iter().flatten() {
            self.plan.person(person).ok_or(RosterRefused::NotFound("person"))?;
        }
        let length_ms = wanted.to.since_ms(wanted.from);
        if (wanted.add.is_none() && wanted.remove.is_none()) || wanted.add == wanted.remove {
            return Err(RosterRefused::Invalid(
                "an override adds a person, removes one, or puts one in another's place",
            ));
        }
        if !(1..=terms::OVERRIDE_MS_MAX).contains(&length_ms) || wanted.to <= now {
            return Err(RosterRefused::Invalid("an override ends after it begins and after now, within 92 days"));
        }
        if wanted.add.as_ref().is_some_and(|person| self.plan.person(person).is_none_or(|p| p.contacts.is_empty())) {
            return Err(RosterRefused::Invalid("a person without a contact cannot be on call"));
        }
        if let Some(other) = self.standing.overrides.iter().find(|other| other.contradicts(wanted)) {
            return Err(RosterRefused::Contradicts { number: other.number });
        }
        one(RosterEvent::OverrideSet(Override { number: self.standing.overrides_set + 1, ..wanted.clone() }))
    }

    fn assign_patients(&self, wanted: &Assignment) -> Result<Vec<RosterEvent>, RosterRefused> {
        self.plan.unit(&wanted.unit).ok_or(RosterRefused::NotFound("unit"))?;
        self.plan.person(&wanted.person).ok_or(RosterRefused::NotFound("person"))?;
        if !(1..=terms::ASSIGNMENT_MS_MAX).contains(&wanted.to.since_ms(wanted.from)) || wanted.patients.is_empty() {
            return Err(RosterRefused::Invalid("an assignment is of at least one patient, for at most 36 hours"));
        }
        one(RosterEvent::PatientsAssigned(wanted.clone()))
    }

    fn contact(&self, person: &PersonId, contact: &Contact) -> Result<(), RosterRefused> {
        let person = self.plan.person(person).ok_or(RosterRefused::NotFound("person"))?;
        if person.contacts.contains(contact) { Ok(()) } else { Err(RosterRefused::NotFound("contact of that person")) }
    }
}

fn set_maintenance(wanted: &Maintenance) -> Result<Vec<RosterEvent>, RosterRefused> {
    if !(1..=terms::MAINTENANCE_MS_MAX).contains(&wanted.until.since_ms(wanted.from)) {
        return Err(RosterRefused::Invalid("maintenance ends after it begins, within 4 hours"));
    }
    if wanted.reason.trim().is_empty() {
        return Err(RosterRefused::Invalid("maintenance needs a reason"));
    }
    one(RosterEvent::MaintenanceSet(wanted.clone()))
}

#[allow(clippy::unnecessary_wraps)] // As the last expression of a decision.
fn one(event: RosterEvent) -> Result<Vec<RosterEvent>, RosterRefused> {
    Ok(vec![event])
}

const fn missing(what: &'static str) -> Result<Vec<RosterEvent>, RosterRefused> {
    Err(RosterRefused::NotFound(what))
}
