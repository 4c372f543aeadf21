//! From the pure core to the wire: alerts, their facts, and errors.

use tonic::Status;

use crate::access::{Field, Fields};
use crate::actors::handle::{AlertNews, AlertView, OperationError};
use crate::clinical::alert::{AlertEvent, CloseCause, Response, RoundCause, Verdict};
use crate::clinical::condition::{Condition, ConditionKind, Found, Priority};
use crate::clinical::ids::{PersonId, Subject};
use crate::proto;
use crate::time::Timestamp;

/// An alert, as far as its fields may be shown.
pub(in crate::api) fn alert(view: &AlertView, fields: Fields) -> proto::Alert {
    let alert = &view.alert;
    let condition = &alert.condition;
    let (state, step, people, deadline) = response(&alert.response);
    let state = if alert.closed.is_some() { proto::ResponseState::Closed } else { state };
    let device = condition.key.device.as_ref().map(ToString::to_string);
    proto::Alert {
        id: view.id.to_string(),
        patient: fields.show(Field::Patient, view.id.subject.patient().map(ToString::to_string).unwrap_or_default()),
        subject: fields.show(subject_field(&view.id.subject), view.id.subject.to_string()),
        unit: view.unit.to_string(),
        bed: fields.show(Field::Place, view.bed.to_string()),
        rule: fields.show(Field::Finding, condition.key.rule.to_string()),
        rule_version: fields.show(Field::Finding, condition.rule_version),
        kind: kind(condition.kind) as i32,
        priority: priority(alert.priority) as i32,
        latching: condition.latching,
        lethal: condition.lethal,
        present: fields.show(Field::Finding, alert.present),
        start_us: fields.show(Field::Finding, condition.start.micros()),
        onset_us: fields.show(Field::Finding, condition.onset.micros()),
        value: fields.show(Field::Value, condition.value),
        limit: fields.show(Field::Value, condition.limit),
        // It names the value.
        text: fields.show(Field::Value, condition.text.to_string()),
        raised_at_us: alert.raised_at.micros(),
        folds: alert.folds,
        round: alert.round,
        step,
        state: state as i32,
        people: names(&people),
        deadline_us: deadline.micros(),
        version: alert.version,
        closed: alert.closed.map_or("", close_cause).to_owned(),
        device: fields.show(Field::Device, device.unwrap_or_default()),
        snoozed_until_us: alert.snoozed_until.map_or(0, Timestamp::micros),
        offered_to: alert.hand_over.as_ref().map(|offer| offer.to.to_string()).unwrap_or_default(),
        verdict: alert.verdict.as_ref().map_or(proto::Verdict::Unspecified, |(_, said)| verdict(*said)) as i32,
        held: alert.held,
        disputed: alert.disputed,
        listed: alert.listed,
        revised: alert.revised,
        found: found(condition.found).to_owned(),
        explanation: fields.show(Field::Value, Some(super::explanation::explain(condition))),
    }
}

/// What tells whom it is about.
const fn subject_field(subject: &Subject) -> Field {
    match subject {
        Subject::Patient(_) => Field::Patient,
        Subject::Device(_) | Subject::Unit(_) => Field::Route,
    }
}

fn response(response: &Response) -> (proto::ResponseState, u32, Vec<PersonId>, Timestamp) {
    match response {
        Response::Waiting { step, people, deadline, .. } => {
            (proto::ResponseState::Waiting, *step, people.clone(), *deadline)
        }
        Response::Answered { by, until, silenced, step, .. } => {
            let state = if *silenced { proto::ResponseState::Acknowledged } else { proto::ResponseState::Accepted };
            (state, *step, vec![by.clone()], *until)
        }
    }
}

/// News of an alert, as far as its fields may be shown.
pub(super) fn update(news: &AlertNews, fields: Fields) -> proto::AlertUpdate {
    proto::AlertUpdate {
        position: news.position,
        fact: Some(fact(news.at, &news.event, fields)),
        alert: Some(alert(&news.view, fields)),
    }
}

/// One fact of an alert's history, as far as its fields may be shown.
pub(super) fn fact(at: Timestamp, event: &AlertEvent, fields: Fields) -> proto::AlertFact {
    let whole = whole_fact(at, event);
    // What the platform gives as a reason is a cause; what a person gives is a note.
    let is_note = !whole.by.is_empty();
    proto::AlertFact {
        reason: if is_note { fields.show(Field::Note, whole.reason) } else { whole.reason },
        rule: fields.show(Field::Finding, whole.rule),
        onset_us: fields.show(Field::Finding, whole.onset_us),
        value: fields.show(Field::Value, whole.value),
        ..whole
    }
}

