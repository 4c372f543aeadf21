//! What the onset and the end of a condition do to its alert. Technical conditions use the same table.

use super::event::{AlertEvent, CloseCause, RoundCause};
use super::ladder;
use super::response::Response;
use super::state::Alert;
use super::terms;
use crate::clinical::condition::{Condition, ConditionKind, Priority};
use crate::time::Timestamp;

/// A condition without an open alert set in: the alert carries its first deadline from the start (I4).
/// Where its rule delays the signal, nobody is paged before that is over.
pub(super) fn raise(ordinal: u32, condition: &Condition, now: Timestamp) -> Vec<AlertEvent> {
    let deadline = now.plus_ms(terms::ASSIGNMENT_MS);
    let mut events = vec![AlertEvent::Raised { ordinal, condition: condition.clone(), deadline }];
    if condition.signal_delay_ms > 0 {
        let until = now.plus_ms(i64::from(condition.signal_delay_ms));
        events.push(AlertEvent::Delayed { ordinal, until });
    }
    events
}

/// The condition of an open alert set in again. While the alert waits this never restarts the ladder, except that a
/// higher priority is a matter of its own.
pub(super) fn began(alert: &Alert, condition: &Condition, now: Timestamp) -> Vec<AlertEvent> {
    let mut events = vec![AlertEvent::Folded { ordinal: alert.ordinal, condition: condition.clone() }];
    if condition.priority > alert.priority {
        events.push(ladder::begin_round(alert, RoundCause::PriorityRose, 0, now));
    } else if alert.listed || alert.owner().is_some() && must_be_seen_anew(condition) {
        events.push(ladder::begin_round(alert, RoundCause::SetInAnew, 0, now));
    }
    events
}

/// Whether an onset ends the answer that was given to an earlier one.
fn must_be_seen_anew(condition: &Condition) -> bool {
    condition.priority == Priority::High && condition.kind == ConditionKind::Physiological
}

/// The condition of an open alert is no longer present. A latching one stays, and its ladder goes on.
pub(super) fn ended(alert: &Alert, at: Timestamp) -> Vec<AlertEvent> {
    let ordinal = alert.ordinal;
    if !alert.present {
        return Vec::new();
    }
    let mut events = vec![AlertEvent::ConditionCleared { ordinal, at }];
    // What was over when it was found stays on the worklist until somebody has looked.
    if !alert.condition.latching && !alert.listed {
        let cause = match &alert.response {
            Response::Waiting { .. } => CloseCause::EndedUnanswered,
            Response::Answered { .. } => CloseCause::Ended,
        };
        events.push(AlertEvent::Closed { ordinal, cause });
    }
    events
}
