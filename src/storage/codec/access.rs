//! Records of the audit trail.

use prost::Message;

use super::error::DecodeError;
use crate::access::{AccessRecord, Fields, Outcome, Purpose};
use crate::clinical::ids::{PatientId, PersonId};
use crate::proto::{AccessOutcome, StoredAccess};
use crate::time::Timestamp;

/// Encodes a record of the audit trail.
#[must_use]
pub fn encode_access(record: &AccessRecord) -> Vec<u8> {
    let outcome = match record.outcome {
        Outcome::Shown => AccessOutcome::Shown,
        Outcome::Refused => AccessOutcome::Refused,
        Outcome::Failed => AccessOutcome::Failed,
    };
    StoredAccess {
        now_us: record.now.micros(),
        person: record.person.as_ref().map(ToString::to_string).unwrap_or_default(),
        roles: record.roles.iter().map(ToString::to_string).collect(),
        what: record.what.to_string(),
        patients: record.patients.iter().map(ToString::to_string).collect(),
        about: record.about.to_string(),
        purpose: record.purpose.code().to_owned(),
        from: record.from.to_string(),
        outcome: outcome.into(),
        fields: record.fields.bits(),
        position: record.position,
        continues: record.continues.unwrap_or_default(),
    }
    .encode_to_vec()
}

/// Decodes a record of the audit trail.
///
/// # Errors
/// [`DecodeError`].
pub fn decode_access(plaintext: &[u8]) -> Result<AccessRecord, DecodeError> {
    const WHAT: &str = "access record";
    let because = |error: &dyn std::fmt::Display| DecodeError::because(WHAT, error);
    let stored = StoredAccess::decode(plaintext).map_err(|error| because(&error))?;
    let outcome = match stored.outcome() {
        AccessOutcome::Shown => Outcome::Shown,
        AccessOutcome::Refused => Outcome::Refused,
        AccessOutcome::Failed => Outcome::Failed,
        AccessOutcome::Unspecified => return Err(DecodeError::missing(WHAT, "outcome")),
    };
    let person = (!stored.person.is_empty()).then(|| PersonId::new(&stored.person)).transpose();
    let patients: Result<_, _> = stored.patients.iter().map(|patient| PatientId::new(patient)).collect();
    Ok(AccessRecord {
        now: Timestamp(stored.now_us),
        person: person.map_err(|error| because(&error))?,
        roles: stored.roles.into_iter().map(Into::into).collect(),
        what: stored.what.into(),
        patients: patients.map_err(|error| because(&error))?,
        about: stored.about.into(),
        purpose: stored.purpose.parse::<Purpose>().map_err(|error| because(&error))?,
        from: stored.from.into(),
        outcome,
        fields: Fields::from_bits(stored.fields),
        position: stored.position,
        continues: (stored.continues > 0).then_some(stored.continues),
    })
}
