//! Live figures of the services; no patient data.

use std::sync::atomic::{AtomicU64, Ordering};

/// A number that goes up, or up and down.
#[derive(Debug, Default)]
pub struct Figure(AtomicU64);

impl Figure {
    /// Adds to it.
    pub fn add(&self, amount: u64) {
        self.0.fetch_add(amount, Ordering::Relaxed);
    }

    /// Takes from it what was added before.
    pub fn sub(&self, amount: u64) {
        self.0.fetch_sub(amount, Ordering::Relaxed);
    }

    /// Its value now.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What the services count.
#[derive(Debug, Default)]
pub struct Figures {
    /// Connections that are open, on all ports.
    pub connections: Figure,
    /// Connections that were turned away at the limit.
    pub connections_refused: Figure,
    /// Handshakes that failed or took too long.
    pub handshakes_failed: Figure,
    /// Readings that were refused in-band, those dropped until the refused one comes again included.
    pub readings_refused: Figure,
}
