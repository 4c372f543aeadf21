//! Finds the actor of an id, or activates it.

use std::sync::Arc;

use ractor::ActorRef;

use super::care_team::{CareTeamMsg, CareTeams};
use super::context::Context;
use super::device::{DeviceMsg, Devices};
use super::patient::{PatientMsg, Patients};
use super::physician::{PersonMsg, Persons};
use crate::clinical::alert::TeamAnswer;
use crate::clinical::ids::{DeviceId, PatientId, PersonId, Subject, UnitId};
use crate::supervision::{Shards, Unavailable};

/// The sharded supervisors, one set per kind of actor.
pub(super) struct Router {
    pub devices: Shards<Devices>,
    pub patients: Shards<Patients>,
    pub care_teams: Shards<CareTeams>,
    pub persons: Shards<Persons>,
}

impl Router {
    /// A device's actor, activated where it does not run.
    pub async fn device(&self, id: &DeviceId) -> Result<ActorRef<DeviceMsg>, Unavailable> {
        self.devices.activate(id).await
    }

    /// A patient's actor, activated where it does not run.
    pub async fn patient(&self, id: &PatientId) -> Result<ActorRef<PatientMsg>, Unavailable> {
        self.patients.activate(id).await
    }

    /// A care unit's actor, activated where it does not run.
    pub async fn care_team(&self, id: &UnitId) -> Result<ActorRef<CareTeamMsg>, Unavailable> {
        self.care_teams.activate(id).await
    }

    /// A person's actor, activated where it does not run.
    pub async fn person(&self, id: &PersonId) -> Result<ActorRef<PersonMsg>, Unavailable> {
        self.persons.activate(id).await
    }
}

/// Tells a patient's actor, from where nothing may be awaited: at once where it runs, else from a task that activates
/// it. What is lost when it cannot be activated is in the journal, and read by its next start.
pub(super) fn tell_patient(context: &Arc<Context>, id: &PatientId, message: PatientMsg) {
    let running = context.router().patients.running(id);
    let Err(message) = send(running.as_ref(), message) else { return };
    let (context, id) = (Arc::clone(context), id.clone());
    tokio::spawn(async move {
        match context.router().patient(&id).await {
            Ok(actor) => drop(send(Some(&actor), message)),
            Err(error) => tracing::error!(patient = %id, %error, "patient's actor cannot be activated"),
        }
    });
}

/// Tells the actor that keeps a subject's alert book what the care team answered.
pub(super) fn tell_subject(context: &Arc<Context>, subject: &Subject, answer: TeamAnswer) {
    match subject {
        Subject::Patient(patient) => tell_patient(context, patient, PatientMsg::TeamAnswered(answer)),
        Subject::Device(_) | Subject::Unit(_) => {
            tracing::error!(%subject, "the care team answers for a subject that has no alert book");
        }
    }
}

/// Sends where there is an actor that takes it; gives the message back otherwise.
pub(super) fn send<M: ractor::Message>(actor: Option<&ActorRef<M>>, message: M) -> Result<(), M> {
    match actor {
        Some(actor) => match actor.cast(message) {
            Err(ractor::MessagingErr::SendErr(message)) => Err(message),
            Ok(()) | Err(_) => Ok(()),
        },
        None => Err(message),
    }
}
