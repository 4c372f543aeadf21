//! One patient, with the devices, under one version of the rules.

use std::collections::HashMap;

use smol_str::SmolStr;

use crate::clinical::condition::{ConditionKey, Evidence, Priority};
use crate::clinical::ids::DeviceId;
use crate::clinical::patient::Profile;
use crate::clinical::reading::Reading;
use crate::clinical::rules::{RuleSet, RuleStates, Subject, Transition};
use crate::time::Timestamp;

/// An alert that a version of the rules would have raised.
#[derive(Clone, Debug, PartialEq)]
pub struct Alerted {
    /// Its condition.
    pub key: ConditionKey,
    /// Its priority.
    pub priority: Priority,
    /// Device time of the onset.
    pub onset: Timestamp,
    /// Device time of the end; `None`: it was present at the end of the readings.
    pub ended: Option<Timestamp>,
}

/// One patient under one version of the rules.
#[derive(Debug)]
pub struct Judged<'a> {
    rules: &'a RuleSet,
    states: RuleStates,
    devices: HashMap<DeviceId, RuleStates>,
    alerts: Vec<Alerted>,
}

impl<'a> Judged<'a> {
    /// A patient of whom nothing has been heard.
    #[must_use]
    pub fn new(rules: &'a RuleSet) -> Self {
        Self { rules, states: RuleStates::default(), devices: HashMap::new(), alerts: Vec::new() }
    }

    /// Judges a reading of a device of this model.
    pub fn hear(&mut self, profile: &Profile, model: &SmolStr, source: &Evidence, reading: &Reading) {
        let mut found = self.states.observe(self.rules, Subject::Patient(profile), reading, source);
        if self.rules.has_device_rules() {
            let device = self.devices.entry(source.device.clone()).or_default();
            found.extend(device.observe(self.rules, Subject::Device { model }, reading, source));
        }
        for transition in found {
            self.note(transition);
        }
    }

    fn note(&mut self, transition: Transition) {
        match transition {
            Transition::Began { condition, alerts: true } => {
                // A further onset joins the alert that is open.
                let open = |alert: &&Alerted| alert.key == condition.key && alert.ended.is_none();
                if !self.alerts.iter().rev().any(|alert| open(&alert)) {
                    let (key, priority, onset) = (condition.key, condition.priority, condition.onset);
                    self.alerts.push(Alerted { key, priority, onset, ended: None });
                }
            }
            Transition::Began { .. } => {}
            Transition::Ended { key, at } => {
                let open = self.alerts.iter_mut().rev().find(|alert| alert.key == key && alert.ended.is_none());
                if let Some(alert) = open {
                    alert.ended = Some(at);
                }
            }
        }
    }

    /// How many readings came out of the order of their device's time, and were not judged.
    #[must_use]
    pub fn late_readings(&self) -> u64 {
        self.states.late_readings()
    }

    /// The alerts, in the order in which they were raised.
    #[must_use]
    pub fn alerts(&self) -> &[Alerted] {
        &self.alerts
    }
}
