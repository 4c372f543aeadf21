//! The whole tree, top to bottom, as it is started and stopped.
//!
//! ```text
//! Engine
//! ├── devices     sharded supervisors -> one actor per device    (device.rs)
//! ├── patients    sharded supervisors -> one actor per patient   (patient.rs)
//! ├── parked      sharded supervisors -> what goes on of a parked patient (patient/parked.rs)
//! ├── keepers     sharded supervisors -> one actor per device or unit with alerts of its own (keeper.rs)
//! ├── care teams  sharded supervisors -> one actor per unit      (care_team.rs)
//! ├── persons     sharded supervisors -> one actor per person    (physician.rs)
//! ├── wheels      one task per shard: deadlines of devices, patients and keepers (timers.rs)
//! ├── effects     one task: who is asked, who is paged           (effects.rs)
//! ├── pages       one task per page that is on its way           (notifier.rs)
//! ├── auditor     one task: no alert stands still                (auditor.rs)
//! ├── sweep       one task: snapshots and passivation            (sweep.rs)
//! └── checkpoints one task: signed statements of the chain       (checkpoints.rs)
//! ```

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::care_team::CareTeams;
use super::checkpoints::Checkpointer;
use super::context::{Context, ContextParts, Desks, EngineOptions, Wheels};
use super::definitions::Definitions;
use super::device::{DeviceMsg, Devices};
use super::handle::Handle;
use super::keeper::{KeeperMsg, Keepers};
use super::patient::{ParkedPatients, PatientMsg, Patients};
use super::physician::Persons;
use super::roster_book::RosterBook;
use super::router::{Router, tell_device, tell_keeper, tell_patient};
use super::timers::{Fire, Timers};
use super::{auditor, definitions, effects, recovery, sweep};
use crate::clinical::ids::{DeviceId, PatientId, Subject};
use crate::clinical::oncall::RosterCommand;
use crate::clock::Clock;
use crate::storage::Store;
use crate::supervision::{ChildSpec, Intensity, Shards};

/// Why the engine did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The journaled rules and decoders could not be read.
    #[error("read rules and decoders from the journal: {0}")]
    Definitions(String),
    /// The care plan cannot be read or adopted.
    #[error("adopt the care plan: {0}")]
    CarePlan(String),
    /// The audit trail or the grants could not be read.
    #[error("read the audit trail and the grants from the journal: {0}")]
    Access(String),
    /// A supervisor could not be started.
    #[error("start the supervisors: {0}")]
    Supervisors(String),
    /// The fallback is empty: an alert could end with nobody.
    #[error("fallback names nobody: name at least one person who is paged when a care team has no answer")]
    NoFallback,
}

/// The running engine: the tree over one open store.
pub struct Engine {
    context: Arc<Context>,
    store: Option<Store>,
    tasks: Vec<JoinHandle<()>>,
    checkpoints: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl Engine {
    /// Starts the tree over `store`, and returns once open alerts, deadlines and silences live again.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(
        store: Store,
        definitions: impl Into<Definitions>,
        options: EngineOptions,
        clock: Clock,
    ) -> Result<Self, StartError> {
        if options.fallback.is_empty() {
            return Err(StartError::NoFallback);
        }
        let (effects, jobs) = mpsc::unbounded_channel();
        let parts = ContextParts { options, clock, store, definitions: definitions.into(), effects };
        let context = Context::new(&parts);
        definitions::journal(&context).await.map_err(|error| StartError::Definitions(error.to_string()))?;
        RosterBook::recover(&context).await.map_err(|error| StartError::CarePlan(error.to_string()))?;
        adopt_care_plan(&context).await?;
        let desks = Desks::open(&context).await.map_err(|error| StartError::Access(error.to_string()))?;
        let router = start_router(&context).await?;
        context.complete(router, start_wheels(&context), desks);
        let mut tasks = vec![tokio::spawn(effects::run(Arc::clone(&context), jobs))];
        let behind = recovery::recover(&context).await;
        tasks.push(tokio::spawn(recovery::catch_up(Arc::clone(&context), behind)));
        tasks.push(tokio::spawn(sweep::run(Arc::clone(&context))));
        tasks.push(tokio::spawn(auditor::run(Arc::downgrade(&context))));
        let checkpointer = Checkpointer::open(&context).await;
        let checkpointer = checkpointer.map_err(|error| StartError::Access(error.to_string()))?;
        let (stop, stopped) = oneshot::channel();
        let checkpoints = Some((stop, tokio::spawn(checkpointer.run(stopped))));
        Ok(Self { context, store: Some(parts.store), tasks, checkpoints })
    }

    /// The way in for services and library users.
    #[must_use]
    pub fn handle(&self) -> Handle {
        Handle::new(Arc::clone(&self.context))
    }

