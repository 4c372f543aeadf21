//! Alerts: how many wait, and whether their ladders keep their deadlines (I4).

use prometheus::{Gauge, IntCounter, IntGauge};

use super::registry::Names;

/// Alerts, and whether they are answered.
#[allow(missing_docs)] // Each has its help text below.
pub struct AlertMetrics {
    pub open: IntGauge,
    pub overdue: IntGauge,
    pub late_seconds_max: Gauge,
    pub page_attempts_failed: IntCounter,
    pub pages_dead: IntCounter,
}

impl AlertMetrics {
    pub(super) fn new(names: &Names) -> Self {
        Self {
            open: names.gauge("vigil_alerts_open", "Alerts that are open."),
            overdue: names.gauge("vigil_alerts_overdue", "Open alerts past their deadline or without one: must be 0."),
            late_seconds_max: names.seconds("vigil_alerts_late_seconds_max", "How late the latest deadline was met."),
            page_attempts_failed: names
                .counter("vigil_page_attempts_failed_total", "Attempts to hand a page to a channel that failed."),
            pages_dead: names.counter("vigil_pages_dead_total", "Pages that their channel never took: dead letters."),
        }
    }
}
