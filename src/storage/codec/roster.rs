//! Records of the stream of the roster.

use prost::Message;
use smol_str::SmolStr;

use super::error::DecodeError;
use crate::clinical::ids::{ChannelId, PatientId, PersonId, RotationId, UnitId};
use crate::clinical::oncall::{Assignment, Contact, Maintenance, Override, RosterEvent, ShiftOffer};
use crate::proto::{self, roster_record::Event as Stored};
use crate::time::Timestamp;

const WHAT: &str = "roster record";

/// One fact about who is responsible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RosterRecord {
    /// Receipt time.
    pub now: Timestamp,
    /// What happened.
    pub event: RosterEvent,
}

/// Encodes a record.
#[must_use]
pub fn encode_roster(record: &RosterRecord) -> Vec<u8> {
    let event = match &record.event {
        RosterEvent::PlanAdopted { files } => {
            let file = |(name, text): &(String, String)| proto::RuleFile { name: name.clone(), text: text.clone() };
            Stored::PlanAdopted(proto::PlanAdopted { files: files.iter().map(file).collect() })
        }
        RosterEvent::OverrideSet(set) => Stored::OverrideSet(proto::OnCallOverride {
            number: set.number,
            rotation: set.rotation.to_string(),
            add: text(set.add.as_ref()),
            remove: text(set.remove.as_ref()),
            from_us: set.from.micros(),
            to_us: set.to.micros(),
        }),
        RosterEvent::OverrideEnded { number, by } => {
            Stored::OverrideEnded(proto::OverrideEnded { number: *number, by: by.to_string() })
        }
        RosterEvent::ContactVerified { person, contact } => Stored::ContactVerified(encode_contact(person, contact)),
        RosterEvent::ContactDisabled { person, contact } => Stored::ContactDisabled(encode_contact(person, contact)),
        RosterEvent::CheckSent { person } => Stored::CheckSent(person.to_string()),
        RosterEvent::CheckAnswered { person } => Stored::CheckAnswered(person.to_string()),
        RosterEvent::PatientsAssigned(assigned) => Stored::PatientsAssigned(proto::PatientsAssigned {
            unit: assigned.unit.to_string(),
            person: assigned.person.to_string(),
            patients: assigned.patients.iter().map(ToString::to_string).collect(),
            from_us: assigned.from.micros(),
            to_us: assigned.to.micros(),
        }),
        RosterEvent::MaintenanceSet(set) => Stored::MaintenanceSet(proto::MaintenanceSet {
            unit: set.unit.to_string(),
            reason: set.reason.to_string(),
            by: set.by.to_string(),
            from_us: set.from.micros(),
            until_us: set.until.micros(),
        }),
        RosterEvent::ShiftOffered(offer) => Stored::ShiftOffered(encode_offer(offer)),
        RosterEvent::ShiftTaken(offer) => Stored::ShiftTaken(encode_offer(offer)),
        RosterEvent::MaintenanceEnded { unit, by } => {
            Stored::MaintenanceEnded(proto::MaintenanceEnded { unit: unit.to_string(), by: by.to_string() })
        }
    };
    proto::RosterRecord { now_us: record.now.micros(), event: Some(event) }.encode_to_vec()
}

/// Decodes a record.
///
/// # Errors
/// [`DecodeError`].
pub fn decode_roster(plaintext: &[u8]) -> Result<RosterRecord, DecodeError> {
    let stored = proto::RosterRecord::decode(plaintext).map_err(|error| DecodeError::because(WHAT, error))?;
    let event = match stored.event.ok_or_else(|| DecodeError::missing(WHAT, "event"))? {
        Stored::PlanAdopted(plan) => {
            RosterEvent::PlanAdopted { files: plan.files.into_iter().map(|file| (file.name, file.text)).collect() }
        }
        Stored::OverrideSet(set) => RosterEvent::OverrideSet(Override {
            number: set.number,
            rotation: id(&set.rotation, RotationId::new)?,
            add: optional(&set.add)?,
            remove: optional(&set.remove)?,
            from: Timestamp(set.from_us),
            to: Timestamp(set.to_us),
        }),
        Stored::OverrideEnded(ended) => {
            RosterEvent::OverrideEnded { number: ended.number, by: id(&ended.by, PersonId::new)? }
        }
        Stored::ContactVerified(contact) => {
            let (person, contact) = decode_contact(&contact)?;
            RosterEvent::ContactVerified { person, contact }
        }
        Stored::ContactDisabled(contact) => {
            let (person, contact) = decode_contact(&contact)?;
            RosterEvent::ContactDisabled { person, contact }
        }
        Stored::CheckSent(person) => RosterEvent::CheckSent { person: id(&person, PersonId::new)? },
        Stored::CheckAnswered(person) => RosterEvent::CheckAnswered { person: id(&person, PersonId::new)? },
        Stored::PatientsAssigned(assigned) => RosterEvent::PatientsAssigned(Assignment {
            unit: id(&assigned.unit, UnitId::new)?,
            person: id(&assigned.person, PersonId::new)?,
            patients: assigned.patients.iter().map(|text| id(text, PatientId::new)).collect::<Result<_, _>>()?,
            from: Timestamp(assigned.from_us),
            to: Timestamp(assigned.to_us),
        }),
        Stored::MaintenanceSet(set) => RosterEvent::MaintenanceSet(Maintenance {
            unit: id(&set.unit, UnitId::new)?,
            reason: SmolStr::new(&set.reason),
            by: id(&set.by, PersonId::new)?,
            from: Timestamp(set.from_us),
            until: Timestamp(set.until_us),
        }),
        Stored::ShiftOffered(offer) => RosterEvent::ShiftOffered(decode_offer(&offer)?),
        Stored::ShiftTaken(offer) => RosterEvent::ShiftTaken(decode_offer(&offer)?),
        Stored::MaintenanceEnded(ended) => {
            RosterEvent::MaintenanceEnded { unit: id(&ended.unit, UnitId::new)?, by: id(&ended.by, PersonId::new)? }
        }
    };
    Ok(RosterRecord { now: Timestamp(stored.now_us), event })
}

