//! The journal: commits, and the disk below.

use prometheus::{Histogram, IntCounter, IntGauge};

use super::registry::Names;

/// The journal.
#[allow(missing_docs)] // Each has its help text below.
pub struct JournalMetrics {
    pub commits: IntCounter,
    pub records: IntCounter,
    pub bytes: IntCounter,
    pub position: IntGauge,
    pub can_sync: IntGauge,
    pub disk_free_bytes: IntGauge,
    pub commit_seconds: Histogram,
}

impl JournalMetrics {
    pub(super) fn new(names: &Names) -> Self {
        Self {
            commits: names.counter("vigil_journal_commits_total", "Commits of the journal."),
            records: names.counter("vigil_journal_records_total", "Records that were committed."),
            bytes: names.counter("vigil_journal_bytes_total", "Bytes of the blocks that were committed."),
            position: names.gauge("vigil_journal_position", "The position that the next record gets."),
            can_sync: names.gauge("vigil_journal_can_sync", "1 while the journal makes records durable, else 0."),
            disk_free_bytes: names.gauge("vigil_disk_free_bytes", "Free bytes on the volume of the data folder."),
            commit_seconds: names.hop("vigil_journal_commit_seconds", "One group commit, its sync included."),
        }
    }
}
