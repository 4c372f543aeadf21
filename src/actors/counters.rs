//! Live counters of what became of readings (I9). No label per device or patient.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts since the engine started.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub readings_stored: Count,
    pub readings_duplicate: Count,
    pub readings_quarantined: Count,
    /// Of these, those whose payload cannot be decoded.
    pub readings_undecodable: Count,
    pub readings_declared_missing: Count,
    pub observations_rejected: Count,
    /// Handed to a patient's actor by a device's actor.
    pub items_handed_over: Count,
    /// Of these, consumed by a patient's actor; taken back where a mark is lost with its actor, since they are then
    /// consumed anew. What was handed over before the engine started counts in neither.
    pub items_consumed: Count,
    /// Records of devices' streams that were stored before the engine started, and of which it is not known yet whether
    /// their patient had consumed them: at least as many as still have to be.
    pub items_behind: Count,
    pub page_attempts_failed: Count,
    pub pages_dead: Count,
    /// What the auditor found at its last look.
    pub alerts_overdue: Count,
    pub alerts_late_ms_max: Count,
}

/// One counter.
#[derive(Debug, Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    pub fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    /// Takes back what was counted and has to be done anew.
    pub fn take_back(&self, n: u64) {
        self.0.fetch_sub(n, Ordering::Relaxed);
    }

    /// Sets a figure that is looked at anew.
    pub fn set(&self, n: u64) {
        self.0.store(n, Ordering::Relaxed);
    }

    /// Keeps the largest.
    pub fn raise_to(&self, n: u64) {
        self.0.fetch_max(n, Ordering::Relaxed);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
