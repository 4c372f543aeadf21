//! "Who now": pure functions of a roster and a moment.

use super::person::Contact;
use super::plan::Unit;
use super::policy::{Delay, Policy, Step, Target};
use super::roster::Roster;
use super::terms;
use crate::clinical::alert::Term;
use crate::clinical::condition::{ConditionKind, Priority};
use crate::clinical::ids::{CareRole, PatientId, PersonId, RotationId, UnitId};
use crate::time::Timestamp;

/// Which step of which alert is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question<'a> {
    /// The alert's unit.
    pub unit: &'a UnitId,
    /// Its patient; `None` for an alert of a device or of the unit itself.
    pub patient: Option<&'a PatientId>,
    /// Its kind.
    pub kind: ConditionKind,
    /// Its priority.
    pub priority: Priority,
    /// Whether its rule says that it may be lethal.
    pub lethal: bool,
    /// The step, from 1.
    pub step: u32,
}

/// Who answers for a step, by the policy in force. Copied into the alert, so that history never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// Who is paged, each once. Empty: nobody is on call, and the fallback follows at once.
    pub people: Vec<PersonId>,
    /// Who is paged where nobody is on call.
    pub fallback: Vec<PersonId>,
    /// How long they have.
    pub delay_ms: u32,
    /// How many of them must accept before the ladder stops.
    pub accepts: u32,
    /// Whether the ladder begins anew after this step.
    pub last: bool,
    /// How long an answer holds.
    pub answer: Term,
    /// Version of the roster.
    pub version: u32,
}

impl Roster {
    /// Who answers for a step of an alert at `at`; `None` where the plan has no such unit or no policy for it.
    #[must_use]
    pub fn resolve(&self, question: &Question<'_>, at: Timestamp) -> Option<Resolved> {
        let unit = self.plan.unit(question.unit)?;
        let policy = self.plan.policy(unit.setting, question.kind, question.priority, question.lethal)?;
        let index = usize::try_from(question.step).unwrap_or(usize::MAX).saturating_sub(1);
        // A policy that became shorter while its ladder ran: its last step, once more.
        let step = policy.steps.get(index).or(policy.steps.last())?;
        let whom = Whom { roster: self, unit, patient: question.patient, kind: question.kind, at };
        Some(Resolved {
            people: whom.all(&step.targets),
            fallback: whom.all(&policy.fallback),
            delay_ms: whom.delay_ms(step),
            accepts: u32::from(step.accepts),
            last: index + 1 >= policy.steps.len(),
            answer: whom.answer(policy),
            version: self.version,
        })
    }

    /// Who is on call by a rotation at `at`, overrides included.
    #[must_use]
    pub fn on_call(&self, rotation: &RotationId, at: Timestamp) -> Vec<&PersonId> {
        let Some(rotation) = self.rotation(rotation) else { return Vec::new() };
        let mut found: Vec<_> = rotation.at(at).to_vec();
        for one in self.standing.overrides.iter().filter(|one| one.rotation == rotation.id && one.holds(at)) {
            found.retain(|person| Some(*person) != one.remove.as_ref());
            found.extend(one.add.iter().filter(|person| !found.contains(person)).collect::<Vec<_>>());
        }
        found
    }

    /// Who has a role in a unit at `at`.
    #[must_use]
    pub fn in_role(&self, unit: &UnitId, role: &CareRole, patient: Option<&PatientId>, at: Timestamp) -> Vec<PersonId> {
        let Some(unit) = self.plan.unit(unit) else { return Vec::new() };
        Whom { roster: self, unit, patient, kind: ConditionKind::Technical, at }.all(&[Target::Role(role.clone())])
    }

    /// The contacts of the plan by which a page of this priority goes out to a person, each with its delay in
    /// milliseconds; not by those that are disabled.
    #[must_use]
    pub fn deliveries(&self, person: &PersonId, priority: Priority) -> Vec<(Contact, u32)> {
        let disabled =
            |contact: &Contact| self.standing.disabled.iter().any(|(of, disabled)| of == person && disabled == contact);
        let found = self.plan.person(person).map(|known| known.deliveries_by(priority, |one| !disabled(one)));
        found.into_iter().flatten().map(|(contact, delay_ms)| (contact.clone(), delay_ms)).collect()
    }

