//! What a patient's stay does to the alerts: it never stops the evaluation, only whom they reach.

use super::stay::{Stay, StayChange};
use crate::clinical::alert::{
    Alert, AlertBook, AlertEvent, BookInput, CloseCause, Refused, Response, RoundCause, terms,
};
use crate::clinical::condition::{Condition, ConditionKind, Priority};
use crate::time::Timestamp;

/// The alert events that follow from a change which fits the stay.
pub(super) fn decide(
    stay: &Stay,
    book: &AlertBook,
    change: &StayChange,
    now: Timestamp,
) -> Result<Vec<AlertEvent>, Refused> {
    match change {
        StayChange::Prescribed(_) | StayChange::LimitSet { .. } | StayChange::LimitCleared(_) => Ok(Vec::new()),
        StayChange::Moved { unit, .. } if stay.unit() == Some(unit) => Ok(Vec::new()),
        StayChange::Moved { .. } => {
            let waiting = book.open().iter().filter(|alert| waits(alert) && !alert.held);
            Ok(waiting.map(|alert| begin_round(alert, RoundCause::Moved, now)).collect())
        }
        StayChange::StandbyBegan { until, .. } => {
            if book.open().iter().any(must_be_answered_first) {
                return Err(Refused::NotNow("answer the high alerts of the patient before the standby"));
            }
            let waiting = book.open().iter().filter(|alert| waits(alert));
            Ok(waiting.map(|alert| AlertEvent::Held { ordinal: alert.ordinal, until: *until }).collect())
        }
        StayChange::StandbyEnded => Ok(resume(book, now)),
        StayChange::MergedInto { last_ordinal, .. } if *last_ordinal != book.last_ordinal() => {
            Err(Refused::NotNow("a new alert was raised meanwhile: merge again"))
        }
        StayChange::Discharged | StayChange::Died | StayChange::MergedInto { .. } => Ok(close_all(book)),
        StayChange::TookOver { conditions, .. } => take_over(book, conditions, now),
    }
}

/// A standby ended: whoever is to answer is asked now for each alert that it held.
pub(super) fn resume(book: &AlertBook, now: Timestamp) -> Vec<AlertEvent> {
    let held = book.open().iter().filter(|alert| alert.held && !alert.listed && !alert.delayed);
    held.map(|alert| begin_round(alert, RoundCause::StandbyEnded, now)).collect()
}

/// What the terms of the stay add to a decision whose events `book` has taken: on standby, alerts that were raised or
/// began a round are held; after the stay they are closed as soon as they are raised, so that every breach is on record
/// and nobody is paged.
pub(super) fn under_terms(stay: &Stay, book: &AlertBook, decided: &[AlertEvent]) -> Vec<AlertEvent> {
    if decided.is_empty() {
        return Vec::new();
    }
    if stay.is_over() {
        return close_all(book);
    }
    let Some(standby) = stay.standby() else { return Vec::new() };
    let starts = |ordinal: u32| {
        decided.iter().any(|event| {
            event.ordinal() == ordinal && matches!(event, AlertEvent::Raised { .. } | AlertEvent::RoundBegan { .. })
        })
    };
    let waiting = book.open().iter().filter(|alert| waits(alert) && !alert.held && starts(alert.ordinal));
    waiting.map(|alert| AlertEvent::Held { ordinal: alert.ordinal, until: standby.until }).collect()
}

/// The conditions of a duplicate's open alerts. They latch, and count as gone until they set in here: nothing here would
/// notice their end, and only a person can say whether they still matter.
fn take_over(book: &AlertBook, conditions: &[Condition], now: Timestamp) -> Result<Vec<AlertEvent>, Refused> {
    let mut book = book.clone();
    let mut all = Vec::new();
    for condition in conditions {
        let known = book.open().iter().any(|alert| alert.condition.key == condition.key && alert.present);
        let latching = Condition { latching: true, ..condition.clone() };
        let mut events = book.decide(&BookInput::ConditionBegan(&latching), now)?;
        if !known && let Some(first) = events.first() {
            events.push(AlertEvent::ConditionCleared { ordinal: first.ordinal(), at: now });
        }
        for event in &events {
            book.evolve(event, now);
        }
        all.append(&mut events);
    }
    Ok(all)
}

fn close_all(book: &AlertBook) -> Vec<AlertEvent> {
    let close = |alert: &Alert| AlertEvent::Closed { ordinal: alert.ordinal, cause: CloseCause::Withdrawn };
    book.open().iter().map(close).collect()
}

fn begin_round(alert: &Alert, cause: RoundCause, now: Timestamp) -> AlertEvent {
    AlertEvent::RoundBegan {
        ordinal: alert.ordinal,
        round: alert.round.saturating_add(1),
        cause,
        deadline: now.plus_ms(terms::ASSIGNMENT_MS),
        lateness_ms: 0,
    }
}

fn waits(alert: &Alert) -> bool {
    matches!(alert.response, Response::Waiting { .. })
}

fn must_be_answered_first(alert: &Alert) -> bool {
    waits(alert) && alert.priority == Priority::High && alert.condition.kind == ConditionKind::Physiological
}
