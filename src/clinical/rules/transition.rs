//! What a reading changes.

use crate::clinical::condition::{Condition, ConditionKey};
use crate::time::Timestamp;

/// A change of what is present.
#[derive(Clone, Debug, PartialEq)]
pub enum Transition {
    /// A condition set in, or set in once more while it was present from another device, or is no longer hidden by a
    /// condition that superseded it and has gone (then with the onset that it had, and `alerts`).
    Began {
        /// The condition.
        condition: Condition,
        /// Whether it raises an alert: false for a rule that is off, or one superseded by a condition that is present.
        alerts: bool,
    },
    /// A condition is no longer present.
    Ended {
        /// Which.
        key: ConditionKey,
        /// Device time of the end.
        at: Timestamp,
    },
}
