//! What goes on of a patient whose actor is parked: deadlines and answers of the alerts that are open. Nothing is judged:
//! what devices hand over stays pending in their streams, and is consumed once the patient's actor is started again.

use std::sync::Weak;

use ractor::{Actor, ActorCell, ActorProcessingErr, ActorRef, SpawnErr};
use tokio::sync::oneshot;

use super::actor::{PatientActor, Running};
use super::message::PatientMsg;
use super::recover::recover_alerts;
use crate::actors::context::{self, Context};
use crate::actors::handle::OperationError;
use crate::actors::router::tell_patient;
use crate::clinical::ids::PatientId;
use crate::supervision::Children;

/// How what goes on of parked patients is started.
pub(in crate::actors) struct ParkedPatients(pub Weak<Context>);

impl Children for ParkedPatients {
    type Key = PatientId;
    type Msg = PatientMsg;

    async fn start(&self, key: &PatientId, supervisor: ActorCell) -> Result<ActorRef<PatientMsg>, SpawnErr> {
        let context = self.0.upgrade().ok_or_else(context::gone)?;
        let actor = ParkedPatient(PatientActor { id: key.clone(), context });
        Actor::spawn_linked(None, actor, (), supervisor).await.map(|(actor, _)| actor)
    }

    fn parked(&self, key: &PatientId, why: &str) {
        tracing::error!(patient = %key, why, "the alerts of a parked patient do not go on");
    }
}

/// Writes the patient's stream in place of the patient's actor, which is parked: there is never more than one of the two.
struct ParkedPatient(PatientActor);

impl Actor for ParkedPatient {
    type Msg = PatientMsg;
    type State = Running;
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<PatientMsg>, (): ()) -> Result<Running, ActorProcessingErr> {
        Ok(Running::default())
    }

    async fn post_start(&self, _: ActorRef<PatientMsg>, running: &mut Running) -> Result<(), ActorProcessingErr> {
        let PatientActor { id, context } = &self.0;
        if context.router().patients.is_parked(id) {
            let mut parts = recover_alerts(context, id).await?;
            self.0.resume(&parts);
            self.0.arm(&mut parts);
            running.parts = Some(parts);
        }
        Ok(())
    }

    async fn handle(
        &self,
        myself: ActorRef<PatientMsg>,
        message: PatientMsg,
        running: &mut Running,
    ) -> Result<(), ActorProcessingErr> {
        let PatientActor { id, context } = &self.0;
        let Some(parts) = running.parts.as_mut() else {
            // The patient's actor was started again before this one had begun.
            context.router().parked_patients.retire(id, &myself);
            tell_patient(context, id, message);
            return Ok(());
        };
        match message {
            PatientMsg::HandOver { .. } | PatientMsg::CatchUp { .. } => {}
            PatientMsg::Admit { reply, .. } | PatientMsg::Stay { reply, .. } => refuse(reply),
            PatientMsg::OpenConditions { reply } => refuse(reply),
            // Its windows are not whole: no snapshot of them is taken.
            PatientMsg::Sweep(part) => drop(part),
            PatientMsg::Awake(reply) => drop(reply.send(())),
            message @ (PatientMsg::TeamAnswered(_) | PatientMsg::Command { .. } | PatientMsg::Tick) => {
                self.0.go_on(parts, message, context.clock.now());
            }
        }
        self.0.arm(parts);
        Ok(())
    }
}

fn refuse<T>(reply: oneshot::Sender<Result<T, OperationError>>) {
    let why = "the patient's actor is parked: start it again first (`vigil actors restart`)";
    drop(reply.send(Err(OperationError::Conflict(why.to_owned()))));
}
