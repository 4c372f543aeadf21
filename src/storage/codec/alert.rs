//! Facts about alerts.

use smol_str::SmolStr;

use super::condition;
use super::error::DecodeError;
use crate::clinical::alert::{AlertEvent, CloseCause, RoundCause, Term, Verdict};
use crate::clinical::ids::PersonId;
use crate::proto::{self, AlertEventKind as Kind};
use crate::time::Timestamp;

const WHAT: &str = "alert event";

pub(super) fn encode(event: &AlertEvent) -> proto::StoredAlertEvent {
    let mut stored = proto::StoredAlertEvent { ordinal: event.ordinal(), ..Default::default() };
    stored.kind = encode_course(event, &mut stored).into();
    stored
}

/// What conditions, time and the care team do to an alert.
fn encode_course(event: &AlertEvent, stored: &mut proto::StoredAlertEvent) -> Kind {
    match event {
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
            round,
            step,
            people,
            policy_version,
            last,
            fallback,
            deadline,
            lateness_ms,
            accepts,
            answer,
            ..
        } => {
            stored.accepts = *accepts;
            (stored.answer_ms, stored.answer_until_us) = encode_term(*answer);
            (stored.round, stored.step) = (*round, *step);
            stored.people = people.iter().map(ToString::to_string).collect();
            stored.policy_version = *policy_version;
            (stored.last, stored.fallback) = (*last, *fallback);
            stored.at_us = deadline.micros();
            stored.lateness_ms = *lateness_ms;
            Kind::StepEntered
        }
        AlertEvent::AnswerExpired { lateness_ms, .. } => {
            stored.lateness_ms = *lateness_ms;
            Kind::AnswerExpired
        }
        AlertEvent::ConditionCleared { at, .. } => {
            stored.at_us = at.micros();
            Kind::ConditionCleared
        }
        AlertEvent::Closed { cause, .. } => {
            stored.close_cause = encode_close_cause(*cause).into();
            Kind::Closed
        }
        AlertEvent::Held { until, .. } => {
            stored.at_us = until.micros();
            Kind::Held
        }
        AlertEvent::Listed { until, .. } => {
            stored.at_us = until.micros();
            Kind::Listed
        }
        AlertEvent::Delayed { until, .. } => {
            stored.at_us = until.micros();
            Kind::Delayed
        }
        AlertEvent::FoundEarlier { condition, .. } => {
            stored.condition = Some(condition::encode(condition));
            Kind::FoundEarlier
        }
        AlertEvent::Revised { .. } => Kind::Revised,
        _ => encode_answer(event, stored),
    }
}

/// What people do to an alert.
fn encode_answer(event: &AlertEvent, stored: &mut proto::StoredAlertEvent) -> Kind {
    match event {
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
        AlertEvent::Joined { by, .. } => {
            stored.by = by.to_string();
            Kind::Joined
        }
        AlertEvent::HandedOver { round, step, by, to, reason, accepted, .. } => {
            (stored.round, stored.step, stored.accepted) = (*round, *step, *accepted);
            (stored.by, stored.to, stored.text) = (by.to_string(), to.to_string(), reason.to_string());
            Kind::HandedOver
        }
        AlertEvent::Snoozed { by, reason, until, .. } => {
            (stored.by, stored.text, stored.at_us) = (by.to_string(), reason.to_string(), until.micros());
            Kind::Snoozed
        }
        AlertEvent::Disposed { by, verdict, reason, .. } => {
            (stored.by, stored.text) = (by.to_string(), reason.to_string());
            stored.verdict = encode_verdict(*verdict).into();
            Kind::Disposed
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
        AlertEvent::Disputed { by, reason, .. } => {
            stored.by = by.to_string();
            stored.text = reason.to_string();
            Kind::Disputed
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
        // Encoded above.
        AlertEvent::Raised { .. }
        | AlertEvent::Folded { .. }
        | AlertEvent::RoundBegan { .. }
        | AlertEvent::StepDue { .. }
        | AlertEvent::NoOneOnCall { .. }
        | AlertEvent::StepEntered { .. }
        | AlertEvent::AnswerExpired { .. }
        | AlertEvent::ConditionCleared { .. }
        | AlertEvent::Held { .. }
        | AlertEvent::Listed { .. }
        | AlertEvent::FoundEarlier { .. }
        | AlertEvent::Revised { .. }
        | AlertEvent::Delayed { .. }
        | AlertEvent::Closed { .. } => Kind::Unspecified,
    }
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
            // Of before there was such a number: one.
            accepts: stored.accepts.max(1),
            answer: decode_term(stored.answer_ms, stored.answer_until_us),
        },
        Kind::Joined => AlertEvent::Joined { ordinal, by: person(&stored.by)? },
        Kind::HandedOver => AlertEvent::HandedOver {
            ordinal,
            round,
            step,
            by: person(&stored.by)?,
            to: person(&stored.to)?,
            reason: text,
            accepted: stored.accepted,
        },
        Kind::Snoozed => AlertEvent::Snoozed { ordinal, by: person(&stored.by)?, reason: text, until: at },
        Kind::Disposed => AlertEvent::Disposed {
            ordinal,
            by: person(&stored.by)?,
            verdict: decode_verdict(stored.verdict())?,
            reason: text,
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
        Kind::Listed => AlertEvent::Listed { ordinal, until: at },
        Kind::FoundEarlier => AlertEvent::FoundEarlier { ordinal, condition: condition_of(stored.condition)? },
        Kind::Delayed => AlertEvent::Delayed { ordinal, until: at },
        Kind::Revised => AlertEvent::Revised { ordinal },
        Kind::Disputed => AlertEvent::Disputed { ordinal, by: person(&stored.by)?, reason: text },
        Kind::ConditionCleared => AlertEvent::ConditionCleared { ordinal, at },
        Kind::Reset => AlertEvent::Reset { ordinal, by: person(&stored.by)? },
        Kind::Commented => AlertEvent::Commented { ordinal, by: person(&stored.by)?, text },
        Kind::Closed => AlertEvent::Closed { ordinal, cause: decode_close_cause(stored.close_cause())? },
        Kind::Unspecified => return Err(DecodeError::missing(WHAT, "kind")),
    })
}

