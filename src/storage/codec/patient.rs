//! Records of a patient's stream: an input with the events that follow from it.

use prost::Message;
use smol_str::SmolStr;

use super::alert::{self, optional_person, people, person};
use super::error::DecodeError;
use super::profile::{decode_profile, encode_profile};
use super::stay;
use crate::clinical::alert::{Command, TeamAnswer, Verb};
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
        PatientInput::TeamAnswered(said) => Stored::TeamAnswered(encode_answer(said)),
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
        Stored::TeamAnswered(said) => PatientInput::TeamAnswered(decode_answer(&said)?),
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

fn encode_answer(said: &TeamAnswer) -> proto::TeamAnswered {
    let (answer_ms, answer_until_us) = alert::encode_term(said.answer);
    proto::TeamAnswered {
        ordinal: said.ordinal,
        round: said.round,
        step: said.step,
        people: names(&said.people),
        delay_ms: said.delay_ms,
        accepts: said.accepts,
        answer_ms,
        answer_until_us,
        last: said.last,
        policy_version: said.policy_version,
        fallback: names(&said.fallback),
    }
}

fn decode_answer(stored: &proto::TeamAnswered) -> Result<TeamAnswer, DecodeError> {
    Ok(TeamAnswer {
        ordinal: stored.ordinal,
        round: stored.round,
        step: stored.step,
        people: people(&stored.people)?,
        delay_ms: stored.delay_ms,
        accepts: stored.accepts,
        answer: alert::decode_term(stored.answer_ms, stored.answer_until_us),
        last: stored.last,
        policy_version: stored.policy_version,
        fallback: people(&stored.fallback)?,
    })
}

fn decode_run(stored: &proto::ConsumedRun) -> Result<Run, DecodeError> {
    let device = DeviceId::new(&stored.device).map_err(|error| DecodeError::because(WHAT, error))?;
    Ok(Run { device, through: stored.through })
}

fn encode_command(command: &Command) -> proto::StoredCommand {
    let mut stored = proto::StoredCommand {
        ordinal: command.ordinal,
        by: command.by.to_string(),
        reason: command.reason.to_string(),
        seen_version: command.seen_version,
        ..Default::default()
    };
    let verb = match &command.verb {
        Verb::Acknowledge => StoredVerb::Acknowledge,
        Verb::Accept => StoredVerb::Accept,
        Verb::Reject => StoredVerb::Reject,
        Verb::Escalate { to } => {
            stored.to = to.as_ref().map(ToString::to_string).unwrap_or_default();
            StoredVerb::Escalate
        }
        Verb::Reset => StoredVerb::Reset,
        Verb::Comment => StoredVerb::Comment,
        Verb::HandOver { to } => {
            stored.to = to.to_string();
            StoredVerb::HandOver
        }
        Verb::Snooze { ms } => {
            stored.snooze_ms = *ms;
            StoredVerb::Snooze
        }
        Verb::Dispose { verdict } => {
            stored.verdict = alert::encode_verdict(*verdict).into();
            StoredVerb::Dispose
        }
    };
    stored.verb = verb.into();
    stored
}

fn decode_command(stored: &proto::StoredCommand) -> Result<Command, DecodeError> {
    let verb = match stored.verb() {
        StoredVerb::Acknowledge => Verb::Acknowledge,
        StoredVerb::Accept => Verb::Accept,
        StoredVerb::Reject => Verb::Reject,
        StoredVerb::Escalate => Verb::Escalate { to: optional_person(&stored.to)? },
        StoredVerb::Reset => Verb::Reset,
        StoredVerb::Comment => Verb::Comment,
        StoredVerb::HandOver => Verb::HandOver { to: person(&stored.to)? },
        StoredVerb::Snooze => Verb::Snooze { ms: stored.snooze_ms },
        StoredVerb::Dispose => Verb::Dispose { verdict: alert::decode_verdict(stored.verdict())? },
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
