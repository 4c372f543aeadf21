//! Records of the streams of care units, of persons and of rules.

use prost::Message;
use smol_str::SmolStr;

use super::alert::people;
use super::error::DecodeError;
use crate::clinical::ids::{AlertId, ChannelId, PersonId, UnitId};
use crate::clinical::oncall::{Contact, Quiet};
use crate::proto::{self, person_record::Event as StoredPersonEvent};
use crate::time::Timestamp;

/// A unit's ladder was replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CareRecord {
    /// Receipt time.
    pub now: Timestamp,
    /// Version of the ladder from here on.
    pub policy_version: u32,
    /// The unit.
    pub unit: UnitId,
    /// Its steps: people, and how long they have in milliseconds.
    pub steps: Vec<(Vec<PersonId>, u32)>,
}

/// What happens in a person's inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PersonEvent {
    /// The person was paged for (alert, round, step).
    Paged {
        /// The alert.
        alert: AlertId,
        /// Its round.
        round: u32,
        /// The step.
        step: u32,
        /// By which contacts it goes out, each with its delay in milliseconds; the inbox has it at once.
        deliveries: Vec<(Contact, u32)>,
        /// Why only the inbox gets it; `None`: it goes out.
        quiet: Option<Quiet>,
    },
    /// What became of a page by one contact.
    Delivered {
        /// The alert.
        alert: AlertId,
        /// Its round.
        round: u32,
        /// The step.
        step: u32,
        /// Receipt time of the page.
        paged_at: Timestamp,
        /// The contact.
        contact: Contact,
        /// The provider has it; otherwise it is a dead letter.
        sent: bool,
        /// Why it is one.
        why: SmolStr,
        /// How often it was attempted.
        attempts: u32,
    },
    /// Every page of the alert was taken back.
    Withdrawn(AlertId),
}

/// A record of a person's stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonRecord {
    /// Receipt time.
    pub now: Timestamp,
    /// What happened.
    pub event: PersonEvent,
}

/// A rule set that was in force, with its full text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulesRecord {
    /// Receipt time.
    pub now: Timestamp,
    /// SHA-256 by which patients' streams name it.
    pub hash: [u8; 32],
    /// File names with texts.
    pub files: Vec<(String, String)>,
}

/// Encodes a record of a care unit's stream.
#[must_use]
pub fn encode_care(record: &CareRecord) -> Vec<u8> {
    let steps = record
        .steps
        .iter()
        .map(|(people, delay_ms)| proto::CareStep {
            people: people.iter().map(ToString::to_string).collect(),
            delay_ms: *delay_ms,
        })
        .collect();
    proto::CareRecord {
        now_us: record.now.micros(),
        policy_version: record.policy_version,
        team: Some(proto::CareTeam { unit: record.unit.to_string(), steps }),
    }
    .encode_to_vec()
}

/// Decodes a record of a care unit's stream.
///
/// # Errors
/// [`DecodeError`].
pub fn decode_care(plaintext: &[u8]) -> Result<CareRecord, DecodeError> {
    const WHAT: &str = "care record";
    let stored = proto::CareRecord::decode(plaintext).map_err(|error| DecodeError::because(WHAT, error))?;
    let team = stored.team.ok_or_else(|| DecodeError::missing(WHAT, "team"))?;
    Ok(CareRecord {
        now: Timestamp(stored.now_us),
        policy_version: stored.policy_version,
        unit: UnitId::new(&team.unit).map_err(|error| DecodeError::because(WHAT, error))?,
        steps: team
            .steps
            .iter()
            .map(|step| Ok((people(&step.people)?, step.delay_ms)))
            .collect::<Result<_, DecodeError>>()?,
    })
}

