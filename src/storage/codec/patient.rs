//! Records of a patient's stream: an input with the events that follow from it.

use prost::Message;
use smol_str::SmolStr;

use super::alert::{self, optional_person};
use super::alert_input;
use super::error::DecodeError;
use super::profile::{decode_profile, encode_profile};
use super::stay;
use crate::clinical::alert::AlertInput;
use crate::clinical::ids::{DeviceId, UnitId};
use crate::clinical::patient::{LateBase, PatientInput, PatientRecord, Run, StandbyEnd};
use crate::proto::{self, patient_record::Input as Stored};
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
        PatientInput::Alert(AlertInput::Tick { fallback }) => Stored::Tick(alert_input::encode_tick(fallback)),
        PatientInput::Alert(AlertInput::TeamAnswered(said)) => Stored::TeamAnswered(alert_input::encode_answer(said)),
        PatientInput::Alert(AlertInput::Command(command)) => Stored::Command(alert_input::encode_command(command)),
        PatientInput::Alert(AlertInput::Withdrawn) => Stored::Withdrawn(proto::Withdrawn {}),
        PatientInput::Stay { by, change } => Stored::Stay(stay::encode(by, change)),
        PatientInput::LimitsEnded => Stored::LimitsEnded(proto::Empty {}),
        PatientInput::LateJudged { base, bound_us } => {
            let from = match base {
                LateBase::Now => proto::late_judged::From::Now(proto::Empty {}),
                LateBase::Stay => proto::late_judged::From::Stay(proto::Empty {}),
                LateBase::Windows(sequence) => proto::late_judged::From::Windows(*sequence),
            };
            Stored::LateJudged(proto::LateJudged { from: Some(from), bound_us: *bound_us })
        }
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
        Stored::Tick(tick) => PatientInput::Alert(alert_input::decode_tick(&tick)?),
        Stored::TeamAnswered(said) => PatientInput::Alert(alert_input::decode_answer(&said)?),
        Stored::Command(command) => PatientInput::Alert(alert_input::decode_command(&command)?),
        Stored::Withdrawn(_) => PatientInput::Alert(AlertInput::Withdrawn),
        Stored::Stay(stored) => {
            let (by, change) = stay::decode(stored)?;
            PatientInput::Stay { by, change }
        }
        Stored::LimitsEnded(_) => PatientInput::LimitsEnded,
        Stored::LateJudged(judged) => PatientInput::LateJudged {
            base: match judged.from.ok_or_else(|| DecodeError::missing(WHAT, "from"))? {
                proto::late_judged::From::Now(_) => LateBase::Now,
                proto::late_judged::From::Stay(_) => LateBase::Stay,
                proto::late_judged::From::Windows(sequence) => LateBase::Windows(sequence),
            },
            bound_us: judged.bound_us,
        },
        Stored::StandbyEnded(ended) => PatientInput::StandbyEnded(if ended.signals_returned {
            StandbyEnd::SignalsReturned
        } else {
            StandbyEnd::Due
        }),
    })
}

pub(super) fn decode_run(stored: &proto::ConsumedRun) -> Result<Run, DecodeError> {
    let device = DeviceId::new(&stored.device).map_err(|error| DecodeError::because(WHAT, error))?;
    Ok(Run { device, through: stored.through })
}
