//! UCUM units that the platform knows.

use serde::{Deserialize, Serialize};

/// A UCUM unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Unit {
    /// Not in the table; an observation with it is rejected.
    Unknown,
    /// No unit: text values.
    None,
}
