//! The way in: connections, readings, receipts.

use prometheus::{Histogram, IntCounter, IntGauge};

use super::registry::Names;

/// The way in.
#[allow(missing_docs)] // Each has its help text below.
pub struct IngestMetrics {
    pub connections: IntGauge,
    pub connections_refused: IntCounter,
    pub handshakes_failed: IntCounter,
    pub readings_refused: IntCounter,
    pub readings_stored: IntCounter,
    pub readings_duplicate: IntCounter,
    pub readings_quarantined: IntCounter,
    pub readings_undecodable: IntCounter,
    pub readings_declared_missing: IntCounter,
    pub observations_rejected: IntCounter,
    pub receipt_seconds: Histogram,
}

impl IngestMetrics {
    pub(super) fn new(names: &Names) -> Self {
        Self {
            connections: names.gauge("vigil_connections", "Connections that are open, on all ports."),
            connections_refused: names
                .counter("vigil_connections_refused_total", "Connections that were turned away at the limit."),
            handshakes_failed: names
                .counter("vigil_handshakes_failed_total", "TLS handshakes that failed or took too long."),
            readings_refused: names.counter("vigil_readings_refused_total", "Readings that were refused in-band."),
            readings_stored: names.counter("vigil_readings_stored_total", "Readings that are in the journal."),
            readings_duplicate: names.counter("vigil_readings_duplicate_total", "Readings that were there already."),
            readings_quarantined: names
                .counter("vigil_readings_quarantined_total", "Readings that are kept and not judged."),
            readings_undecodable: names.counter(
                "vigil_readings_undecodable_total",
                "Of the quarantined readings, those whose payload cannot be decoded.",
            ),
            readings_declared_missing: names
                .counter("vigil_readings_declared_missing_total", "Readings that their device declared lost."),
            observations_rejected: names
                .counter("vigil_observations_rejected_total", "Observations that do not count: implausible, unknown."),
            receipt_seconds: names.hop(
                "vigil_receipt_seconds",
                "From the admission of a message to the commit by which its reading is receipted.",
            ),
        }
    }
}
