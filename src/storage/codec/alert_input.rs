//! Inputs to an alert book, for the streams of every kind of subject.

use smol_str::SmolStr;

use super::alert::{optional_person, people, person};
use super::error::DecodeError;
use crate::clinical::alert::{AlertInput, Command, TeamAnswer, Verb};
use crate::clinical::ids::PersonId;
use crate::proto::{self, StoredVerb};

const WHAT: &str = "input to an alert book";

pub(super) fn encode_tick(fallback: &[PersonId]) -> proto::Tick {
    proto::Tick { fallback: names(fallback) }
}

pub(super) fn decode_tick(stored: &proto::Tick) -> Result<AlertInput, DecodeError> {
    Ok(AlertInput::Tick { fallback: people(&stored.fallback)? })
}

pub(super) fn encode_answer(answer: &TeamAnswer, fallback: &[PersonId]) -> proto::TeamAnswered {
    proto::TeamAnswered {
        ordinal: answer.ordinal,
        round: answer.round,
        step: answer.step,
        people: names(&answer.people),
        delay_ms: answer.delay_ms,
        last: answer.last,
        policy_version: answer.policy_version,
        fallback: names(fallback),
    }
}

pub(super) fn decode_answer(stored: &proto::TeamAnswered) -> Result<AlertInput, DecodeError> {
    let answer = TeamAnswer {
        ordinal: stored.ordinal,
        round: stored.round,
        step: stored.step,
        people: people(&stored.people)?,
        delay_ms: stored.delay_ms,
        last: stored.last,
        policy_version: stored.policy_version,
    };
    Ok(AlertInput::TeamAnswered { answer, fallback: people(&stored.fallback)? })
}

pub(super) fn encode_command(command: &Command) -> proto::StoredCommand {
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

pub(super) fn decode_command(stored: &proto::StoredCommand) -> Result<AlertInput, DecodeError> {
    let verb = match stored.verb() {
        StoredVerb::Acknowledge => Verb::Acknowledge,
        StoredVerb::Accept => Verb::Accept,
        StoredVerb::Reject => Verb::Reject,
        StoredVerb::Escalate => Verb::Escalate { to: optional_person(&stored.to)? },
        StoredVerb::Reset => Verb::Reset,
        StoredVerb::Comment => Verb::Comment,
        StoredVerb::Unspecified => return Err(DecodeError::missing(WHAT, "verb")),
    };
    Ok(AlertInput::Command(Command {
        ordinal: stored.ordinal,
        verb,
        by: person(&stored.by)?,
        reason: SmolStr::new(&stored.reason),
        seen_version: stored.seen_version,
    }))
}

fn names(people: &[PersonId]) -> Vec<String> {
    people.iter().map(ToString::to_string).collect()
}
