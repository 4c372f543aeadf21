//! Records of the stream of grants.

use prost::Message;

use super::error::DecodeError;
use crate::access::{BreakGlass, CareOf, GrantEvent, Review, Verdict};
use crate::clinical::ids::{IdError, PatientId, PersonId, UnitId};
use crate::proto::{self, grant_record::Event};
use crate::time::Timestamp;

const WHAT: &str = "grant record";

/// A record of the stream of grants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantRecord {
    /// Receipt time.
    pub now: Timestamp,
    /// Who did it.
    pub by: PersonId,
    /// What happened.
    pub event: GrantEvent,
}

/// Encodes a record of the stream of grants.
#[must_use]
pub fn encode_grant(record: &GrantRecord) -> Vec<u8> {
    let event = match &record.event {
        GrantEvent::Assigned(person, of) => Event::Assigned(assignment(person, of)),
        GrantEvent::Unassigned(person, of) => Event::Unassigned(assignment(person, of)),
        GrantEvent::Broken(broken) => Event::Broken(proto::GlassBroken {
            ordinal: broken.ordinal,
            patient: broken.patient.to_string(),
            reason: broken.reason.to_string(),
            until_us: broken.until.micros(),
            review_due_us: broken.review_due.micros(),
        }),
        GrantEvent::Ended(ordinal) => Event::Ended(*ordinal),
        GrantEvent::Reviewed(ordinal, review) => Event::Reviewed(proto::GlassReviewed {
            ordinal: *ordinal,
            justified: review.verdict == Verdict::Justified,
            note: review.note.to_string(),
        }),
    };
    let (now_us, by) = (record.now.micros(), record.by.to_string());
    proto::GrantRecord { now_us, by, event: Some(event) }.encode_to_vec()
}

/// Decodes a record of the stream of grants.
///
/// # Errors
/// [`DecodeError`].
pub fn decode_grant(plaintext: &[u8]) -> Result<GrantRecord, DecodeError> {
    let stored = proto::GrantRecord::decode(plaintext).map_err(|error| DecodeError::because(WHAT, error))?;
    let event = stored.event.ok_or_else(|| DecodeError::missing(WHAT, "event"))?;
    let (now, by) = (Timestamp(stored.now_us), PersonId::new(&stored.by).map_err(wrong)?);
    let event = match event {
        Event::Assigned(of) => {
            let (person, of) = care_of(&of)?;
            GrantEvent::Assigned(person, of)
        }
        Event::Unassigned(of) => {
            let (person, of) = care_of(&of)?;
            GrantEvent::Unassigned(person, of)
        }
        Event::Broken(broken) => GrantEvent::Broken(BreakGlass {
            ordinal: broken.ordinal,
            person: by.clone(),
            patient: PatientId::new(&broken.patient).map_err(wrong)?,
            reason: broken.reason.into(),
            at: now,
            until: Timestamp(broken.until_us),
            review_due: Timestamp(broken.review_due_us),
            review: None,
        }),
        Event::Ended(ordinal) => GrantEvent::Ended(ordinal),
        Event::Reviewed(reviewed) => {
            let verdict = if reviewed.justified { Verdict::Justified } else { Verdict::Unjustified };
            let review = Review { by: by.clone(), at: now, verdict, note: reviewed.note.into() };
            GrantEvent::Reviewed(reviewed.ordinal, review)
        }
    };
    Ok(GrantRecord { now, by, event })
}

fn assignment(person: &PersonId, of: &CareOf) -> proto::Assignment {
    let (unit, patient) = match of {
        CareOf::Unit(unit) => (unit.to_string(), String::new()),
        CareOf::Patient(patient) => (String::new(), patient.to_string()),
    };
    proto::Assignment { person: person.to_string(), unit, patient }
}

fn care_of(stored: &proto::Assignment) -> Result<(PersonId, CareOf), DecodeError> {
    let person = PersonId::new(&stored.person).map_err(wrong)?;
    let of = if stored.unit.is_empty() {
        CareOf::Patient(PatientId::new(&stored.patient).map_err(wrong)?)
    } else {
        CareOf::Unit(UnitId::new(&stored.unit).map_err(wrong)?)
    };
    Ok((person, of))
}

#[allow(clippy::needless_pass_by_value)] // The form that `map_err` takes.
fn wrong(error: IdError) -> DecodeError {
    DecodeError::because(WHAT, error)
}
