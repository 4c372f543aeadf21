//! What a person did to a patient's stay.

use smol_str::SmolStr;

use super::alert::person;
use super::condition;
use super::error::DecodeError;
use super::profile::{decode_profile, encode_profile};
use crate::clinical::ids::{PatientId, PersonId, UnitId};
use crate::clinical::patient::StayChange;
use crate::clinical::rules::LimitValue;
use crate::proto::{self, stay_changed::Change as Stored};
use crate::time::Timestamp;

const WHAT: &str = "change of a stay";

pub(super) fn encode(by: &PersonId, change: &StayChange) -> proto::StayChanged {
    let change = match change {
        StayChange::Moved { unit, bed } => {
            Stored::Moved(proto::PatientMoved { unit: unit.to_string(), bed: bed.to_string() })
        }
        StayChange::Prescribed(profile) => Stored::Prescribed(encode_profile(profile)),
        StayChange::LimitSet { rule, limit, clears_at, reason, until } => Stored::LimitSet(proto::StoredLimitSet {
            rule: rule.to_string(),
            limit_micro: limit.0,
            clears_at_micro: clears_at.map(|at| at.0),
            reason: reason.to_string(),
            until_us: until.map(Timestamp::micros),
        }),
        StayChange::LimitCleared(rule) => Stored::LimitCleared(rule.to_string()),
        StayChange::StandbyBegan { reason, until } => {
            Stored::StandbyBegan(proto::StandbyBegan { reason: reason.to_string(), until_us: until.micros() })
        }
        StayChange::StandbyEnded => Stored::StandbyEnded(proto::StandbyEnded {}),
        StayChange::Discharged => Stored::Discharged(proto::PatientDischarged {}),
        StayChange::Died => Stored::Died(proto::PatientDied {}),
        StayChange::MergedInto { into, last_ordinal } => {
            Stored::MergedInto(proto::PatientMergedInto { into: into.to_string(), last_ordinal: *last_ordinal })
        }
        StayChange::TookOver { from, conditions } => Stored::TookOver(proto::PatientTookOver {
            from: from.to_string(),
            conditions: conditions.iter().map(condition::encode).collect(),
        }),
    };
    proto::StayChanged { by: by.to_string(), change: Some(change) }
}

pub(super) fn decode(stored: proto::StayChanged) -> Result<(PersonId, StayChange), DecodeError> {
    let change = match stored.change.ok_or_else(|| DecodeError::missing(WHAT, "change"))? {
        Stored::Moved(moved) => StayChange::Moved {
            unit: UnitId::new(&moved.unit).map_err(|error| DecodeError::because(WHAT, error))?,
            bed: SmolStr::new(moved.bed),
        },
        Stored::Prescribed(profile) => StayChange::Prescribed(decode_profile(&profile)?),
        Stored::LimitSet(set) => StayChange::LimitSet {
            rule: condition::rule(&set.rule)?,
            limit: LimitValue(set.limit_micro),
            clears_at: set.clears_at_micro.map(LimitValue),
            reason: SmolStr::new(set.reason),
            until: set.until_us.map(Timestamp),
        },
        Stored::LimitCleared(rule) => StayChange::LimitCleared(condition::rule(&rule)?),
        Stored::StandbyBegan(began) => {
            StayChange::StandbyBegan { reason: SmolStr::new(began.reason), until: Timestamp(began.until_us) }
        }
        Stored::StandbyEnded(_) => StayChange::StandbyEnded,
        Stored::Discharged(_) => StayChange::Discharged,
        Stored::Died(_) => StayChange::Died,
        Stored::MergedInto(merged) => {
            StayChange::MergedInto { into: patient(&merged.into)?, last_ordinal: merged.last_ordinal }
        }
        Stored::TookOver(took) => StayChange::TookOver {
            from: patient(&took.from)?,
            conditions: took.conditions.into_iter().map(condition::decode).collect::<Result<_, _>>()?,
        },
    };
    Ok((person(&stored.by)?, change))
}

fn patient(text: &str) -> Result<PatientId, DecodeError> {
    PatientId::new(text).map_err(|error| DecodeError::because(WHAT, error))
}
