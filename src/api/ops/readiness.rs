//! Whether the platform can do what it is for, and if not, why.

use std::time::Duration;

use serde::Serialize;

use super::operations::Watched;
use super::scrape::free_bytes;

/// A commit that takes longer than this is no commit that a device could wait for.
const COMMIT_WITHIN: Duration = Duration::from_secs(2);
/// Below this a site has to make room: a sealed journal file no longer fits beside the active one.
const FREE_BYTES_MIN: u64 = 512 << 20;

/// Why the platform is not ready.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// What was looked at: `platform`, `journal` or `disk`.
    pub check: &'static str,
    /// What is wrong, and what to do.
    pub why: String,
}

/// Every reason; none: it is ready.
pub(super) async fn reasons(watched: &Watched) -> Vec<Reason> {
    let running = match watched.running() {
        Ok(running) => running,
        Err(why) => return vec![Reason { check: "platform", why: why.to_owned() }],
    };
    let mut reasons = Vec::new();
    if let Err(why) = running.handle.can_commit(COMMIT_WITHIN).await {
        reasons.push(Reason { check: "journal", why });
    }
    // A volume that cannot be asked is the journal's to report.
    if let Some(free) = free_bytes(&watched.data_dir).filter(|free| *free < FREE_BYTES_MIN) {
        let why = format!(
            "{} MiB are free on the volume of the data folder, less than {} MiB: make room before the journal stops",
            free >> 20,
            FREE_BYTES_MIN >> 20
        );
        reasons.push(Reason { check: "disk", why });
    }
    reasons
}
