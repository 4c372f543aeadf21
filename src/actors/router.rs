//! Finds the actor of an id, or activates it.

use std::sync::Arc;

use ractor::ActorRef;

use super::care_team::{CareTeamMsg, CareTeams};
use super::context::Context;
use super::device::{DeviceMsg, Devices};
use super::keeper::{KeeperMsg, Keepers};
use super::patient::{ParkedPatients, PatientMsg, Patients};
use super::physician::{PersonMsg, Persons};
use crate::clinical::alert::TeamAnswer;
use crate::clinical::ids::{DeviceId, PatientId, PersonId, Subject, UnitId};
use crate::supervision::{Shards, Unavailable};

/// The sharded supervisors, one set per kind of actor.
pub(super) struct Router {
    pub devices: Shards<Devices>,
    pub patients: Shards<Patients>,
    /// What goes on of patients whose actors are parked.
    pub parked_patients: Shards<ParkedPatients>,
    pub keepers: Shards<Keepers>,
    pub care_teams: Shards<CareTeams>,
    pub persons: Shards<Persons>,
}

impl Router {
    /// A device's actor, activated where it does not run.
    pub async fn device(&self, id: &DeviceId) -> Result<ActorRef<DeviceMsg>, Unavailable> {
        self.devices.activate(id).await
    }

    /// A patient's actor, activated where it does not run; what goes on of it where it is parked.
    pub async fn patient(&self, id: &PatientId) -> Result<ActorRef<PatientMsg>, Unavailable> {
        match self.patients.activate(id).await {
            Err(Unavailable::Parked { .. }) => self.parked_patients.activate(id).await,
            found => found,
        }
    }

    /// The keeper of a subject's alerts, activated where it does not run.
    pub async fn keeper(&self, subject: &Subject) -> Result<ActorRef<KeeperMsg>, Unavailable> {
        self.keepers.activate(subject).await
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
    let router = context.router();
    let running = router.patients.running(id).or_else(|| router.parked_patients.running(id));
    let Err(message) = send(running.as_ref(), message) else { return };
    let (context, id) = (Arc::clone(context), id.clone());
    tokio::spawn(async move {
        match context.router().patient(&id).await {
            Ok(actor) => drop(send(Some(&actor), message)),
            Err(error) => tracing::error!(patient = %id, %error, "patient's actor cannot be activated"),
        }
    });
}

/// Tells a device's actor, as [`tell_patient`]. What is lost when it cannot be activated its next start tells anew.
pub(super) fn tell_device(context: &Arc<Context>, id: &DeviceId, message: DeviceMsg) {
    let Err(message) = send(context.router().devices.running(id).as_ref(), message) else { return };
    let (context, id) = (Arc::clone(context), id.clone());
    tokio::spawn(async move {
        match context.router().device(&id).await {
            Ok(actor) => drop(send(Some(&actor), message)),
            Err(error) => tracing::error!(device = %id, %error, "device's actor cannot be activated"),
        }
    });
}

/// Tells the keeper of a subject's alerts, as [`tell_patient`]. Devices tell again what is lost; deadlines repeat.
pub(super) fn tell_keeper(context: &Arc<Context>, subject: &Subject, message: KeeperMsg) {
    let Err(message) = send(context.router().keepers.running(subject).as_ref(), message) else { return };
    let (context, subject) = (Arc::clone(context), subject.clone());
    tokio::spawn(async move {
        match context.router().keeper(&subject).await {
            Ok(actor) => drop(send(Some(&actor), message)),
            Err(error) => tracing::error!(%subject, %error, "keeper cannot be activated"),
        }
    });
}

/// Tells the actor that keeps a subject's alert book what the care team answered.
pub(super) fn tell_subject(context: &Arc<Context>, subject: &Subject, answer: TeamAnswer) {
    match subject {
        Subject::Patient(patient) => tell_patient(context, patient, PatientMsg::TeamAnswered(answer)),
        Subject::Device(_) | Subject::Unit(_) => tell_keeper(context, subject, KeeperMsg::TeamAnswered(answer)),
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
