//! Records of a patient's stream: an input with the events that follow from it.

use prost::Message;
use smol_str::SmolStr;

use super::alert::{self, optional_person, people, person};
use super::error::DecodeError;
use super::profile::{decode_profile, encode_profile};
use super::stay;
use crate::clinical::alert::{Command, Verb};
use crate::clinical::ids::{DeviceId, PersonId, UnitId};
use crate::clinical::patient::{PatientInput, PatientRecord, Run, StandbyEnd};
use crate::proto::{self, StoredVerb, patient_record::Input as Stored};
use crate::time::Timestamp;

const WHAT: &str = "patient record";

/// Encodes a record.
#[must_use]
pub fn encode_patient(record: &PatientRecord) -> Vec<u8> {
    proto::PatientRecord {
        now_us: record.now.micros(),
        input: Some(encode_input(&record.input)),
        events: record.events.iter().map(alert::encode).collect(),
    }
    .encode_to_vec()
}

/// Decodes a record.
///
/// # Errors
/// [`DecodeError`].
pub fn decode_patient(plaintext: &[u8]) -> Result<PatientRecord, DecodeError> {
    let stored = proto::PatientRecord::decode(plaintext).map_err(|error| DecodeError::because(WHAT, error))?;
    Ok(PatientRecord {
        now: Timestamp(stored.now_us),
        input: decode_input(stored.input.ok_or_else(|| DecodeError::missing(WHAT, "input"))?)?,
        events: stored.events.into_iter().map(alert::decode).collect::<Result<_, _>>()?,
    })
}

fn encode_input(input: &PatientInput) -> Stored {
    match input {
        PatientInput::Consumed(runs) => Stored::Consumed(proto::Consumed {
            runs: runs
                .iter()
                .map(|run| proto::ConsumedRun { device: run.device.to_string(), through: run.through })
                .collect(),
        }),
        PatientInput::Admitted { unit, bed, profile, by } => Stored::Admitted(proto::PatientAdmitted {
            unit: unit.to_string(),
            bed: bed.to_string(),
            profile: Some(encode_profile(profile)),
            by: by.as_ref().map(ToString::to_string).unwrap_or_default(),
        }),
        PatientInput::RulesAdopted { hash, engine } => {
            Stored::RulesAdopted(proto::RulesAdopted { hash: hash.to_vec(), engine: *engine })
        }
        PatientInput::Tick { fallback } => Stored::Tick(proto::Tick { fallback: names(fallback) }),
        PatientInput::TeamAnswered { ordinal, round, step, people, delay_ms, last, policy_version, fallback } => {
            Stored::TeamAnswered(proto::TeamAnswered {
                ordinal: *ordinal,
                round: *round,
                step: *step,
                people: names(people),
                delay_ms: *delay_ms,
                last: *last,
                policy_version: *policy_version,
                fallback: names(fallback),
            })
        }
        PatientInput::Command(command) => Stored::Command(encode_command(command)),
        PatientInput::Withdrawn => Stored::Withdrawn(proto::Withdrawn {}),
        PatientInput::Stay { by, change } => Stored::Stay(stay::encode(by, change)),
        PatientInput::StandbyEnded(end) => {
            Stored::StandbyEnded(proto::StandbyEndedItself { signals_returned: *end == StandbyEnd::SignalsReturned })
        }
    }
}

fn decode_input(stored: Stored) -> Result<PatientInput, DecodeError> {
    Ok(match stored {
        Stored::Consumed(consumed) => {
            PatientInput::Consumed(consumed.runs.iter().map(decode_run).collect::<Result<_, _>>()?)
        }
        Stored::Admitted(admitted) => PatientInput::Admitted {
            unit: UnitId::new(&admitted.unit).map_err(|error| DecodeError::because(WHAT, error))?,
            bed: SmolStr::new(admitted.bed),
            // Absent before profiles were stored: nobody had said anything.
            profile: admitted.profile.as_ref().map(decode_profile).transpose()?.unwrap_or_default(),
            by: optional_person(&admitted.by)?,
        },
        Stored::RulesAdopted(adopted) => PatientInput::RulesAdopted {
            hash: adopted.hash.try_into().map_err(|_| DecodeError::because(WHAT, "hash is not 32 bytes"))?,
            engine: adopted.engine,
        },
        Stored::Tick(tick) => PatientInput::Tick { fallback: people(&tick.fallback)? },
        Stored::TeamAnswered(answered) => PatientInput::TeamAnswered {
            ordinal: answered.ordinal,
            round: answered.round,
            step: answered.step,
            people: people(&answered.people)?,
            delay_ms: answered.delay_ms,
            last: answered.last,
            policy_version: answered.policy_version,
            fallback: people(&answered.fallback)?,
        },
        Stored::Command(command) => PatientInput::Command(decode_command(&command)?),
        Stored::Withdrawn(_) => PatientInput::Withdrawn,
        Stored::Stay(stored) => {
            let (by, change) = stay::decode(stored)?;
            PatientInput::Stay { by, change }
        }
        Stored::StandbyEnded(ended) => PatientInput::StandbyEnded(if ended.signals_returned {
            StandbyEnd::SignalsReturned
        } else {
            StandbyEnd::Due
        }),
    })
}

fn decode_run(stored: &proto::ConsumedRun) -> Result<Run, DecodeError> {
    let device = DeviceId::new(&stored.device).map_err(|error| DecodeError::because(WHAT, error))?;
    Ok(Run { device, through: stored.through })
}

fn encode_command(command: &Command) -> proto::StoredCommand {
    let (verb, to) = match &command.verb {
        Verb::Acknowledge => (StoredVerb::Acknowledge, None),
        Verb::Accept => (StoredVerb::Accept, None),
        Verb::Reject => (StoredVerb::Reject, None),
        Verb::Escalate { to } => (StoredVerb::Escalate, to.as_ref()),
        Verb::Reset => (StoredVerb::Reset, None),
        Verb::Comment => (StoredVerb::Comment, None),
    };
    proto::StoredCommand {
        ordinal: command.ordinal,
        verb: verb.into(),
        by: command.by.to_string(),
        reason: command.reason.to_string(),
        seen_version: command.seen_version,
        to: to.map(ToString::to_string).unwrap_or_default(),
    }
}

fn decode_command(stored: &proto::StoredCommand) -> Result<Command, DecodeError> {
    let verb = match stored.verb() {
        StoredVerb::Acknowledge => Verb::Acknowledge,
        StoredVerb::Accept => Verb::Accept,
        StoredVerb::Reject => Verb::Reject,
        StoredVerb::Escalate => Verb::Escalate { to: optional_person(&stored.to)? },
        StoredVerb::Reset => Verb::Reset,
        StoredVerb::Comment => Verb::Comment,
        StoredVerb::Unspecified => return Err(DecodeError::missing(WHAT, "verb")),
    };
    Ok(Command {
        ordinal: stored.ordinal,
        verb,
        by: person(&stored.by)?,
        reason: SmolStr::new(&stored.reason),
        seen_version: stored.seen_version,
    })
}

fn names(people: &[PersonId]) -> Vec<String> {
    people.iter().map(ToString::to_string).collect()
}
