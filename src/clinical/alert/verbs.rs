//! What a person's command does to an alert.
//!
//! *Who is responsible while an alert is passed on.* A person who rejects has never owned it: the next step follows at
//! once. An owner who escalates stays the owner, with the time of their own answer, until somebody accepts: the named
//! person (or the next step's people) is paged now, the ladder stays stopped, and if nobody takes it the owner's answer
//! expires into a new round, which pages the owner too. So an owner cannot reject: there would be nobody between the
//! rejection and the next acceptance. While nobody owns the alert an escalation to a named person adds a page and moves
//! no deadline: whoever was paged before stays paged, and the ladder goes on by its deadline.
//!
//! *Repeats.* A client that lost our answer sends its command again, with the version of the first time. Such a repeat
//! is no error and no second event: for an answer it is known by its owner, for a rejection or an escalation by the
//! same verb within [`REPEAT_MS`](terms::REPEAT_MS). An answer by its owner at the *current* version is not a repeat:
//! it renews.

use super::book::Refused;
use super::command::{Command, Verb};
use super::event::{AlertEvent, CloseCause};
use super::ladder;
use super::response::Response;
use super::state::Alert;
use super::terms;
use crate::clinical::ids::PersonId;
use crate::time::Timestamp;

/// Decides a command to this alert.
pub(super) fn decide(alert: &Alert, command: &Command, now: Timestamp) -> Result<Vec<AlertEvent>, Refused> {
    if command.verb == Verb::Comment {
        return Ok(vec![comment(alert, command)]);
    }
    if is_repeat(alert, command, now) {
        return Ok(Vec::new());
    }
    if command.seen_version != alert.version {
        return Err(Refused::Stale { current: alert.version });
    }
    match &command.verb {
        Verb::Acknowledge => Ok(vec![acknowledge(alert, command, now)]),
        Verb::Accept => Ok(vec![accept(alert, command, now)]),
        Verb::Reject => reject(alert, command, now),
        Verb::Escalate { to } => escalate(alert, command, to.as_ref(), now),
        Verb::Reset => reset(alert, command),
        Verb::Comment => Ok(vec![comment(alert, command)]),
    }
}

fn is_repeat(alert: &Alert, command: &Command, now: Timestamp) -> bool {
    let owned = |silenced_too: bool| {
        command.seen_version != alert.version
            && matches!(&alert.response, Response::Answered { by, silenced, .. }
                if *by == command.by && *silenced == silenced_too)
    };
    let passed_on = || {
        alert.passed_on.iter().any(|passed| {
            passed.by == command.by && passed.verb == command.verb && now.since_ms(passed.at) < terms::REPEAT_MS
        })
    };
    match &command.verb {
        Verb::Acknowledge => owned(true),
        Verb::Accept => owned(false),
        // A page of this very step is a question of its own.
        Verb::Reject => !alert.is_paged(&command.by) && passed_on(),
        Verb::Escalate { .. } => passed_on(),
        Verb::Reset | Verb::Comment => false,
    }
}

fn acknowledge(alert: &Alert, command: &Command, now: Timestamp) -> AlertEvent {
    AlertEvent::Acknowledged {
        ordinal: alert.ordinal,
        by: command.by.clone(),
        reason: command.reason.clone(),
        until: now.plus_ms(terms::answer_ms(alert.priority)),
    }
}

fn accept(alert: &Alert, command: &Command, now: Timestamp) -> AlertEvent {
    AlertEvent::Accepted {
        ordinal: alert.ordinal,
        by: command.by.clone(),
        until: now.plus_ms(terms::answer_ms(alert.priority)),
    }
}

/// The ladder moves only where the page of its present step is rejected: somebody of an earlier step, or somebody to
/// whom an owner escalated, says no on record, and takes no time from those who are asked now.
fn reject(alert: &Alert, command: &Command, now: Timestamp) -> Result<Vec<AlertEvent>, Refused> {
    if alert.owner() == Some(&command.by) {
        return Err(Refused::NotNow("you own this alert: escalate it to pass it on"));
    }
    let mut events =
        vec![AlertEvent::Rejected { ordinal: alert.ordinal, by: command.by.clone(), reason: command.reason.clone() }];
    if alert.is_paged(&command.by) {
        events.extend(ladder::go_on(alert, 0, now));
    }
    Ok(events)
}

fn escalate(
    alert: &Alert,
    command: &Command,
    to: Option<&PersonId>,
    now: Timestamp,
) -> Result<Vec<AlertEvent>, Refused> {
    if to == Some(&command.by) {
        return Err(Refused::NotNow("an alert is escalated to somebody else: accept it to own it"));
    }
    let mut events = vec![AlertEvent::Escalated {
        ordinal: alert.ordinal,
        round: alert.round,
        step: alert.step(),
        by: command.by.clone(),
        to: to.cloned(),
        reason: command.reason.clone(),
    }];
    if to.is_none() {
        events.extend(ladder::go_on(alert, 0, now));
    }
    Ok(events)
}

fn reset(alert: &Alert, command: &Command) -> Result<Vec<AlertEvent>, Refused> {
    if !alert.latched() {
        return Err(Refused::NotNow("only a latched alert whose condition has gone can be reset"));
    }
    let ordinal = alert.ordinal;
    Ok(vec![
        AlertEvent::Reset { ordinal, by: command.by.clone() },
        AlertEvent::Closed { ordinal, cause: CloseCause::Reset },
    ])
}

fn comment(alert: &Alert, command: &Command) -> AlertEvent {
    AlertEvent::Commented { ordinal: alert.ordinal, by: command.by.clone(), text: command.reason.clone() }
}
