//! One rule of a set.

use smol_str::SmolStr;

use super::kind::Kind;
use super::template::Template;
use crate::clinical::condition::{ConditionKind, Priority};
use crate::clinical::ids::RuleId;

/// One rule, as its file says.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Its name, for example `spo2_low`.
    pub id: RuleId,
    /// Its version, from 1.
    pub version: u32,
    /// Physiological or technical.
    pub kind: ConditionKind,
    /// Priority of its alert.
    pub priority: Priority,
    /// Whether its signal stays after the condition has gone.
    pub latching: bool,
    /// Whether it raises an alert at all; its condition is determined all the same.
    pub alert: bool,
    /// Whether the condition may be lethal within minutes. Chooses the policy of such alerts.
    pub lethal: bool,
    /// From the triggering event to the determined condition, in microseconds; kinds with a time of their own have 0.
    pub condition_delay_us: i64,
    /// Where it comes from: standard or paper and table, or "project default".
    pub source: SmolStr,
    pub(super) text: Template,
    pub(super) what: Kind,
    /// Rules (indices in the set) whose condition keeps this one from raising an alert, near or far.
    pub(super) superseded_by: Vec<u16>,
}