fn whole_fact(at: Timestamp, event: &AlertEvent) -> proto::AlertFact {
    let mut fact = proto::AlertFact { at_us: at.micros(), what: what(event).to_owned(), ..proto::AlertFact::default() };
    match event {
        AlertEvent::Raised { condition, deadline, .. } => {
            onset(&mut fact, condition);
            fact.deadline_us = deadline.micros();
        }
        AlertEvent::Folded { condition, .. } | AlertEvent::FoundEarlier { condition, .. } => {
            onset(&mut fact, condition);
        }
        AlertEvent::RoundBegan { round, cause, deadline, .. } => {
            fact.round = *round;
            fact.reason = round_cause(*cause).into();
            fact.deadline_us = deadline.micros();
        }
        AlertEvent::StepDue { round, step, deadline, lateness_ms, .. } => {
            (fact.round, fact.step) = (*round, *step);
            (fact.deadline_us, fact.lateness_ms) = (deadline.micros(), *lateness_ms);
        }
        AlertEvent::NoOneOnCall { round, step, .. } => (fact.round, fact.step) = (*round, *step),
        AlertEvent::StepEntered { round, step, people, deadline, lateness_ms, .. } => {
            (fact.round, fact.step) = (*round, *step);
            fact.people = names(people);
            (fact.deadline_us, fact.lateness_ms) = (deadline.micros(), *lateness_ms);
        }
        AlertEvent::Acknowledged { by, reason, until, .. } | AlertEvent::Snoozed { by, reason, until, .. } => {
            (fact.by, fact.reason) = (by.to_string(), reason.to_string());
            fact.deadline_us = until.micros();
        }
        AlertEvent::Accepted { by, until, .. } => {
            (fact.by, fact.deadline_us) = (by.to_string(), until.micros());
        }
        AlertEvent::Rejected { by, reason, .. }
        | AlertEvent::Disposed { by, reason, .. }
        | AlertEvent::Disputed { by, reason, .. } => {
            (fact.by, fact.reason) = (by.to_string(), reason.to_string());
        }
        AlertEvent::Escalated { by, to, reason, .. } => {
            (fact.by, fact.reason) = (by.to_string(), reason.to_string());
            fact.people = to.iter().map(ToString::to_string).collect();
        }
        AlertEvent::HandedOver { by, to, reason, .. } => {
            (fact.by, fact.reason) = (by.to_string(), reason.to_string());
            fact.people = vec![to.to_string()];
        }
        AlertEvent::AnswerExpired { lateness_ms, .. } => fact.lateness_ms = *lateness_ms,
        AlertEvent::Held { until, .. } | AlertEvent::Listed { until, .. } | AlertEvent::Delayed { until, .. } => {
            fact.deadline_us = until.micros();
        }
        AlertEvent::ConditionCleared { .. } | AlertEvent::Revised { .. } => {}
        AlertEvent::Reset { by, .. } | AlertEvent::Joined { by, .. } => fact.by = by.to_string(),
        AlertEvent::Commented { by, text, .. } => (fact.by, fact.reason) = (by.to_string(), text.to_string()),
        AlertEvent::Closed { cause, .. } => fact.reason = close_cause(*cause).into(),
    }
    fact
}

fn onset(fact: &mut proto::AlertFact, condition: &Condition) {
    fact.rule = condition.key.rule.to_string();
    fact.onset_us = condition.onset.micros();
    fact.value = condition.value;
}

