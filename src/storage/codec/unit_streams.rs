//! Records of the streams of care units and of rules.

use prost::Message;

use super::alert::people;
use super::error::DecodeError;
use crate::clinical::ids::{PersonId, UnitId};
use crate::proto;
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
