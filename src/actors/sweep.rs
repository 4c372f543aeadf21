//! The fuzzy checkpoint: every so often each actor takes a snapshot of what changed, so that recovery need not look
//! further back than the last sweep; idle actors are passivated on the way.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

use super::care_team::CareTeamMsg;
use super::context::Context;
use super::device::DeviceMsg;
use super::patient::PatientMsg;
use super::physician::PersonMsg;
use super::router::send;

/// One actor's part in a sweep. Dropped undone (the actor died), it leaves the sweep without effect.
#[derive(Debug)]
pub(crate) struct SweepPart {
    sweep: Arc<Sweep>,
}

#[derive(Debug, Default)]
struct Sweep {
    parts: AtomicU64,
    done: AtomicU64,
    ended: AtomicU64,
    all_ended: Notify,
}

impl SweepPart {
    /// The actor's snapshot is on its way, or none was due.
    pub fn done(self) {
        self.sweep.done.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for SweepPart {
    fn drop(&mut self) {
        // The last one wakes the sweep; the sweep itself holds one part until it has told every actor.
        if self.sweep.ended.fetch_add(1, Ordering::AcqRel) + 1 == self.sweep.parts.load(Ordering::Acquire) {
            self.sweep.all_ended.notify_one();
        }
    }
}

/// Sweeps until the engine stops.
pub(super) async fn run(context: Arc<Context>) {
    loop {
        tokio::time::sleep(Duration::from_millis(context.options.sweep_every_ms)).await;
        sweep(&context).await;
    }
}

/// One sweep: returns once every actor has answered.
pub(super) async fn sweep(context: &Arc<Context>) {
    let position = context.writer.committed_position();
    let sweep = Arc::new(Sweep::default());
    let part = || {
        sweep.parts.fetch_add(1, Ordering::AcqRel);
        SweepPart { sweep: Arc::clone(&sweep) }
    };
    let own = part();
    let router = context.router();
    let missing = [
        router.devices.counts().out_of_service,
        router.patients.counts().out_of_service,
        router.care_teams.counts().out_of_service,
        router.persons.counts().out_of_service,
    ];
    router.devices.for_each_running(|_, actor| drop(send(Some(actor), DeviceMsg::Sweep(part()))));
    router.patients.for_each_running(|_, actor| drop(send(Some(actor), PatientMsg::Sweep(part()))));
    router.care_teams.for_each_running(|_, actor| drop(send(Some(actor), CareTeamMsg::Sweep(part()))));
    router.persons.for_each_running(|_, actor| drop(send(Some(actor), PersonMsg::Sweep(part()))));
    own.done();
    sweep.all_ended.notified().await;
    // An actor that is restarting or parked has no snapshot of its newest records: recovery must scan for them.
    if missing.iter().all(|count| *count == 0)
        && sweep.done.load(Ordering::Acquire) == sweep.parts.load(Ordering::Acquire)
    {
        context.snapshots.cover(position);
    }
}
