//! Facts about alerts.

use smol_str::SmolStr;

use super::condition;
use super::error::DecodeError;
use crate::clinical::alert::{AlertEvent, CloseCause, RoundCause};
use crate::clinical::ids::PersonId;
use crate::proto::{self, AlertEventKind as Kind};
use crate::time::Timestamp;

const WHAT: &str = "alert event";

pub(super) fn encode(event: &AlertEvent) -> proto::StoredAlertEvent {
    let mut stored = proto::StoredAlertEvent { ordinal: event.ordinal(), ..Default::default() };
    let kind = match event {
        AlertEvent::Raised { condition, deadline, .. } => {
            stored.condition = Some(condition::encode(condition));
            stored.at_us = deadline.micros();
            Kind::Raised
        }
        AlertEvent::Folded { condition, .. } => {
            stored.condition = Some(condition::encode(condition));
            Kind::Folded
        }
        AlertEvent::RoundBegan { round, cause, deadline, lateness_ms, .. } => {
            stored.round = *round;
            stored.lateness_ms = *lateness_ms;
            stored.round_cause = encode_round_cause(*cause).into();
            stored.at_us = deadline.micros();
            Kind::RoundBegan
        }
        AlertEvent::StepDue { round, step, deadline, lateness_ms, .. } => {
            (stored.round, stored.step) = (*round, *step);
            stored.at_us = deadline.micros();
            stored.lateness_ms = *lateness_ms;
            Kind::StepDue
        }
        AlertEvent::NoOneOnCall { round, step, .. } => {
            (stored.round, stored.step) = (*round, *step);
            Kind::NoOneOnCall
        }
        AlertEvent::StepEntered {
            round, step, people, policy_version, last, fallback, deadline, lateness_ms, ..
        } => {
            (stored.round, stored.step) = (*round, *step);
            stored.people = people.iter().map(ToString::to_string).collect();
            stored.policy_version = *policy_version;
            (stored.last, stored.fallback) = (*last, *fallback);
            stored.at_us = deadline.micros();
            stored.lateness_ms = *lateness_ms;
            Kind::StepEntered
        }
        AlertEvent::Acknowledged { by, reason, until, .. } => {
            stored.by = by.to_string();
            stored.text = reason.to_string();
            stored.at_us = until.micros();
            Kind::Acknowledged
        }
        AlertEvent::Accepted { by, until, .. } => {
            stored.by = by.to_string();
            stored.at_us = until.micros();
            Kind::Accepted
        }
        AlertEvent::Rejected { by, reason, .. } => {
            stored.by = by.to_string();
            stored.text = reason.to_string();
            Kind::Rejected
        }
        AlertEvent::Escalated { round, step, by, to, reason, .. } => {
            (stored.round, stored.step) = (*round, *step);
            stored.by = by.to_string();
            stored.to = to.as_ref().map(ToString::to_string).unwrap_or_default();
            stored.text = reason.to_string();
            Kind::Escalated
        }
        AlertEvent::AnswerExpired { lateness_ms, .. } => {
            stored.lateness_ms = *lateness_ms;
            Kind::AnswerExpired
        }
        AlertEvent::Held { until, .. } => {
            stored.at_us = until.micros();
            Kind::Held
        }
        AlertEvent::Disputed { by, reason, .. } => {
            stored.by = by.to_string();
            stored.text = reason.to_string();
            Kind::Disputed
        }
        AlertEvent::ConditionCleared { at, .. } => {
            stored.at_us = at.micros();
            Kind::ConditionCleared
        }
        AlertEvent::Reset { by, .. } => {
            stored.by = by.to_string();
            Kind::Reset
        }
        AlertEvent::Commented { by, text, .. } => {
            stored.by = by.to_string();
            stored.text = text.to_string();
            Kind::Commented
        }
        AlertEvent::Closed { cause, .. } => {
            stored.close_cause = encode_close_cause(*cause).into();
            Kind::Closed
        }
    };
    stored.kind = kind.into();
    stored
}

