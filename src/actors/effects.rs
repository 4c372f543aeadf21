//! Effects after the commit: who is asked, who is paged. Journaled deadlines repeat what is lost here.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tokio::sync::mpsc;

use super::care_team::CareTeamMsg;
use super::context::Context;
use super::physician::PersonMsg;
use super::router::send;
use crate::clinical::alert::Effect;
use crate::clinical::ids::{AlertId, PersonId, Subject, UnitId};
use crate::faults::{Injected, Point, point};

/// How often an effect is tried.
const TRIES: u32 = 2;

/// One effect of one committed event.
#[derive(Clone)]
pub(super) struct EffectJob {
    pub subject: Subject,
    pub unit: UnitId,
    pub effect: Effect,
}

/// Carries effects out in the order of their commits, until the engine stops. Nothing is waited for: one team or person
/// that cannot be reached holds up nobody else.
pub(super) async fn run(context: Arc<Context>, mut jobs: mpsc::UnboundedReceiver<EffectJob>) {
    while let Some(job) = jobs.recv().await {
        // A repeat is known by its key to whoever got the first one.
        let done = (0..TRIES).any(|_| {
            let tried = catch_unwind(AssertUnwindSafe(|| carry_out(&context, job.clone())));
            matches!(tried, Ok(Ok(())))
        });
        if !done {
            // A new actor of the subject repeats what its open alerts still want.
            tracing::error!(subject = %job.subject, "an effect is lost; the alert's deadline goes on");
        }
    }
}

fn carry_out(context: &Arc<Context>, job: EffectJob) -> Result<(), Injected> {
    let EffectJob { subject, unit, effect } = job;
    point(Point::EffectBefore, subject.id())?;
    match effect {
        Effect::AskCareTeam { ordinal, round, step } => {
            let alert = AlertId { subject, ordinal };
            // The feed was told before the effect; an alert that is not in it was closed meanwhile.
            if let Some(question) = context.feed.question(&alert, round, step) {
                tell_care_team(context, unit, CareTeamMsg::Ask(question));
            }
        }
        Effect::Page { ordinal, round, step, people } => {
            let alert = AlertId { subject, ordinal };
            for person in people {
                tell_person(context, person, PersonMsg::Page { alert: alert.clone(), round, step, by_name: false });
            }
        }
        Effect::PageByName { ordinal, round, step, person } => {
            let alert = AlertId { subject, ordinal };
            tell_person(context, person, PersonMsg::Page { alert, round, step, by_name: true });
        }
        Effect::WithdrawPages { ordinal } => {
            let alert = AlertId { subject, ordinal };
            context.router().persons.for_each_running(|_, actor| {
                drop(send(Some(actor), PersonMsg::Withdraw(alert.clone())));
            });
        }
    }
    Ok(())
}

fn tell_care_team(context: &Arc<Context>, unit: UnitId, message: CareTeamMsg) {
    let Err(message) = send(context.router().care_teams.running(&unit).as_ref(), message) else { return };
    let context = Arc::clone(context);
    tokio::spawn(async move {
        match context.router().care_team(&unit).await {
            Ok(team) => drop(send(Some(&team), message)),
            Err(error) => tracing::error!(%unit, %error, "care team cannot be asked: its deadline pages the fallback"),
        }
    });
}

pub(super) fn tell_person(context: &Arc<Context>, person: PersonId, message: PersonMsg) {
    let Err(message) = send(context.router().persons.running(&person).as_ref(), message) else { return };
    let context = Arc::clone(context);
    tokio::spawn(async move {
        match context.router().person(&person).await {
            Ok(actor) => drop(send(Some(&actor), message)),
            Err(error) => tracing::error!(%person, %error, "person cannot be paged: the ladder goes on"),
        }
    });
}