/// A term as (milliseconds, until); neither: none.
pub(super) fn encode_term(term: Option<Term>) -> (u32, Option<i64>) {
    match term {
        None => (0, None),
        Some(Term::Ms(ms)) => (ms, None),
        Some(Term::Until(until)) => (0, Some(until.micros())),
    }
}

pub(super) fn decode_term(ms: u32, until_us: Option<i64>) -> Option<Term> {
    match (ms, until_us) {
        (_, Some(until_us)) => Some(Term::Until(Timestamp(until_us))),
        (0, None) => None,
        (ms, None) => Some(Term::Ms(ms)),
    }
}

pub(super) fn encode_verdict(verdict: Verdict) -> proto::Verdict {
    match verdict {
        Verdict::True => proto::Verdict::True,
        Verdict::False => proto::Verdict::False,
        Verdict::NotActionable => proto::Verdict::NotActionable,
    }
}

pub(super) fn decode_verdict(stored: proto::Verdict) -> Result<Verdict, DecodeError> {
    match stored {
        proto::Verdict::True => Ok(Verdict::True),
        proto::Verdict::False => Ok(Verdict::False),
        proto::Verdict::NotActionable => Ok(Verdict::NotActionable),
        proto::Verdict::Unspecified => Err(DecodeError::missing(WHAT, "verdict")),
    }
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
        RoundCause::ReviewDue => proto::StoredRoundCause::ReviewDue,
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
        proto::StoredRoundCause::ReviewDue => RoundCause::ReviewDue,
        proto::StoredRoundCause::Unspecified => return Err(DecodeError::missing(WHAT, "round_cause")),
    })
}

fn encode_close_cause(cause: CloseCause) -> proto::StoredCloseCause {
    match cause {
        CloseCause::Ended => proto::StoredCloseCause::Ended,
        CloseCause::EndedUnanswered => proto::StoredCloseCause::EndedUnanswered,
        CloseCause::Reset => proto::StoredCloseCause::Reset,
        CloseCause::Withdrawn => proto::StoredCloseCause::Withdrawn,
        CloseCause::HandedOver => proto::StoredCloseCause::HandedOver,
    }
}

fn decode_close_cause(stored: proto::StoredCloseCause) -> Result<CloseCause, DecodeError> {
    Ok(match stored {
        proto::StoredCloseCause::Ended => CloseCause::Ended,
        proto::StoredCloseCause::EndedUnanswered => CloseCause::EndedUnanswered,
        proto::StoredCloseCause::Reset => CloseCause::Reset,
        proto::StoredCloseCause::Withdrawn => CloseCause::Withdrawn,
        proto::StoredCloseCause::HandedOver => CloseCause::HandedOver,
        proto::StoredCloseCause::Unspecified => return Err(DecodeError::missing(WHAT, "close_cause")),
    })
}
