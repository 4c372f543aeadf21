//! What follows once a decision about alerts is durable, whoever their subject is.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::alert_feed::Committed;
use super::context::Context;
use super::effects::EffectJob;
use super::handle::{Answered, OperationError};
use crate::clinical::alert::{AlertBook, Effect, Response};
use crate::clinical::ids::AlertId;

/// Feeds subscribers, then hands the effects on.
pub(super) fn publish(context: &Arc<Context>, committed: Committed) {
    if committed.events.is_empty() {
        return;
    }
    let effects = AlertBook::effects(&committed.events);
    let (subject, unit) = (committed.subject.clone(), committed.place.unit.clone());
    context.feed.publish(&committed);
    for effect in effects {
        drop(context.effects.send(EffectJob { subject: subject.clone(), unit: unit.clone(), effect }));
    }
}

/// Tells a person what became of an answer: it is committed, or what it stands on is.
pub(super) fn reply(
    context: &Context,
    alert: &AlertId,
    stale: bool,
    to: oneshot::Sender<Result<Answered, OperationError>>,
) {
    let answer = match context.feed.view(alert) {
        Some(view) if stale => Ok(Answered::Stale(view)),
        Some(view) => Ok(Answered::Done(view)),
        None => Err(OperationError::NotFound("alert")),
    };
    drop(to.send(answer));
}

/// What the open alerts still want from outside: lost effects are repeated under the same keys.
pub(super) fn outstanding_effects(book: &AlertBook) -> Vec<Effect> {
    // What a standby holds asks nobody before it ends.
    let waiting = book.open().iter().filter(|alert| !alert.held);
    let wanted = waiting.filter_map(|alert| match &alert.response {
        Response::Waiting { step, entered: false, .. } | Response::Answered { asking: Some(_), step, .. } => {
            Some(Effect::AskCareTeam { ordinal: alert.ordinal, round: alert.round, step: *step })
        }
        Response::Waiting { step, entered: true, people, .. } => {
            Some(Effect::Page { ordinal: alert.ordinal, round: alert.round, step: *step, people: people.clone() })
        }
        Response::Answered { asking: None, .. } => None,
    });
    wanted.collect()
}
