//! Effects after the commit: who is asked, who is paged. Journaled deadlines repeat what is lost here.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::care_team::CareTeamMsg;
use super::context::Context;
use super::physician::PersonMsg;
use crate::clinical::alert::Effect;
use crate::clinical::ids::{AlertId, PatientId, UnitId};

/// One effect of one committed event.
pub(super) struct EffectJob {
    pub patient: PatientId,
    pub unit: UnitId,
    pub effect: Effect,
}

/// Carries effects out in the order of their commits, until the engine stops.
pub(super) async fn run(context: Arc<Context>, mut jobs: mpsc::UnboundedReceiver<EffectJob>) {
    while let Some(job) = jobs.recv().await {
        carry_out(&context, job).await;
    }
}

async fn carry_out(context: &Arc<Context>, job: EffectJob) {
    let EffectJob { patient, unit, effect } = job;
    match effect {
        Effect::AskCareTeam { ordinal, round, step } => {
            let ask = CareTeamMsg::Ask { patient, ordinal, round, step };
            match context.router().care_team(&unit).await {
                Ok(team) => drop(super::router::send(Some(&team), ask)),
                Err(error) => {
                    tracing::error!(%unit, %error, "care team cannot be asked: its deadline pages the fallback");
                }
            }
        }
        Effect::Page { ordinal, round, step, people } => {
            let alert = AlertId { patient, ordinal };
            for person in people {
                let page = PersonMsg::Page { alert: alert.clone(), round, step };
                match context.router().person(&person).await {
                    Ok(actor) => drop(super::router::send(Some(&actor), page)),
                    Err(error) => tracing::error!(%person, %alert, %error, "person cannot be paged"),
                }
            }
        }
        Effect::WithdrawPages { ordinal } => {
            let alert = AlertId { patient, ordinal };
            context.router().persons.for_each_running(|_, actor| {
                drop(super::router::send(Some(actor), PersonMsg::Withdraw(alert.clone())));
            });
        }
    }
}