pub(super) fn decode(stored: proto::StoredAlertEvent) -> Result<AlertEvent, DecodeError> {
    let (ordinal, round, step, at) = (stored.ordinal, stored.round, stored.step, Timestamp(stored.at_us));
    let lateness_ms = stored.lateness_ms;
    let text = SmolStr::new(&stored.text);
    Ok(match stored.kind() {
        Kind::Raised => AlertEvent::Raised { ordinal, condition: condition_of(stored.condition)?, deadline: at },
        Kind::Folded => AlertEvent::Folded { ordinal, condition: condition_of(stored.condition)? },
        Kind::RoundBegan => AlertEvent::RoundBegan {
            ordinal,
            round,
            cause: decode_round_cause(stored.round_cause())?,
            deadline: at,
            lateness_ms,
        },
        Kind::StepDue => AlertEvent::StepDue { ordinal, round, step, deadline: at, lateness_ms },
        Kind::NoOneOnCall => AlertEvent::NoOneOnCall { ordinal, round, step },
        Kind::StepEntered => AlertEvent::StepEntered {
            ordinal,
            round,
            step,
            people: people(&stored.people)?,
            policy_version: stored.policy_version,
            last: stored.last,
            fallback: stored.fallback,
            deadline: at,
            lateness_ms,
        },
        Kind::Acknowledged => AlertEvent::Acknowledged { ordinal, by: person(&stored.by)?, reason: text, until: at },
        Kind::Accepted => AlertEvent::Accepted { ordinal, by: person(&stored.by)?, until: at },
        Kind::Rejected => AlertEvent::Rejected { ordinal, by: person(&stored.by)?, reason: text },
        Kind::Escalated => AlertEvent::Escalated {
            ordinal,
            round,
            step,
            by: person(&stored.by)?,
            to: optional_person(&stored.to)?,
            reason: text,
        },
        Kind::AnswerExpired => AlertEvent::AnswerExpired { ordinal, lateness_ms },
        Kind::Held => AlertEvent::Held { ordinal, until: at },
        Kind::Disputed => AlertEvent::Disputed { ordinal, by: person(&stored.by)?, reason: text },
        Kind::ConditionCleared => AlertEvent::ConditionCleared { ordinal, at },
        Kind::Reset => AlertEvent::Reset { ordinal, by: person(&stored.by)? },
        Kind::Commented => AlertEvent::Commented { ordinal, by: person(&stored.by)?, text },
        Kind::Closed => AlertEvent::Closed { ordinal, cause: decode_close_cause(stored.close_cause())? },
        Kind::Unspecified => return Err(DecodeError::missing(WHAT, "kind")),
    })
}

pub(super) fn people(stored: &[String]) -> Result<Vec<PersonId>, DecodeError> {
    stored.iter().map(|text| person(text)).collect()
}

pub(super) fn person(text: &str) -> Result<PersonId, DecodeError> {
    PersonId::new(text).map_err(|error| DecodeError::because(WHAT, error))
}

pub(super) fn optional_person(text: &str) -> Result<Option<PersonId>, DecodeError> {
    if text.is_empty() { Ok(None) } else { person(text).map(Some) }
}

fn condition_of(stored: Option<proto::StoredCondition>) -> Result<crate::clinical::condition::Condition, DecodeError> {
    condition::decode(stored.ok_or_else(|| DecodeError::missing(WHAT, "condition"))?)
}

fn encode_round_cause(cause: RoundCause) -> proto::StoredRoundCause {
    match cause {
        RoundCause::Raised => proto::StoredRoundCause::Raised,
        RoundCause::PriorityRose => proto::StoredRoundCause::PriorityRose,
        RoundCause::AcknowledgementExpired => proto::StoredRoundCause::AcknowledgementExpired,
        RoundCause::SetInAnew => proto::StoredRoundCause::SetInAnew,
        RoundCause::LadderRepeats => proto::StoredRoundCause::LadderRepeats,
        RoundCause::StandbyEnded => proto::StoredRoundCause::StandbyEnded,
        RoundCause::Moved => proto::StoredRoundCause::Moved,
    }
}

fn decode_round_cause(stored: proto::StoredRoundCause) -> Result<RoundCause, DecodeError> {
    Ok(match stored {
        proto::StoredRoundCause::Raised => RoundCause::Raised,
        proto::StoredRoundCause::PriorityRose => RoundCause::PriorityRose,
        proto::StoredRoundCause::AcknowledgementExpired => RoundCause::AcknowledgementExpired,
        proto::StoredRoundCause::SetInAnew => RoundCause::SetInAnew,
        proto::StoredRoundCause::LadderRepeats => RoundCause::LadderRepeats,
        proto::StoredRoundCause::StandbyEnded => RoundCause::StandbyEnded,
        proto::StoredRoundCause::Moved => RoundCause::Moved,
        proto::StoredRoundCause::Unspecified => return Err(DecodeError::missing(WHAT, "round_cause")),
    })
}

fn encode_close_cause(cause: CloseCause) -> proto::StoredCloseCause {
    match cause {
        CloseCause::Ended => proto::StoredCloseCause::Ended,
        CloseCause::EndedUnanswered => proto::StoredCloseCause::EndedUnanswered,
        CloseCause::Reset => proto::StoredCloseCause::Reset,
        CloseCause::Withdrawn => proto::StoredCloseCause::Withdrawn,
    }
}

fn decode_close_cause(stored: proto::StoredCloseCause) -> Result<CloseCause, DecodeError> {
    Ok(match stored {
        proto::StoredCloseCause::Ended => CloseCause::Ended,
        proto::StoredCloseCause::EndedUnanswered => CloseCause::EndedUnanswered,
        proto::StoredCloseCause::Reset => CloseCause::Reset,
        proto::StoredCloseCause::Withdrawn => CloseCause::Withdrawn,
        proto::StoredCloseCause::Unspecified => return Err(DecodeError::missing(WHAT, "close_cause")),
    })
}
