//! The plan of a site: what the files under `config/care` say.

use std::cell::RefCell;

use super::calendar::Calendar;
use super::person::Person;
use super::plan_file;
use super::policy::{Policy, Target};
use super::rotation::Rotation;
use crate::clinical::condition::{ConditionKind, Priority};
use crate::clinical::ids::{CalendarId, CareRole, PersonId, RotationId, UnitId};
use crate::clinical::patient::Setting;
use crate::clinical::rules::Mistake;

/// A care unit, as far as responsibility goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    /// Its name.
    pub id: UnitId,
    /// Where its patients are.
    pub setting: Setting,
    /// Its working days.
    pub calendar: Option<CalendarId>,
    /// Who has which role on its care team.
    pub roles: Vec<(CareRole, Vec<Target>)>,
}

/// A validated, immutable plan. Everything that it refers to is in it.
#[derive(Debug, Default, PartialEq)]
pub struct Plan {
    pub(super) texts: Vec<(String, String)>,
    pub(super) people: Vec<Person>,
    pub(super) rotations: Vec<Rotation>,
    pub(super) calendars: Vec<(CalendarId, Calendar)>,
    pub(super) units: Vec<Unit>,
    pub(super) policies: Vec<Policy>,
}

impl Plan {
    /// Parses care files, given as (file name, text).
    ///
    /// # Errors
    /// Every mistake of every file at once, in the order of files and lines.
    pub fn parse(files: &[(String, String)]) -> Result<Self, Vec<Mistake>> {
        let mistakes = RefCell::new(Vec::new());
        let plan = plan_file::plan(files, &mistakes);
        let mistakes = mistakes.into_inner();
        if mistakes.is_empty() {
            Ok(Self { texts: files.to_vec(), ..plan })
        } else {
            Err(crate::clinical::mistake::in_order(mistakes, files))
        }
    }

    /// The texts it was parsed from. Parsing them again gives the same plan.
    #[must_use]
    pub fn texts(&self) -> &[(String, String)] {
        &self.texts
    }

    /// Everybody it knows.
    #[must_use]
    pub fn people(&self) -> &[Person] {
        &self.people
    }

    /// The person with this id.
    #[must_use]
    pub fn person(&self, id: &PersonId) -> Option<&Person> {
        self.people.iter().find(|person| person.id == *id)
    }

    /// The rotations as written.
    #[must_use]
    pub fn rotations(&self) -> &[Rotation] {
        &self.rotations
    }

    /// The rotation with this name, as written.
    #[must_use]
    pub fn rotation(&self, id: &RotationId) -> Option<&Rotation> {
        self.rotations.iter().find(|rotation| rotation.id == *id)
    }

    /// The units.
    #[must_use]
    pub fn units(&self) -> &[Unit] {
        &self.units
    }

    /// The unit with this name.
    #[must_use]
    pub fn unit(&self, id: &UnitId) -> Option<&Unit> {
        self.units.iter().find(|unit| unit.id == *id)
    }

    /// The calendar of a unit.
    #[must_use]
    pub fn calendar_of(&self, unit: &Unit) -> Option<&Calendar> {
        let wanted = unit.calendar.as_ref()?;
        self.calendars.iter().find(|(id, _)| id == wanted).map(|(_, calendar)| calendar)
    }

    /// The policies.
    #[must_use]
    pub fn policies(&self) -> &[Policy] {
        &self.policies
    }

    /// The policy for such an alert: one for what may be lethal goes before one for all.
    #[must_use]
    pub fn policy(&self, setting: Setting, kind: ConditionKind, priority: Priority, lethal: bool) -> Option<&Policy> {
        let fits = |policy: &&Policy| {
            policy.setting == setting
                && policy.kind == kind
                && policy.priority == priority
                && (lethal || !policy.lethal)
        };
        self.policies.iter().filter(fits).max_by_key(|policy| policy.lethal)
    }
}