fn encode_offer(offer: &ShiftOffer) -> proto::ShiftOffer {
    proto::ShiftOffer {
        unit: offer.unit.to_string(),
        by: offer.by.to_string(),
        to: offer.to.to_string(),
        patient: offer.patient.as_ref().map(ToString::to_string).unwrap_or_default(),
    }
}

fn decode_offer(stored: &proto::ShiftOffer) -> Result<ShiftOffer, DecodeError> {
    let patient = Some(&stored.patient).filter(|patient| !patient.is_empty());
    Ok(ShiftOffer {
        unit: id(&stored.unit, UnitId::new)?,
        by: id(&stored.by, PersonId::new)?,
        to: id(&stored.to, PersonId::new)?,
        patient: patient.map(|patient| id(patient, PatientId::new)).transpose()?,
    })
}

fn encode_contact(person: &PersonId, contact: &Contact) -> proto::StoredContact {
    proto::StoredContact {
        person: person.to_string(),
        channel: contact.channel.to_string(),
        address: contact.address.to_string(),
    }
}

fn decode_contact(stored: &proto::StoredContact) -> Result<(PersonId, Contact), DecodeError> {
    let contact = Contact { channel: id(&stored.channel, ChannelId::new)?, address: SmolStr::new(&stored.address) };
    Ok((id(&stored.person, PersonId::new)?, contact))
}

fn text(person: Option<&PersonId>) -> String {
    person.map(ToString::to_string).unwrap_or_default()
}

fn optional(text: &str) -> Result<Option<PersonId>, DecodeError> {
    if text.is_empty() { Ok(None) } else { id(text, PersonId::new).map(Some) }
}

fn id<T>(text: &str, new: impl FnOnce(&str) -> Result<T, crate::clinical::ids::IdError>) -> Result<T, DecodeError> {
    new(text).map_err(|error| DecodeError::because(WHAT, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_about_who_is_responsible_comes_back_as_it_was() {
        let person = PersonId::new("ana").unwrap();
        let unit = UnitId::new("icu").unwrap();
        let contact = Contact { channel: ChannelId::new("webhook").unwrap(), address: "https://pager.example".into() };
        let (from, to) = (Timestamp(1), Timestamp(i64::MAX));
        let set = |add, remove| {
            RosterEvent::OverrideSet(Override {
                number: 3,
                rotation: RotationId::new("nurses").unwrap(),
                add,
                remove,
                from,
                to,
            })
        };
        let offer =
            |patient| ShiftOffer { unit: unit.clone(), by: person.clone(), to: PersonId::new("bo").unwrap(), patient };
        let events = [
            RosterEvent::PlanAdopted { files: vec![("a.toml".into(), "x = 1".into()), (String::new(), String::new())] },
            set(Some(person.clone()), None),
            set(None, Some(person.clone())),
            RosterEvent::OverrideEnded { number: 3, by: person.clone() },
            RosterEvent::ContactVerified { person: person.clone(), contact: contact.clone() },
            RosterEvent::ContactDisabled { person: person.clone(), contact },
            RosterEvent::CheckSent { person: person.clone() },
            RosterEvent::CheckAnswered { person: person.clone() },
            RosterEvent::PatientsAssigned(Assignment {
                unit: unit.clone(),
                person: person.clone(),
                patients: vec![PatientId::new("p1").unwrap()],
                from,
                to,
            }),
            RosterEvent::MaintenanceSet(Maintenance {
                unit: unit.clone(),
                reason: "pump".into(),
                by: person.clone(),
                from,
                until: to,
            }),
            RosterEvent::ShiftOffered(offer(None)),
            RosterEvent::ShiftTaken(offer(Some(PatientId::new("p1").unwrap()))),
            RosterEvent::MaintenanceEnded { unit, by: person },
        ];
        for event in events {
            let record = RosterRecord { now: Timestamp(-7), event };
            assert_eq!(decode_roster(&encode_roster(&record)), Ok(record));
        }
    }
}
