//! The ladder of one alert: its steps by deadline, and the care team's answers. It never ends while the alert is open.

use super::answer::TeamAnswer;
use super::event::{AlertEvent, CloseCause, RoundCause};
use super::response::Response;
use super::state::Alert;
use super::terms;
use crate::clinical::ids::PersonId;
use crate::time::Timestamp;

/// What follows from a deadline that has passed by `now`; nothing if none has.
pub(super) fn tick(alert: &Alert, fallback: &[PersonId], now: Timestamp) -> Vec<AlertEvent> {
    // What ends a standby is an input of its own.
    if (alert.held && !alert.listed && !alert.delayed) || alert.deadline() > now {
        return Vec::new();
    }
    let lateness_ms = now.since_ms(alert.deadline());
    match &alert.response {
        // First of all: what an owner asked for is void with the ownership, and the new round asks again.
        Response::Answered { until, .. } if *until <= now => expire(alert, now.since_ms(*until), now),
        _ if alert.delayed => vec![first_step(alert, lateness_ms, now)],
        _ if alert.listed => vec![begin_round(alert, RoundCause::ReviewDue, lateness_ms, now)],
        _ if alert.asking() => enter_unassigned(alert, fallback, lateness_ms, now),
        _ => go_on(alert, lateness_ms, now).into_iter().collect(),
    }
}

/// The step after the present one, or the first of a new round after the last; nothing while the care team is being
/// asked, since then the next step is on its way already.
pub(super) fn go_on(alert: &Alert, lateness_ms: i64, now: Timestamp) -> Option<AlertEvent> {
    if alert.asking() {
        return None;
    }
    if alert.on_last_step() {
        return Some(begin_round(alert, RoundCause::LadderRepeats, lateness_ms, now));
    }
    Some(AlertEvent::StepDue {
        ordinal: alert.ordinal,
        round: alert.round,
        step: alert.step().saturating_add(1),
        deadline: now.plus_ms(terms::ASSIGNMENT_MS),
        lateness_ms,
    })
}

/// The first step of the round that waited for the end of a signal delay.
fn first_step(alert: &Alert, lateness_ms: i64, now: Timestamp) -> AlertEvent {
    let (ordinal, round) = (alert.ordinal, alert.round);
    AlertEvent::StepDue { ordinal, round, step: 1, deadline: now.plus_ms(terms::ASSIGNMENT_MS), lateness_ms }
}

/// A new round, whose first step the care team is asked for.
pub(super) fn begin_round(alert: &Alert, cause: RoundCause, lateness_ms: i64, now: Timestamp) -> AlertEvent {
    AlertEvent::RoundBegan {
        ordinal: alert.ordinal,
        round: alert.round.saturating_add(1),
        cause,
        deadline: now.plus_ms(terms::ASSIGNMENT_MS),
        lateness_ms,
    }
}

/// The care team answered for the step that it is being asked for. Where it names nobody the fallback follows at once:
/// an empty step never waits out its delay.
pub(super) fn enter_assigned(alert: &Alert, said: &TeamAnswer, now: Timestamp) -> Vec<AlertEvent> {
    let nobody = said.people.is_empty();
    let people = with_waiting(alert, if nobody { &said.fallback } else { &said.people });
    // More than were paged can never accept.
    let accepts = said.accepts.clamp(1, u32::try_from(people.len()).unwrap_or(u32::MAX).max(1));
    let entered = AlertEvent::StepEntered {
        ordinal: alert.ordinal,
        round: alert.round,
        step: alert.step(),
        people,
        policy_version: said.policy_version,
        last: said.last,
        fallback: nobody,
        deadline: now.plus_ms(terms::step_ms(said.delay_ms, alert.priority)),
        lateness_ms: now.since_ms(alert.deadline()).max(0),
        accepts,
        answer: said.answer,
    };
    if nobody { vec![no_one_on_call(alert), entered] } else { vec![entered] }
}

/// The care team did not answer in time. Its steps are still to come, so the ladder does not start over, unless it is
/// silent for long.
fn enter_unassigned(alert: &Alert, fallback: &[PersonId], lateness_ms: i64, now: Timestamp) -> Vec<AlertEvent> {
    let people = with_waiting(alert, fallback);
    let nobody = people.is_empty();
    let entered = AlertEvent::StepEntered {
        ordinal: alert.ordinal,
        round: alert.round,
        step: alert.step(),
        people,
        policy_version: 0,
        last: alert.step() >= terms::SILENT_STEPS_MAX,
        fallback: true,
        deadline: now.plus_ms(terms::step_ms(0, alert.priority)),
        lateness_ms,
        accepts: 1,
        answer: None,
    };
    if nobody { vec![no_one_on_call(alert), entered] } else { vec![entered] }
}

/// `people`, and those who are waited for already: named ones, and an owner whom the round relieved.
fn with_waiting(alert: &Alert, people: &[PersonId]) -> Vec<PersonId> {
    let mut all = people.to_vec();
    if let Response::Waiting { people: waiting, .. } = &alert.response {
        all.extend(waiting.iter().filter(|person| !people.contains(person)).cloned());
    }
    all
}

fn no_one_on_call(alert: &Alert) -> AlertEvent {
    AlertEvent::NoOneOnCall { ordinal: alert.ordinal, round: alert.round, step: alert.step() }
}

/// An answer expires into a new round; into the end only where there is nothing left to answer.
fn expire(alert: &Alert, lateness_ms: i64, now: Timestamp) -> Vec<AlertEvent> {
    let ordinal = alert.ordinal;
    let then = if alert.present || alert.latched() {
        begin_round(alert, RoundCause::AcknowledgementExpired, lateness_ms, now)
    } else {
        AlertEvent::Closed { ordinal, cause: CloseCause::Ended }
    };
    vec![AlertEvent::AnswerExpired { ordinal, lateness_ms }, then]
}
