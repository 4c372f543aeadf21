//! The rolling state of all rules for one patient.

use serde::{Deserialize, Serialize};

use super::device::DeviceState;
use super::present::Present;
use super::set::RuleSet;
use super::slot::Changes;
use super::transition::Transition;
use crate::clinical::condition::{ConditionKey, Evidence};
use crate::clinical::reading::Reading;
use crate::time::Timestamp;

/// The rolling state of all rules for one patient: per device its chain of beats and its newest samples, and which
/// conditions are present. Everything moves on device time; the same readings give the same transitions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RuleStates {
    /// Fingerprint of the rules by which the slots are laid out; 0: none yet.
    rules: u64,
    devices: Vec<DeviceState>,
    present: Present,
    late_readings: u64,
}

impl RuleStates {
    /// Judges one reading that was accepted from `source`; transitions in the order in which they set in. With other
    /// rules than before, what is present is carried over by name, and everything else starts anew.
    pub fn observe(&mut self, rules: &RuleSet, reading: &Reading, source: &Evidence) -> Vec<Transition> {
        let mut transitions = self.adopt(rules, reading.device_time);
        let at = self.devices.iter().position(|device| device.id == source.device).unwrap_or_else(|| {
            self.devices.push(DeviceState::new(rules, source.device.clone()));
            self.devices.len() - 1
        });
        let mut changes = Changes::new();
        if self.devices[at].observe(rules, reading, &mut changes) {
            self.late_readings += 1;
        }
        if !changes.is_empty() {
            transitions.extend(self.present.settle(rules, changes, source));
        }
        transitions
    }

    /// How many readings came out of the order of their device's time, and were not judged by rules.
    #[must_use]
    pub const fn late_readings(&self) -> u64 {
        self.late_readings
    }

    /// The conditions that are present, once each.
    #[must_use]
    pub fn present(&self) -> Vec<ConditionKey> {
        self.present.keys()
    }

    /// About how many bytes of memory the state holds.
    #[must_use]
    pub fn bytes_held(&self) -> usize {
        let devices: usize = self.devices.iter().map(DeviceState::bytes_held).sum();
        size_of::<Self>() + devices + self.present.bytes_held()
    }

    /// Lays the state out for `rules`, if it was made by others. Conditions of rules that are no more, or that have
    /// become rules of another kind, end.
    fn adopt(&mut self, rules: &RuleSet, at: Timestamp) -> Vec<Transition> {
        let fingerprint = rules.fingerprint();
        if self.rules == fingerprint {
            return Vec::new();
        }
        self.rules = fingerprint;
        for device in &mut self.devices {
            device.lay_out(rules);
        }
        let devices = &mut self.devices;
        self.present.carry_over(at, |entry| {
            let slot = devices.iter_mut().find(|device| device.id == entry.device);
            let slot = slot.zip(rules.index_of(&entry.rule)).and_then(|(device, rule)| device.slot_mut(rules, rule));
            slot.map(|slot| slot.present = true).is_some()
        })
    }
}
