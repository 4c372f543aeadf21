//! Fills in what is counted elsewhere when Prometheus asks.

use std::path::Path;
use std::time::Duration;

use super::operations::{Running, Watched};
use crate::metrics::{Metrics, set_total};

/// Whether the journal commits is asked for no longer than this: a scrape must not wait for a disk that hangs.
const COMMIT_WITHIN: Duration = Duration::from_millis(500);

pub(super) async fn page(watched: &Watched) -> Result<String, prometheus::Error> {
    let running = watched.running().ok();
    let can_sync = match &running {
        Some(running) => running.handle.can_commit(COMMIT_WITHIN).await.is_ok(),
        None => false,
    };
    watched.metrics.text(|metrics| {
        metrics.journal.can_sync.set(i64::from(can_sync));
        metrics.journal.disk_free_bytes.set(signed(free_bytes(&watched.data_dir).unwrap_or(0)));
        if let Some(running) = &running {
            fill_in(metrics, running);
        }
    })
}

fn fill_in(metrics: &Metrics, running: &Running) {
    let (status, services, journal) = (running.handle.status(), &running.figures, running.handle.journal_figures());
    let Metrics { ingest, actors, alerts, .. } = metrics;
    ingest.connections.set(signed(services.connections.get()));
    actors.devices.set(signed(status.device_actors));
    actors.patients.set(signed(status.patient_actors));
    actors.parked.set(signed(status.actors_parked));
    actors.readings_pending.set(signed(status.readings_pending));
    alerts.open.set(signed(status.alerts_open));
    alerts.overdue.set(signed(status.alerts_overdue));
    alerts.late_seconds_max.set(Duration::from_millis(status.alerts_late_ms_max).as_secs_f64());
    metrics.journal.position.set(signed(status.position));
    for (counter, total) in [
        (&ingest.connections_refused, services.connections_refused.get()),
        (&ingest.handshakes_failed, services.handshakes_failed.get()),
        (&ingest.readings_refused, services.readings_refused.get()),
        (&ingest.readings_stored, status.readings_stored),
        (&ingest.readings_duplicate, status.readings_duplicate),
        (&ingest.readings_quarantined, status.readings_quarantined),
        (&ingest.readings_undecodable, status.readings_undecodable),
        (&ingest.readings_declared_missing, status.readings_declared_missing),
        (&ingest.observations_rejected, status.observations_rejected),
        (&actors.restarts, status.actor_restarts),
        (&alerts.page_attempts_failed, status.page_attempts_failed),
        (&alerts.pages_dead, status.pages_dead),
        (&metrics.journal.commits, journal.commits),
        (&metrics.journal.records, journal.records),
        (&metrics.journal.bytes, journal.bytes),
    ] {
        set_total(counter, total);
    }
}

/// Free bytes for this process on the volume of a folder; `None` where the volume cannot be asked.
pub(super) fn free_bytes(folder: &Path) -> Option<u64> {
    let volume = rustix::fs::statvfs(folder).ok()?;
    Some(volume.f_bavail.saturating_mul(volume.f_frsize))
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