    /// Whether a person could be reached at `at` for an alert of this priority: by a contact that they have shown to
    /// work, and not after a test page that they left unanswered for a day. Only what interrupts counts for high.
    #[must_use]
    pub fn is_reachable(&self, person: &PersonId, priority: Priority, at: Timestamp) -> bool {
        let works = |(of, contact): &&(PersonId, Contact)| {
            of == person
                && (priority < Priority::High || contact.interrupts())
                && self.plan.person(person).is_some_and(|person| person.contacts.contains(contact))
        };
        let silent =
            self.standing.checks.iter().any(|check| {
                check.person == *person && !check.answered && at.since_ms(check.asked_at) >= terms::CHECK_MS
            });
        !silent && self.standing.verified.iter().any(|one| works(&one))
    }
}

/// Whom a target means, in a unit, for a patient, at a moment.
struct Whom<'a> {
    roster: &'a Roster,
    unit: &'a Unit,
    patient: Option<&'a PatientId>,
    kind: ConditionKind,
    at: Timestamp,
}

impl Whom<'_> {
    fn all(&self, targets: &[Target]) -> Vec<PersonId> {
        let mut found = Vec::new();
        for target in targets {
            self.add(target, &mut found);
        }
        found
    }

    fn add(&self, target: &Target, found: &mut Vec<PersonId>) {
        match target {
            Target::Person(person) => push(person, found),
            Target::Rotation(rotation) => {
                self.roster.on_call(rotation, self.at).into_iter().for_each(|person| push(person, found));
            }
            Target::Role(role) => {
                let nurse = (role.as_str() == PRIMARY).then(|| self.nurse()).flatten();
                match nurse {
                    Some((nurse, _)) => push(nurse, found),
                    None => self.role(role).iter().for_each(|target| self.add(target, found)),
                }
            }
            Target::Unit => self.everyone().for_each(|target| self.add(target, found)),
        }
    }

    /// What a role stands for. Never another role, so that this ends.
    fn role(&self, role: &CareRole) -> &[Target] {
        self.unit.roles.iter().find(|(name, _)| name == role).map_or(&[], |(_, targets)| targets)
    }

    /// Everyone of the unit; technicians never answer physiological alerts, and are not paged for them.
    fn everyone(&self) -> impl Iterator<Item = &Target> {
        let asked = |role: &CareRole| self.kind == ConditionKind::Technical || role.as_str() != TECHNICIAN;
        self.unit.roles.iter().filter(move |(role, _)| asked(role)).flat_map(|(_, targets)| targets)
    }

    fn nurse(&self) -> Option<(&PersonId, Timestamp)> {
        self.roster.standing.nurse_of(&self.unit.id, self.patient?, self.at)
    }

    fn delay_ms(&self, step: &Step) -> u32 {
        match step.delay {
            Delay::Ms(ms) => ms,
            Delay::NextWorkingDay => self.ms_until(self.next_working_day()),
            Delay::Shift => self.ms_until(self.shift_ends()),
        }
    }

    fn answer(&self, policy: &Policy) -> Term {
        match policy.answer {
            Delay::Ms(ms) => Term::Ms(ms),
            Delay::NextWorkingDay => Term::Until(self.next_working_day()),
            Delay::Shift => Term::Until(self.shift_ends()),
        }
    }

    fn next_working_day(&self) -> Timestamp {
        let calendar = self.roster.plan.calendar_of(self.unit);
        calendar
            .and_then(|calendar| calendar.next_working_day_ends(self.at))
            .unwrap_or(self.at.plus_ms(terms::SHIFT_MS))
    }

    /// When the shift of whoever is primary ends.
    fn shift_ends(&self) -> Timestamp {
        let turn = || {
            let primary = self.unit.roles.iter().find(|(role, _)| role.as_str() == PRIMARY)?;
            let rotation = primary.1.iter().find_map(|target| match target {
                Target::Rotation(id) => self.roster.rotation(id),
                _ => None,
            })?;
            Some(rotation.ends_at(self.at)).filter(|end| *end > self.at)
        };
        self.nurse().map(|(_, to)| to).or_else(turn).unwrap_or(self.at.plus_ms(terms::SHIFT_MS))
    }

    fn ms_until(&self, then: Timestamp) -> u32 {
        u32::try_from(then.since_ms(self.at)).unwrap_or(u32::MAX)
    }
}

/// The role of the nurse to whom a patient is assigned.
pub const PRIMARY: &str = "primary";
/// The role of those who care for equipment.
pub const TECHNICIAN: &str = "technician";

fn push(person: &PersonId, found: &mut Vec<PersonId>) {
    if !found.contains(person) {
        found.push(person.clone());
    }
}
