//! The roster: a plan, what it has become, and what holds beside it. A pure fold of its events.

use std::sync::Arc;

use super::event::RosterEvent;
use super::plan::Plan;
use super::rotation::{NeedsReplacement, Rotation};
use super::standing::{Check, Standing};
use super::terms;
use crate::clinical::ids::RotationId;
use crate::clinical::rules::Mistake;
use crate::time::Timestamp;

/// Who is responsible, as far as anybody has said.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    /// Counts every change. 0: there is no plan yet.
    pub(super) version: u32,
    pub(super) plan: Arc<Plan>,
    /// The rotations of the plan, each going on where the one before it stood.
    pub(super) rotations: Vec<Rotation>,
    pub(super) standing: Standing,
}

/// Why a plan was not adopted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAdopted {
    /// The texts are not a plan.
    #[error("{}", .0.iter().map(Mistake::to_string).collect::<Vec<_>>().join("\n"))]
    Mistakes(Vec<Mistake>),
    /// Somebody on call would leave without a successor.
    #[error(transparent)]
    NeedsReplacement(#[from] NeedsReplacement),
}

impl Roster {
    /// Counts every change; recorded with each step that was resolved by it.
    #[must_use]
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// The plan in force.
    #[must_use]
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// What holds beside it.
    #[must_use]
    pub const fn standing(&self) -> &Standing {
        &self.standing
    }

    /// A rotation as it is lived.
    #[must_use]
    pub fn rotation(&self, id: &RotationId) -> Option<&Rotation> {
        self.rotations.iter().find(|rotation| rotation.id == *id)
    }

    /// What adopting these texts at `now` would give.
    ///
    /// # Errors
    /// [`NotAdopted`]
    pub fn adopting(&self, files: &[(String, String)], now: Timestamp) -> Result<Self, NotAdopted> {
        let plan = Plan::parse(files).map_err(NotAdopted::Mistakes)?;
        let mut rotations = Vec::with_capacity(plan.rotations().len());
        for rotation in plan.rotations().iter().cloned() {
            let before = self.plan.rotation(&rotation.id).zip(self.rotation(&rotation.id));
            rotations.push(match before {
                Some((written, lived)) => rotation.continuing(written, lived, now)?,
                None => rotation,
            });
        }
        Ok(Self { version: self.version + 1, plan: Arc::new(plan), rotations, standing: self.standing.clone() })
    }

    /// Applies an event that was decided at `now`. Total: a plan that this program does not understand any more leaves
    /// the one before in force.
    pub fn evolve(&mut self, event: &RosterEvent, now: Timestamp) {
        self.forget(now);
        self.version += 1;
        let standing = &mut self.standing;
        match event {
            RosterEvent::PlanAdopted { files } => {
                if let Ok(adopted) = self.adopting(files, now) {
                    *self = Self { version: self.version, ..adopted };
                }
            }
            RosterEvent::OverrideSet(set) => {
                standing.overrides_set = standing.overrides_set.max(set.number);
                standing.overrides.push(set.clone());
            }
            RosterEvent::OverrideEnded { number, .. } => standing.overrides.retain(|one| one.number != *number),
            RosterEvent::ContactVerified { person, contact } => {
                let one = (person.clone(), contact.clone());
                standing.disabled.retain(|other| *other != one);
                if !standing.verified.contains(&one) {
                    standing.verified.push(one);
                }
            }
            RosterEvent::ContactDisabled { person, contact } => {
                let one = (person.clone(), contact.clone());
                standing.verified.retain(|other| *other != one);
                if !standing.disabled.contains(&one) {
                    standing.disabled.push(one);
                }
            }
            RosterEvent::CheckSent { person } => {
                standing.checks.retain(|check| check.person != *person);
                standing.checks.push(Check { person: person.clone(), asked_at: now, answered: false });
            }
            RosterEvent::CheckAnswered { person } => {
                standing.checks.iter_mut().filter(|check| check.person == *person).for_each(|c| c.answered = true);
            }
            RosterEvent::PatientsAssigned(assignment) => standing.assign(assignment),
            RosterEvent::ShiftOffered(offer) => standing.offered(offer),
            RosterEvent::ShiftTaken(offer) => standing.taken(offer, now),
            RosterEvent::MaintenanceSet(maintenance) => standing.maintenance.push(maintenance.clone()),
            RosterEvent::MaintenanceEnded { unit, .. } => standing.maintenance.retain(|one| one.unit != *unit),
        }
    }

    /// What ended long ago decides nothing any more.
    fn forget(&mut self, now: Timestamp) {
        let kept = |ended: Timestamp| now.since_ms(ended) < terms::KEPT_MS;
        self.standing.overrides.retain(|one| kept(one.to));
        self.standing.assigned.retain(|one| kept(one.to));
        self.standing.maintenance.retain(|one| kept(one.until));
    }
}
