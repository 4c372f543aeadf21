//! Inputs to an alert book, for the streams of every kind of subject.

use smol_str::SmolStr;

use super::alert::{self, optional_person, people, person};
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

pub(super) fn encode_answer(said: &TeamAnswer) -> proto::TeamAnswered {
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

pub(super) fn decode_answer(stored: &proto::TeamAnswered) -> Result<AlertInput, DecodeError> {
    Ok(AlertInput::TeamAnswered(TeamAnswer {
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
    }))
}

pub(super) fn encode_command(command: &Command) -> proto::StoredCommand {
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

pub(super) fn decode_command(stored: &proto::StoredCommand) -> Result<AlertInput, DecodeError> {
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
