//! What administrators, technicians and compliance say, as JSON.

use serde::Deserialize;
use utoipa::ToSchema;

use super::patient::Profile;
use crate::proto;

/// A patient who is admitted.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdmittingNew {
    pub patient: String,
    /// It must be known.
    pub unit: String,
    /// Nobody else may be in it; absent: none.
    pub bed: Option<String>,
    pub profile: Option<Profile>,
}

/// A known patient who is admitted again.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Admitting {
    pub unit: String,
    pub bed: Option<String>,
    pub profile: Option<Profile>,
}

/// A patient who lies somewhere else from now on.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Moving {
    pub unit: String,
    pub bed: Option<String>,
}

/// Signals off, evaluation on.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BeginningStandby {
    pub reason: String,
    /// Receipt time at which it ends: within the next 24 hours.
    pub until_us: i64,
}

/// A patient who leaves.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Discharging {
    /// The patient died.
    pub died: bool,
}

/// Two records of one person.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Merging {
    /// The record that goes on.
    pub into: String,
}

/// A unit.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreatingUnit {
    pub unit: String,
}

/// Who is asked together, and how long they have.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LadderStep {
    pub people: Vec<String>,
    pub delay_ms: u32,
}

/// A unit's ladder.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettingLadder {
    pub steps: Vec<LadderStep>,
}

impl SettingLadder {
    /// Of this unit.
    pub fn of(self, unit: String) -> proto::SetCareTeamRequest {
        let step = |step: LadderStep| proto::CareStep { people: step.people, delay_ms: step.delay_ms };
        let steps = self.steps.into_iter().map(step).collect();
        proto::SetCareTeamRequest { team: Some(proto::CareTeam { unit, steps }) }
    }
}

/// A device that becomes known, or is in use again.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Registering {
    pub device: String,
    pub model: String,
    pub firmware: String,
    /// The unit whose technicians care for it.
    pub unit: String,
    /// The gateway that speaks for it; absent: it speaks for itself.
    pub gateway: Option<String>,
}

/// What the device observes is a patient's.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Assigning {
    pub patient: String,
    /// Device time from which on; absent: from the end of the newest assignment, or since ever.
    pub from_us: Option<i64>,
    /// Device time of the end, which is not in it.
    pub until_us: Option<i64>,
}

/// What the device observes is nobody's.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Unassigning {
    /// Device time of the end, which has passed; absent: now.
    pub at_us: Option<i64>,
}

/// Another unit's technicians care for it.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Lending {
    pub unit: String,
    /// Receipt time at which it ends by itself.
    pub until_us: i64,
}

/// Nothing more has to be said.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// A patient of another care team is shown.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BreakingGlass {
    /// 8 to 500 bytes.
    pub reason: String,
    /// 1 to 480; absent: 60.
    pub minutes: Option<u32>,
}

/// What was done under break-glass is judged.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reviewing {
    pub justified: bool,
    /// What was found: 8 to 500 bytes.
    pub note: String,
}

/// A person and of whom they care: a unit or a patient, not both.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssigningPerson {
    pub person: String,
    pub unit: Option<String>,
    pub patient: Option<String>,
}

impl From<AssigningPerson> for proto::AssignPersonRequest {
    fn from(said: AssigningPerson) -> Self {
        Self { person: said.person, unit: said.unit.unwrap_or_default(), patient: said.patient.unwrap_or_default() }
    }
}

/// An actor that is parked starts again.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RestartingActor {
    /// PATIENT or device~DEVICE.
    pub subject: String,
}
