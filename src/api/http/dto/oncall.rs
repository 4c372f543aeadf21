//! Who is responsible.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::text;
use crate::proto;

/// Who has a role in a unit.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct InRole {
    pub unit: String,
    pub role: String,
    pub people: Vec<String>,
    /// Of these, who can be reached for a high alert.
    pub reachable: Vec<String>,
}

/// Who is on call.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OnCallNow {
    pub roles: Vec<InRole>,
    /// Of the roster; 0: there is no plan.
    pub version: u32,
}

/// A time for which a role has nobody who can be reached.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Gap {
    pub unit: String,
    pub role: String,
    pub from_us: i64,
    pub to_us: i64,
    /// Who is on call and cannot be reached; empty: nobody is on call.
    pub unreachable: Vec<String>,
}

/// Every gap within 14 days.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Gaps {
    pub gaps: Vec<Gap>,
}

/// Somebody on call instead of, or beside, whom the rotation names.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Override {
    pub number: u32,
    pub rotation: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub add: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remove: Option<String>,
    pub from_us: i64,
    pub to_us: i64,
}

/// Overrides that hold or will.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Overrides {
    pub overrides: Vec<Override>,
}

/// Puts somebody on call, takes somebody off, or both, for a while.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Overriding {
    pub rotation: String,
    pub add: Option<String>,
    pub remove: Option<String>,
    pub from_us: i64,
    pub to_us: i64,
}

/// A nurse's patients for a shift.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssigningPatients {
    pub person: String,
    pub patients: Vec<String>,
    pub from_us: i64,
    pub to_us: i64,
}

/// Technical alerts of the unit are silenced, for at most 4 hours.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettingMaintenance {
    pub reason: String,
    pub from_us: i64,
    pub until_us: i64,
}

/// A page that a contact never got.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DeadLetter {
    pub alert: String,
    pub round: u32,
    pub step: u32,
    pub channel: String,
    pub address: String,
    pub why: String,
    pub at_us: i64,
}

/// Pages that contacts of a person never got.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DeadLetters {
    pub letters: Vec<DeadLetter>,
}

impl From<proto::WhoResponse> for OnCallNow {
    fn from(who: proto::WhoResponse) -> Self {
        let role = |role: proto::InRole| InRole {
            unit: role.unit,
            role: role.role,
            people: role.people,
            reachable: role.reachable,
        };
        Self { roles: who.roles.into_iter().map(role).collect(), version: who.version }
    }
}

impl From<proto::GapsResponse> for Gaps {
    fn from(gaps: proto::GapsResponse) -> Self {
        let gap = |gap: proto::CoverageGap| Gap {
            unit: gap.unit,
            role: gap.role,
            from_us: gap.from_us,
            to_us: gap.to_us,
            unreachable: gap.unreachable,
        };
        Self { gaps: gaps.gaps.into_iter().map(gap).collect() }
    }
}

impl From<proto::ListOverridesResponse> for Overrides {
    fn from(list: proto::ListOverridesResponse) -> Self {
        let one = |one: proto::OnCallOverride| Override {
            number: one.number,
            rotation: one.rotation,
            add: text(one.add),
            remove: text(one.remove),
            from_us: one.from_us,
            to_us: one.to_us,
        };
        Self { overrides: list.overrides.into_iter().map(one).collect() }
    }
}

impl From<Overriding> for proto::OnCallOverride {
    fn from(said: Overriding) -> Self {
        Self {
            number: 0,
            rotation: said.rotation,
            add: said.add.unwrap_or_default(),
            remove: said.remove.unwrap_or_default(),
            from_us: said.from_us,
            to_us: said.to_us,
        }
    }
}

impl From<proto::DeadLettersResponse> for DeadLetters {
    fn from(list: proto::DeadLettersResponse) -> Self {
        let letter = |letter: proto::DeadLetter| DeadLetter {
            alert: letter.alert,
            round: letter.round,
            step: letter.step,
            channel: letter.channel,
            address: letter.address,
            why: letter.why,
            at_us: letter.at_us,
        };
        Self { letters: list.letters.into_iter().map(letter).collect() }
    }
}
