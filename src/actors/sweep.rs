//! The fuzzy checkpoint: every so often each actor takes a snapshot of what changed, so that recovery need not look
//! further back than the last sweep; idle actors are passivated on the way.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::care_team::CareTeamMsg;
use super::context::Context;
use super::device::DeviceMsg;
use super::keeper::KeeperMsg;
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

/// So often some actors are asked: the fewer at a time, the less what they seal and write delays receipts.
const SLICE_EVERY: Duration = Duration::from_millis(5);
/// A sweep takes this share of the time between two sweeps.
const SHARE: f64 = 0.8;

/// Sweeps until the engine stops.
pub(super) async fn run(context: Arc<Context>) {
    let every = Duration::from_millis(context.options.sweep_every_ms);
    loop {
        let next = Instant::now() + every;
        sweep(&context, every.mul_f64(SHARE)).await;
        tokio::time::sleep_until(next).await;
    }
}

/// One sweep, spread over the time `within`: returns once every actor has answered.
pub(super) async fn sweep(context: &Arc<Context>, within: Duration) {
    let begun = Instant::now();
    let position = context.writer.committed_position();
    let sweep = Arc::new(Sweep::default());
    let part = || {
        sweep.parts.fetch_add(1, Ordering::AcqRel);
        SweepPart { sweep: Arc::clone(&sweep) }
    };
    let own = part();
    let router = context.router();
    let counts = [
        router.devices.counts(),
        router.patients.counts(),
        router.keepers.counts(),
        router.care_teams.counts(),
        router.persons.counts(),
    ];
    let running: usize = counts.iter().map(|counts| counts.running).sum();
    let mut pace = Pace::new(running, within);
    pace.tell(router.devices.all_running(), |actor| drop(send(Some(actor), DeviceMsg::Sweep(part())))).await;
    pace.tell(router.patients.all_running(), |actor| drop(send(Some(actor), PatientMsg::Sweep(part())))).await;
    pace.tell(router.keepers.all_running(), |actor| drop(send(Some(actor), KeeperMsg::Sweep(part())))).await;
    pace.tell(router.care_teams.all_running(), |actor| drop(send(Some(actor), CareTeamMsg::Sweep(part())))).await;
    pace.tell(router.persons.all_running(), |actor| drop(send(Some(actor), PersonMsg::Sweep(part())))).await;
    own.done();
    sweep.all_ended.notified().await;
    let (parts, done) = (sweep.parts.load(Ordering::Acquire), sweep.done.load(Ordering::Acquire));
    let out_of_service: usize = counts.iter().map(|counts| counts.out_of_service).sum();
    tracing::debug!(parts, done, out_of_service, ms = begun.elapsed().as_millis(), "swept");
    // An actor that is restarting or parked has no snapshot of its newest records: recovery must scan for them.
    if counts.iter().all(|counts| counts.out_of_service == 0)
        && sweep.done.load(Ordering::Acquire) == sweep.parts.load(Ordering::Acquire)
    {
        context.snapshots.cover(position);
    }
}

/// Spreads a sweep over time.
struct Pace {
    /// So many actors are asked at a time.
    slice: usize,
    pause: Duration,
    /// When the next slice is due: one that was late is followed sooner, so that a busy machine does not stretch the sweep.
    next: Instant,
}

impl Pace {
    fn new(actors: usize, within: Duration) -> Self {
        let slices_max = usize::try_from(within.as_millis() / SLICE_EVERY.as_millis()).unwrap_or(usize::MAX).max(1);
        let slice = actors.div_ceil(slices_max).max(1);
        let slices = u32::try_from(actors.div_ceil(slice)).unwrap_or(u32::MAX).max(1);
        Self { slice, pause: within / slices, next: Instant::now() }
    }

    async fn tell<T>(&mut self, actors: Vec<T>, tell: impl Fn(&T)) {
        for slice in actors.chunks(self.slice) {
            slice.iter().for_each(&tell);
            if slice.len() == self.slice && !self.pause.is_zero() {
                self.next += self.pause;
                tokio::time::sleep_until(self.next).await;
            }
        }
    }
}
