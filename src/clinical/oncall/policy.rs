//! Policies: who is paged when, by setting, kind and priority.

use serde::{Deserialize, Serialize};

use crate::clinical::condition::{ConditionKind, Priority};
use crate::clinical::ids::{CareRole, PersonId, PolicyId, RotationId};
use crate::clinical::patient::Setting;

/// Who is meant by a step.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Target {
    /// This person.
    Person(PersonId),
    /// Whoever is on call by this rotation.
    Rotation(RotationId),
    /// Whoever has this role on the care team of the alert's unit. The role `primary` is the nurse to whom the patient
    /// is assigned for the shift, where there is one.
    Role(CareRole),
    /// Everyone who has a role in the alert's unit.
    Unit,
}

/// How long the people of a step have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Delay {
    /// So long.
    Ms(u32),
    /// Until office hours end on the next working day of the unit's calendar.
    NextWorkingDay,
    /// Until the shift ends: the turn of whoever is primary.
    Shift,
}

/// One step of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Who is paged. Not empty.
    pub targets: Vec<Target>,
    /// How long they have before the next step, or before the steps begin anew after the last.
    pub delay: Delay,
    /// How many of them must accept before the ladder stops: 1 or more.
    pub accepts: u8,
}

/// A policy: one ladder, repeated while the alert is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Its name.
    pub id: PolicyId,
    /// For units of this setting.
    pub setting: Setting,
    /// For alerts of this kind.
    pub kind: ConditionKind,
    /// For alerts of this priority.
    pub priority: Priority,
    /// Only for alerts of rules that may be lethal. Goes before a policy that is for all.
    pub lethal: bool,
    /// In order. Not empty.
    pub steps: Vec<Step>,
    /// How long an answer holds before it expires.
    pub answer: Delay,
    /// Who is paged where a step finds nobody. Never empty.
    pub fallback: Vec<Target>,
}
