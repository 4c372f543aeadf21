//! How long things may last. Defaults of this project after `clinical.md`, "Escalation defaults"; not from a standard.

use serde::{Deserialize, Serialize};

use crate::clinical::condition::Priority;
use crate::time::Timestamp;

/// How long something holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Term {
    /// So long from when it begins.
    Ms(u32),
    /// Until a receipt time: the end of a shift, of a working day.
    Until(Timestamp),
}

/// How long the care team has to say who is responsible, before the fallback is paged.
pub const ASSIGNMENT_MS: i64 = 2_000;

/// The shortest time that a step's people get, so that a ladder of empty delays cannot spin.
pub const STEP_MS_MIN: i64 = 1_000;

/// The step at which the ladder repeats while the care team is silent, so that the fallback's ladder is finite too.
pub const SILENT_STEPS_MAX: u32 = 16;

/// Within this time the same passing-on by the same person (reject, escalate) is the same click or a repeated request.
pub const REPEAT_MS: i64 = 10_000;

/// How long an answer holds before it expires.
#[must_use]
pub const fn answer_ms(priority: Priority) -> i64 {
    match priority {
        Priority::High => 10 * 60_000,
        Priority::Medium => 30 * 60_000,
        // With the shift.
        Priority::Low => 8 * 3_600_000,
    }
}

/// For how long signals may be silenced without an answer; `None`: not at all.
#[must_use]
pub const fn snooze_ms_max(priority: Priority) -> Option<i64> {
    match priority {
        Priority::High => None,
        Priority::Medium => Some(15 * 60_000),
        Priority::Low => Some(60 * 60_000),
    }
}

/// How long the people of a step have. `said_ms` is the care team's word, 0 where it gave none.
#[must_use]
pub fn step_ms(said_ms: u32, priority: Priority) -> i64 {
    match (said_ms, priority) {
        (0, Priority::High) => 60_000,
        (0, Priority::Medium) => 180_000,
        (0, Priority::Low) => 30 * 60_000,
        (said_ms, _) => i64::from(said_ms).max(STEP_MS_MIN),
    }
}
