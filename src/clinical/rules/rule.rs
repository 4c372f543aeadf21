//! One rule of a set.

use smol_str::SmolStr;

use super::applies::{Applies, Home};
use super::kind::{Kind, Place};
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
    /// From the onset of the condition to the signal, as far as the device has watched, in microseconds.
    pub signal_delay_us: i64,
    /// With whom it lives.
    pub home: Home,
    /// Where it comes from: standard or paper and table, or "project default".
    pub source: SmolStr,
    pub(super) applies: Applies,
    pub(super) text: Template,
    pub(super) what: Kind,
    /// Rules (indices in the set) whose condition keeps this one from raising an alert, near or far.
    pub(super) superseded_by: Vec<u16>,
}

impl Rule {
    /// Whether its condition is made of several devices' readings: then it is one, whichever device brought the last.
    pub(super) fn is_of_whole_patient(&self) -> bool {
        matches!(self.what.place(), Place::Score | Place::Compound)
    }

    /// Whether its condition is one per device: equipment, signal or data of it.
    pub(super) fn is_of_device(&self) -> bool {
        self.kind == ConditionKind::Technical && !self.is_of_whole_patient() || self.home == Home::Device
    }
}