fn what(event: &AlertEvent) -> &'static str {
    match event {
        AlertEvent::Raised { .. } => "raised",
        AlertEvent::Folded { .. } => "folded",
        AlertEvent::RoundBegan { .. } => "round_began",
        AlertEvent::StepDue { .. } => "step_due",
        AlertEvent::NoOneOnCall { .. } => "no_one_on_call",
        AlertEvent::StepEntered { .. } => "step_entered",
        AlertEvent::Acknowledged { .. } => "acknowledged",
        AlertEvent::Accepted { .. } => "accepted",
        AlertEvent::Rejected { .. } => "rejected",
        AlertEvent::Escalated { .. } => "escalated",
        AlertEvent::AnswerExpired { .. } => "answer_expired",
        AlertEvent::Held { .. } => "held",
        AlertEvent::Disputed { .. } => "disputed",
        AlertEvent::Listed { .. } => "listed",
        AlertEvent::FoundEarlier { .. } => "found_earlier",
        AlertEvent::Revised { .. } => "revised",
        AlertEvent::Delayed { .. } => "delayed",
        AlertEvent::ConditionCleared { .. } => "condition_cleared",
        AlertEvent::Reset { .. } => "reset",
        AlertEvent::Commented { .. } => "commented",
        AlertEvent::Closed { .. } => "closed",
        AlertEvent::Joined { .. } => "joined",
        AlertEvent::HandedOver { accepted: false, .. } => "hand_over_offered",
        AlertEvent::HandedOver { accepted: true, .. } => "handed_over",
        AlertEvent::Snoozed { .. } => "snoozed",
        AlertEvent::Disposed { verdict: Verdict::True, .. } => "disposed_true",
        AlertEvent::Disposed { verdict: Verdict::False, .. } => "disposed_false",
        AlertEvent::Disposed { verdict: Verdict::NotActionable, .. } => "disposed_not_actionable",
    }
}

const fn round_cause(cause: RoundCause) -> &'static str {
    match cause {
        RoundCause::Raised => "raised",
        RoundCause::PriorityRose => "priority_rose",
        RoundCause::AcknowledgementExpired => "acknowledgement_expired",
        RoundCause::SetInAnew => "set_in_anew",
        RoundCause::LadderRepeats => "ladder_repeats",
        RoundCause::StandbyEnded => "standby_ended",
        RoundCause::Moved => "moved",
        RoundCause::ReviewDue => "review_due",
    }
}

const fn found(found: Found) -> &'static str {
    match found {
        Found::Live => "",
        Found::Retrospective => "retrospective",
        Found::Corrected => "corrected",
    }
}

const fn close_cause(cause: CloseCause) -> &'static str {
    match cause {
        CloseCause::Ended => "ended",
        CloseCause::EndedUnanswered => "ended_unanswered",
        CloseCause::Reset => "reset",
        CloseCause::Withdrawn => "withdrawn",
        CloseCause::HandedOver => "handed_over",
    }
}

pub(super) const fn verdict(verdict: Verdict) -> proto::Verdict {
    match verdict {
        Verdict::True => proto::Verdict::True,
        Verdict::False => proto::Verdict::False,
        Verdict::NotActionable => proto::Verdict::NotActionable,
    }
}

/// The kind that is asked for.
pub(super) fn kind_of(kind: proto::ConditionKind) -> Result<ConditionKind, Status> {
    match kind {
        proto::ConditionKind::Physiological => Ok(ConditionKind::Physiological),
        proto::ConditionKind::Technical => Ok(ConditionKind::Technical),
        proto::ConditionKind::Unspecified => Err(Status::invalid_argument("kind: physiological or technical")),
    }
}

/// The priority that is asked for.
pub(super) fn priority_of(priority: proto::Priority) -> Result<Priority, Status> {
    match priority {
        proto::Priority::Low => Ok(Priority::Low),
        proto::Priority::Medium => Ok(Priority::Medium),
        proto::Priority::High => Ok(Priority::High),
        proto::Priority::Unspecified => Err(Status::invalid_argument("priority: high, medium or low")),
    }
}

const fn kind(kind: ConditionKind) -> proto::ConditionKind {
    match kind {
        ConditionKind::Physiological => proto::ConditionKind::Physiological,
        ConditionKind::Technical => proto::ConditionKind::Technical,
    }
}

const fn priority(priority: Priority) -> proto::Priority {
    match priority {
        Priority::Low => proto::Priority::Low,
        Priority::Medium => proto::Priority::Medium,
        Priority::High => proto::Priority::High,
    }
}

fn names(people: &[PersonId]) -> Vec<String> {
    people.iter().map(ToString::to_string).collect()
}

/// The status that says what became of an operation.
pub(super) fn status(error: &OperationError) -> Status {
    let text = error.to_string();
    match error {
        OperationError::NotFound(_) => Status::not_found(text),
        OperationError::Conflict(_) => Status::failed_precondition(text),
        OperationError::Invalid(_) => Status::invalid_argument(text),
        OperationError::Unavailable => Status::unavailable(text),
    }
}

/// `INVALID_ARGUMENT` with what is allowed.
pub(super) fn invalid(error: impl std::fmt::Display) -> Status {
    Status::invalid_argument(error.to_string())
}
