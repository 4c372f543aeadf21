//! Actors: how many run, how often they crash, how long judging takes.

use prometheus::{Histogram, IntCounter, IntGauge};

use super::registry::Names;

/// Devices' and patients' actors.
#[allow(missing_docs)] // Each has its help text below.
pub struct ActorMetrics {
    pub devices: IntGauge,
    pub patients: IntGauge,
    pub restarts: IntCounter,
    pub parked: IntGauge,
    pub readings_pending: IntGauge,
    pub evaluate_seconds: Histogram,
}

impl ActorMetrics {
    pub(super) fn new(names: &Names) -> Self {
        Self {
            devices: names.gauge("vigil_device_actors", "Devices' actors that run."),
            patients: names.gauge("vigil_patient_actors", "Patients' actors that run."),
            restarts: names.counter("vigil_actor_restarts_total", "Actors that were started again after a crash."),
            parked: names.gauge("vigil_actors_parked", "Actors that crashed too often: who is theirs is unwatched."),
            readings_pending: names.gauge("vigil_readings_pending", "Stored readings that no rule has judged yet."),
            evaluate_seconds: names
                .hop("vigil_evaluate_seconds", "Judging one item of a patient by all rules; one in 16 is measured."),
        }
    }
}
