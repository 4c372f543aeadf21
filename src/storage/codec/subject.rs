//! Records of the stream of a subject's alerts: an input with the events that follow from it.

use prost::Message;

use super::error::DecodeError;
use super::{alert, alert_input, condition};
use crate::clinical::alert::AlertInput;
use crate::clinical::condition::ConditionKey;
use crate::clinical::ids::UnitId;
use crate::clinical::subject_book::{Observed, SubjectInput, SubjectRecord};
use crate::proto::{self, subject_record::Input as Stored};
use crate::time::Timestamp;

const WHAT: &str = "record of a subject's alerts";

/// Encodes a record.
#[must_use]
pub fn encode_subject(record: &SubjectRecord) -> Vec<u8> {
    let (source, input) = match &record.input {
        SubjectInput::Adopted { unit, engine } => {
            (0, Stored::Adopted(proto::SubjectAdopted { unit: unit.to_string(), engine: *engine }))
        }
        SubjectInput::Observed { what, source } => (*source, encode_observed(what)),
        SubjectInput::Alert(AlertInput::Tick { fallback }) => (0, Stored::Tick(alert_input::encode_tick(fallback))),
        SubjectInput::Alert(AlertInput::TeamAnswered(said)) => {
            (0, Stored::TeamAnswered(alert_input::encode_answer(said)))
        }
        SubjectInput::Alert(AlertInput::Command(command)) => (0, Stored::Command(alert_input::encode_command(command))),
        SubjectInput::Alert(AlertInput::Withdrawn) => (0, Stored::Withdrawn(proto::Withdrawn {})),
    };
    proto::SubjectRecord {
        now_us: record.now.micros(),
        source,
        input: Some(input),
        events: record.events.iter().map(alert::encode).collect(),
    }
    .encode_to_vec()
}

/// Decodes a record.
///
/// # Errors
/// [`DecodeError`].
pub fn decode_subject(plaintext: &[u8]) -> Result<SubjectRecord, DecodeError> {
    let stored = proto::SubjectRecord::decode(plaintext).map_err(|error| DecodeError::because(WHAT, error))?;
    let observed = |what| SubjectInput::Observed { what, source: stored.source };
    let input = match stored.input.ok_or_else(|| DecodeError::missing(WHAT, "input"))? {
        Stored::Adopted(adopted) => SubjectInput::Adopted {
            unit: UnitId::new(&adopted.unit).map_err(|error| DecodeError::because(WHAT, error))?,
            engine: adopted.engine,
        },
        Stored::Began(began) => observed(Observed::Began(condition::decode(began)?)),
        Stored::Ended(ended) => observed(Observed::Ended { key: decode_key(&ended)?, at: Timestamp(ended.at_us) }),
        Stored::HandedOver(_) => observed(Observed::HandedOver),
        Stored::Tick(tick) => SubjectInput::Alert(alert_input::decode_tick(&tick)?),
        Stored::TeamAnswered(answered) => SubjectInput::Alert(alert_input::decode_answer(&answered)?),
        Stored::Command(command) => SubjectInput::Alert(alert_input::decode_command(&command)?),
        Stored::Withdrawn(_) => SubjectInput::Alert(AlertInput::Withdrawn),
    };
    let events = stored.events.into_iter().map(alert::decode).collect::<Result<_, _>>()?;
    Ok(SubjectRecord { now: Timestamp(stored.now_us), input, events })
}

fn encode_observed(what: &Observed) -> Stored {
    match what {
        Observed::Began(began) => Stored::Began(condition::encode(began)),
        Observed::Ended { key, at } => Stored::Ended(proto::SubjectConditionEnded {
            rule: key.rule.to_string(),
            device: key.device.as_ref().map(ToString::to_string).unwrap_or_default(),
            patient: key.patient.as_ref().map(ToString::to_string).unwrap_or_default(),
            at_us: at.micros(),
        }),
        Observed::HandedOver => Stored::HandedOver(proto::HandedOverToPatient {}),
    }
}

fn decode_key(ended: &proto::SubjectConditionEnded) -> Result<ConditionKey, DecodeError> {
    Ok(ConditionKey {
        rule: condition::rule(&ended.rule)?,
        device: condition::optional_device(&ended.device)?,
        patient: condition::optional_patient(&ended.patient)?,
    })
}