    /// Resolves when the journal refused a commit: the engine must be stopped and opened anew.
    pub async fn failed(&self) -> crate::storage::Stopped {
        self.context.writer.stopped().await
    }

    /// Stops the tree in order: what is in mailboxes is handled first, then snapshots are taken, then the journal is
    /// closed. Gives up waiting for actors after `within`.
    pub async fn stop(mut self, within: Duration) {
        let router = self.context.router();
        self.last_snapshots(within).await;
        router.devices.stop(within).await;
        // What the devices' actors handed over while they ended.
        self.last_snapshots(within).await;
        router.patients.stop(within).await;
        router.parked_patients.stop(within).await;
        router.keepers.stop(within).await;
        router.care_teams.stop(within).await;
        router.persons.stop(within).await;
        self.last_checkpoint(within).await;
        self.tasks.iter().for_each(JoinHandle::abort);
        self.context.feed.end();
        if let Some(store) = self.store.take() {
            // Closing waits for threads and for the disk.
            if tokio::task::spawn_blocking(move || store.close()).await.is_err() {
                tracing::error!("the journal did not close in order: the next start checks it");
            }
        }
    }

    /// What was written up to the end is then under a checkpoint.
    async fn last_checkpoint(&mut self, within: Duration) {
        let Some((stop, mut task)) = self.checkpoints.take() else { return };
        // The task may have ended with the journal.
        let _ = stop.send(());
        if tokio::time::timeout(within, &mut task).await.is_err() {
            task.abort();
            tracing::warn!("no last checkpoint was taken: a witness does not answer");
        }
    }

    /// With snapshots of everything the next start need not read the journal.
    async fn last_snapshots(&self, within: Duration) {
        if tokio::time::timeout(within, sweep::sweep(&self.context, Duration::ZERO)).await.is_err() {
            tracing::warn!("not every actor took its last snapshot: the next start reads more of the journal");
        }
    }
}

/// The plan of the configuration, where it has one and it is new.
async fn adopt_care_plan(context: &Arc<Context>) -> Result<(), StartError> {
    let files = context.options.care_plan.clone();
    if files.is_empty() {
        return Ok(());
    }
    let adopted = RosterBook::command(context, RosterCommand::AdoptPlan { files }).await;
    adopted.map(|_| ()).map_err(|error| StartError::CarePlan(error.to_string()))
}

async fn start_router(context: &Arc<Context>) -> Result<Router, StartError> {
    let shards = context.options.shards;
    let spec = |kind| ChildSpec { kind, intensity: Intensity::default() };
    let clock = || context.clock.clone();
    let failed = |error: ractor::SpawnErr| StartError::Supervisors(error.to_string());
    Ok(Router {
        devices: Shards::start(shards, spec("device"), Devices(Arc::downgrade(context)), clock())
            .await
            .map_err(failed)?,
        patients: Shards::start(shards, spec("patient"), Patients(Arc::downgrade(context)), clock())
            .await
            .map_err(failed)?,
        parked_patients: Shards::start(1, spec("parked patient"), ParkedPatients(Arc::downgrade(context)), clock())
            .await
            .map_err(failed)?,
        keepers: Shards::start(1, spec("keeper"), Keepers(Arc::downgrade(context)), clock()).await.map_err(failed)?,
        care_teams: Shards::start(1, spec("care team"), CareTeams(Arc::downgrade(context)), clock())
            .await
            .map_err(failed)?,
        persons: Shards::start(1, spec("person"), Persons(Arc::downgrade(context)), clock()).await.map_err(failed)?,
    })
}

fn start_wheels(context: &Arc<Context>) -> Wheels {
    let shards = context.options.shards;
    let (for_devices, for_patients, for_keepers) =
        (Arc::downgrade(context), Arc::downgrade(context), Arc::downgrade(context));
    let tick_device: Fire<DeviceId> = Arc::new(move |id, _| {
        if let Some(context) = for_devices.upgrade() {
            tell_device(&context, &id, DeviceMsg::Tick);
        }
    });
    let tick_patient: Fire<PatientId> = Arc::new(move |id, _| {
        if let Some(context) = for_patients.upgrade() {
            tell_patient(&context, &id, PatientMsg::Tick);
        }
    });
    let tick_keeper: Fire<Subject> = Arc::new(move |subject, _| {
        if let Some(context) = for_keepers.upgrade() {
            tell_keeper(&context, &subject, KeeperMsg::Tick);
        }
    });
    let devices = Timers::start(shards, &context.clock, &tick_device);
    let patients = Timers::start(shards, &context.clock, &tick_patient);
    let keepers = Timers::start(1, &context.clock, &tick_keeper);
    Wheels { devices, patients, keepers }
}