/// Encodes a record of a person's stream.
#[must_use]
pub fn encode_person(record: &PersonRecord) -> Vec<u8> {
    let mut stored = proto::PersonRecord { now_us: record.now.micros(), ..Default::default() };
    stored.event = Some(match &record.event {
        PersonEvent::Paged { alert, round, step, deliveries, quiet } => {
            let delivery = |(contact, delay_ms): &(Contact, u32)| proto::PageDelivery {
                channel: contact.channel.to_string(),
                address: contact.address.to_string(),
                delay_ms: *delay_ms,
            };
            stored.deliveries = deliveries.iter().map(delivery).collect();
            stored.quiet = quiet.as_ref().map(|quiet| proto::PageQuiet {
                cause: quiet.cause.as_str().to_owned(),
                by: quiet.by.to_string(),
                until_us: quiet.until.micros(),
            });
            let paged_at_us = record.now.micros();
            StoredPersonEvent::Paged(proto::Page { alert: alert.to_string(), round: *round, step: *step, paged_at_us })
        }
        PersonEvent::Withdrawn(alert) => StoredPersonEvent::Withdrawn(alert.to_string()),
        PersonEvent::Delivered { alert, round, step, paged_at, contact, sent, why, attempts } => {
            StoredPersonEvent::Delivered(proto::PageDelivered {
                alert: alert.to_string(),
                round: *round,
                step: *step,
                channel: contact.channel.to_string(),
                address: contact.address.to_string(),
                sent: *sent,
                why: why.to_string(),
                attempts: *attempts,
                paged_at_us: paged_at.micros(),
            })
        }
    });
    stored.encode_to_vec()
}

/// Decodes a record of a person's stream.
///
/// # Errors
/// [`DecodeError`].
pub fn decode_person(plaintext: &[u8]) -> Result<PersonRecord, DecodeError> {
    const WHAT: &str = "person record";
    let stored = proto::PersonRecord::decode(plaintext).map_err(|error| DecodeError::because(WHAT, error))?;
    let alert = |text: &str| text.parse().map_err(|error| DecodeError::because(WHAT, error));
    let contact = |channel: &str, address: &str| {
        let channel = ChannelId::new(channel).map_err(|error| DecodeError::because(WHAT, error))?;
        Ok::<_, DecodeError>(Contact { channel, address: SmolStr::new(address) })
    };
    let quiet = |stored: &proto::PageQuiet| {
        let cause = stored.cause.parse().map_err(|error| DecodeError::because(WHAT, error))?;
        Ok::<_, DecodeError>(Quiet { cause, by: SmolStr::new(&stored.by), until: Timestamp(stored.until_us) })
    };
    let event = match stored.event.ok_or_else(|| DecodeError::missing(WHAT, "event"))? {
        StoredPersonEvent::Paged(page) => PersonEvent::Paged {
            alert: alert(&page.alert)?,
            round: page.round,
            step: page.step,
            deliveries: stored
                .deliveries
                .iter()
                .map(|one| Ok((contact(&one.channel, &one.address)?, one.delay_ms)))
                .collect::<Result<_, DecodeError>>()?,
            quiet: stored.quiet.as_ref().map(quiet).transpose()?,
        },
        StoredPersonEvent::Delivered(page) => PersonEvent::Delivered {
            alert: alert(&page.alert)?,
            round: page.round,
            step: page.step,
            contact: contact(&page.channel, &page.address)?,
            sent: page.sent,
            why: SmolStr::new(&page.why),
            attempts: page.attempts,
            paged_at: Timestamp(page.paged_at_us),
        },
        StoredPersonEvent::Withdrawn(text) => PersonEvent::Withdrawn(alert(&text)?),
    };
    Ok(PersonRecord { now: Timestamp(stored.now_us), event })
}

/// Encodes a record of the stream of rules.
#[must_use]
pub fn encode_rules(record: &RulesRecord) -> Vec<u8> {
    proto::RulesRecord {
        now_us: record.now.micros(),
        hash: record.hash.to_vec(),
        files: record
            .files
            .iter()
            .map(|(name, text)| proto::RuleFile { name: name.clone(), text: text.clone() })
            .collect(),
    }
    .encode_to_vec()
}

/// Decodes a record of the stream of rules.
///
/// # Errors
/// [`DecodeError`].
pub fn decode_rules(plaintext: &[u8]) -> Result<RulesRecord, DecodeError> {
    const WHAT: &str = "rules record";
    let stored = proto::RulesRecord::decode(plaintext).map_err(|error| DecodeError::because(WHAT, error))?;
    Ok(RulesRecord {
        now: Timestamp(stored.now_us),
        hash: stored.hash.try_into().map_err(|_| DecodeError::because(WHAT, "hash is not 32 bytes"))?,
        files: stored.files.into_iter().map(|file| (file.name, file.text)).collect(),
    })
}
