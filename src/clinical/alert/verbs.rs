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
use super::verdict::Verdict;
use crate::clinical::ids::PersonId;
use crate::time::Timestamp;

/// Decides a command to this alert.
pub(super) fn decide(alert: &Alert, command: &Command, now: Timestamp) -> Result<Vec<AlertEvent>, Refused> {
    if matches!(command.verb, Verb::Comment | Verb::Dispose { .. }) {
        return Ok(remark(command, alert.verdict.as_ref()));
    }
    if is_repeat(alert, command, now) {
        return Ok(Vec::new());
    }
    if command.seen_version != alert.version {
        return Err(Refused::Stale { current: alert.version });
    }
    match &command.verb {
        Verb::Acknowledge => Ok(own(alert, command, acknowledge(alert, command, now))),
        Verb::Accept => Ok(own(alert, command, accept(alert, command, now))),
        Verb::Reject => reject(alert, command, now),
        Verb::Escalate { to } => escalate(alert, command, to.as_ref(), now),
        Verb::Reset => reset(alert, command),
        Verb::HandOver { to } => hand_over(alert, command, to),
        Verb::Snooze { ms } => snooze(alert, command, *ms, now),
        Verb::Comment | Verb::Dispose { .. } => Ok(remark(command, alert.verdict.as_ref())),
    }
}

/// Decides a command to an alert that is closed: what it was worth is often said only then.
pub(super) fn decide_closed(command: &Command) -> Result<Vec<AlertEvent>, Refused> {
    match command.verb {
        Verb::Comment | Verb::Dispose { .. } => Ok(remark(command, None)),
        _ => Err(Refused::NoSuchAlert),
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
        Verb::Acknowledge => owned(true) || has_joined(alert, &command.by),
        Verb::Accept => owned(false) || has_joined(alert, &command.by),
        // A page of this very step is a question of its own.
        Verb::Reject => !alert.is_paged(&command.by) && passed_on(),
        Verb::Escalate { .. } | Verb::HandOver { .. } => passed_on(),
        // Silenced for as long already, but for the time between two clicks.
        Verb::Snooze { ms } => alert
            .snoozed_until
            .is_some_and(|until| until.since_ms(now) > i64::from(*ms).saturating_sub(terms::REPEAT_MS)),
        Verb::Reset | Verb::Comment | Verb::Dispose { .. } => false,
    }
}

fn acknowledge(alert: &Alert, command: &Command, now: Timestamp) -> AlertEvent {
    AlertEvent::Acknowledged {
        ordinal: alert.ordinal,
        by: command.by.clone(),
        reason: command.reason.clone(),
        until: alert.answer_until(now),
    }
}

fn accept(alert: &Alert, command: &Command, now: Timestamp) -> AlertEvent {
    AlertEvent::Accepted { ordinal: alert.ordinal, by: command.by.clone(), until: alert.answer_until(now) }
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

/// Somebody wants to own it. Where several must, and not enough have, they join those who do; an offer to hand it over is
/// taken up by its receiver's answer.
fn own(alert: &Alert, command: &Command, answer: AlertEvent) -> Vec<AlertEvent> {
    if let Response::Waiting { accepts, joined, .. } = &alert.response {
        let so_far = u32::try_from(joined.len()).unwrap_or(u32::MAX);
        if so_far.saturating_add(1) < *accepts {
            return vec![AlertEvent::Joined { ordinal: alert.ordinal, by: command.by.clone() }];
        }
    }
    let offer = alert.hand_over.as_ref().filter(|offer| offer.to == command.by);
    let taken = offer.map(|offer| AlertEvent::HandedOver {
        ordinal: alert.ordinal,
        round: alert.round,
        step: alert.step(),
        by: offer.by.clone(),
        to: offer.to.clone(),
        reason: command.reason.clone(),
        accepted: true,
    });
    std::iter::once(answer).chain(taken).collect()
}

fn has_joined(alert: &Alert, person: &PersonId) -> bool {
    matches!(&alert.response, Response::Waiting { joined, .. } if joined.contains(person))
}

/// As an escalation to a person, whose answer makes it theirs for good. Where nobody owns it yet, somebody who was paged
/// may hand it over as well; the ladder goes on meanwhile.
fn hand_over(alert: &Alert, command: &Command, to: &PersonId) -> Result<Vec<AlertEvent>, Refused> {
    if *to == command.by {
        return Err(Refused::NotNow("an alert is handed over to somebody else: accept it to own it"));
    }
    if alert.owner().is_some_and(|owner| *owner != command.by) {
        return Err(Refused::NotNow("only its owner hands an alert over: escalate it instead"));
    }
    Ok(vec![AlertEvent::HandedOver {
        ordinal: alert.ordinal,
        round: alert.round,
        step: alert.step(),
        by: command.by.clone(),
        to: to.clone(),
        reason: command.reason.clone(),
        accepted: false,
    }])
}

fn snooze(alert: &Alert, command: &Command, ms: u32, now: Timestamp) -> Result<Vec<AlertEvent>, Refused> {
    let Some(ms_max) = terms::snooze_ms_max(alert.priority) else {
        return Err(Refused::NotNow("a high alert cannot be snoozed: acknowledge it"));
    };
    if ms == 0 || i64::from(ms) > ms_max {
        return Err(Refused::NotNow("a medium alert can be snoozed for at most 15 minutes, a low one for 60"));
    }
    Ok(vec![AlertEvent::Snoozed {
        ordinal: alert.ordinal,
        by: command.by.clone(),
        reason: command.reason.clone(),
        until: now.plus_ms(i64::from(ms)),
    }])
}

/// A note, or a verdict; the same verdict by the same person again is no event.
fn remark(command: &Command, known: Option<&(PersonId, Verdict)>) -> Vec<AlertEvent> {
    let Command { ordinal, by, reason, .. } = command;
    match &command.verb {
        Verb::Dispose { verdict } if known.is_some_and(|(who, what)| who == by && what == verdict) => Vec::new(),
        Verb::Dispose { verdict } => {
            let (by, reason) = (by.clone(), reason.clone());
            vec![AlertEvent::Disposed { ordinal: *ordinal, by, verdict: *verdict, reason }]
        }
        _ => vec![AlertEvent::Commented { ordinal: *ordinal, by: by.clone(), text: reason.clone() }],
    }
}
