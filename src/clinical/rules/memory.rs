//! What some rules remember beyond a slot: days of readings, a learnt baseline. It belongs to the rule by name, so that
//! other rules in force do not make a raised value the new normal.

use serde::{Deserialize, Serialize};

use super::baseline::Baseline;
use super::burden::Parts;
use super::events::Times;
use super::repeated::Newest;
use super::window::Extremes;
use crate::clinical::ids::RuleId;

/// What one rule remembers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Memory {
    /// Whose it is.
    pub(super) rule: RuleId,
    pub(super) remembered: Remembered,
}

/// One variant per kind that remembers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Remembered {
    Extremes(Box<Extremes>),
    Baseline(Baseline),
    Parts(Parts),
    Times(Times),
    Newest(Newest),
}

impl Memory {
    /// About how many bytes it holds.
    pub(super) fn bytes_held(&self) -> usize {
        let more = match &self.remembered {
            Remembered::Parts(parts) => parts.bytes_held(),
            Remembered::Extremes(_) => size_of::<Extremes>(),
            _ => 0,
        };
        size_of::<Self>() + more
    }
}
