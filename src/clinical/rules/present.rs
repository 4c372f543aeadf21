//! Which conditions are present, and which of them are held back.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use smol_str::SmolStr;

use super::compound::Standing;
use super::device::DeviceState;
use super::limits::Limits;
use super::score::Tally;
use super::slot::{Change, Changes};
use super::transition::Transition;
use super::view::View;
use crate::clinical::condition::{Basis, BasisInput, Condition, ConditionKey, Evidence, Found};
use crate::clinical::ids::RuleId;
use crate::clinical::patient::Spo2Scale;
use crate::time::Timestamp;

/// A condition that is present in one device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) rule: RuleId,
    /// Its place among the devices of the state.
    pub(super) device: u16,
    start: Timestamp,
    onset: Timestamp,
    value: Option<f64>,
    /// Another condition supersedes it: its alert is held back.
    hidden: bool,
    /// Whether it is a condition of the device rather than of the patient.
    of_device: bool,
    /// Of a score: the inputs that were known and those that were missing at the onset, a bit each.
    pub(super) inputs: (u16, u16),
}

/// The conditions that are present, in the order in which they set in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Present {
    entries: Vec<Entry>,
}

/// What one reading brought, and what is needed to make conditions of it.
pub(super) struct Brought<'a> {
    pub(super) rules: &'a View,
    pub(super) limits: &'a Limits,
    pub(super) devices: &'a [DeviceState],
    /// The device that spoke: its place among them.
    pub(super) device: u16,
    pub(super) source: &'a Evidence,
    /// The scores of the patient, and the scale by which they are made.
    pub(super) scores: Option<(&'a Tally, Spo2Scale)>,
}

impl Present {
    /// Turns the changes that one reading brought into transitions, in the order in which they set in. `inputs` gives the
    /// known and the missing inputs of the score that a rule is about.
    pub(super) fn settle(
        &mut self,
        brought: &Brought<'_>,
        mut changes: Changes,
        inputs: impl Fn(u16) -> (u16, u16),
    ) -> Vec<Transition> {
        changes.sort_by_key(|(_, change)| change.at());
        let began: SmallVec<[u16; 4]> = changes
            .iter()
            .filter(|(_, change)| matches!(change, Change::Began { .. }))
            .map(|(rule, _)| *rule)
            .collect();
        let mut transitions = Vec::with_capacity(changes.len());
        for (rule, change) in changes {
            match change {
                Change::Began { start, onset, value } => {
                    let hidden = self.is_superseded(brought.rules, rule, &began, brought.device);
                    let entry = Entry::new(brought, rule, (start, onset), value, inputs(rule));
                    transitions.push(self.begin(brought, rule, entry, hidden));
                }
                Change::Ended { at } => {
                    transitions.extend(self.end(brought, rule, at));
                }
            }
        }
        self.unhide(brought, &began, &mut transitions);
        transitions
    }

    fn begin(&mut self, brought: &Brought<'_>, rule: u16, mut entry: Entry, hidden: bool) -> Transition {
        entry.hidden = hidden;
        let alerts = brought.rules.rule(rule).alert && !hidden;
        let condition = entry.condition(brought, rule);
        // There are few, and many patients: no room to grow.
        self.entries.reserve_exact(1);
        self.entries.push(entry);
        Transition::Began { condition, alerts }
    }

    /// What a rule's condition is once `changes` are settled; `None`: it is not present.
    pub(super) fn standing(&self, rules: &View, changes: &Changes, rule: u16, device: u16) -> Option<Standing> {
        let id = &rules.rule(rule).id;
        let alone = rules.rule(rule).is_of_whole_patient();
        let entry = |not: Option<u16>| {
            let found = self.entries.iter().find(|entry| entry.rule == *id && not != Some(entry.device));
            found.map(|entry| Standing { start: entry.start, value: entry.value })
        };
        match changes.iter().rev().find(|(other, _)| *other == rule) {
            Some((_, Change::Began { start, value, .. })) => Some(Standing { start: *start, value: *value }),
            Some((_, Change::Ended { .. })) if alone => None,
            Some((_, Change::Ended { .. })) => entry(Some(device)),
            None => entry(None),
        }
    }

    /// About how many bytes of memory beside itself it holds.
    pub(super) fn bytes_held(&self) -> usize {
        self.entries.capacity() * size_of::<Entry>()
    }

    /// The conditions, once each.
    pub(super) fn keys(&self, devices: &[DeviceState]) -> Vec<ConditionKey> {
        let mut keys: Vec<ConditionKey> = Vec::new();
        for entry in &self.entries {
            let key = entry.key(devices);
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys
    }

    /// Keeps the entries that `keep` finds a place for; gives the others.
    pub(super) fn carry_over(&mut self, mut keep: impl FnMut(&Entry) -> bool) -> Vec<Entry> {
        let mut gone: Vec<Entry> = Vec::new();
        self.entries.retain(|entry| {
            let kept = keep(entry);
            if !kept {
                gone.push(entry.clone());
            }
            kept
        });
        gone
    }

    /// What ends with these entries, once each: what no other entry shows.
    pub(super) fn ended(&self, gone: &[Entry], devices: &[DeviceState], at: Timestamp) -> Vec<Transition> {
        let mut keys: Vec<_> = gone.iter().map(|entry| entry.key(devices)).collect();
        keys.dedup();
        keys.retain(|key| !self.entries.iter().any(|entry| entry.key(devices) == *key));
        keys.into_iter().map(|key| Transition::Ended { key, at }).collect()
    }

    /// Takes out the entry of `rule` in `device`; says so if no other device has the condition.
    fn end(&mut self, brought: &Brought<'_>, rule: u16, at: Timestamp) -> Option<Transition> {
        let rule = brought.rules.rule(rule);
        let alone = rule.is_of_whole_patient();
        let mut key = None;
        self.entries.retain(|entry| {
            let ends = entry.rule == rule.id && (alone || entry.device == brought.device);
            if ends {
                key = Some(entry.key(brought.devices));
            }
            !ends
        });
        let key = key?;
        let elsewhere = key.device.is_none() && self.entries.iter().any(|entry| entry.rule == rule.id);
        (!elsewhere).then_some(Transition::Ended { key, at })
    }

    /// Whether a condition that supersedes `rule` is present or is among those that `began` with this reading. A
    /// condition of a device is superseded by those of the same device only.
    fn is_superseded(&self, rules: &View, rule: u16, began: &[u16], device: u16) -> bool {
        let of_device = rules.rule(rule).is_of_device();
        rules.rule(rule).superseded_by.iter().any(|by| {
            let id = &rules.rule(*by).id;
            began.contains(by)
                || self.entries.iter().any(|entry| entry.rule == *id && (!of_device || entry.device == device))
        })
    }

    /// Lets conditions alert that were hidden, are still present, and are hidden by nothing any more.
    fn unhide(&mut self, brought: &Brought<'_>, began: &[u16], transitions: &mut Vec<Transition>) {
        if !transitions.iter().any(|transition| matches!(transition, Transition::Ended { .. })) {
            return;
        }
        for at in 0..self.entries.len() {
            let entry = &self.entries[at];
            let Some(rule) = brought.rules.index_of(&entry.rule).filter(|_| entry.hidden) else {
                continue;
            };
            if self.is_superseded(brought.rules, rule, began, entry.device) {
                continue;
            }
            let condition = entry.condition(brought, rule);
            self.entries[at].hidden = false;
            if brought.rules.rule(rule).alert {
                transitions.push(Transition::Began { condition, alerts: true });
            }
        }
    }
}

impl Entry {
    fn new(
        brought: &Brought<'_>,
        index: u16,
        (start, onset): (Timestamp, Timestamp),
        value: Option<f64>,
        inputs: (u16, u16),
    ) -> Self {
        let rule = brought.rules.rule(index);
        Self {
            rule: rule.id.clone(),
            device: brought.device,
            start,
            onset,
            value,
            hidden: false,
            of_device: rule.is_of_device(),
            inputs,
        }
    }

    /// Conditions of a patient are one, whichever device shows them; those of equipment are one per device.
    fn key(&self, devices: &[DeviceState]) -> ConditionKey {
        let id = || devices.get(usize::from(self.device)).map(|device| device.id.clone());
        let device = if self.of_device { id() } else { None };
        ConditionKey { rule: self.rule.clone(), device, patient: None }
    }

    fn condition(&self, brought: &Brought<'_>, index: u16) -> Condition {
        let rule = brought.rules.rule(index);
        let moved = brought.limits.of(index).map(|threshold| threshold.limit);
        let limit = moved.or_else(|| rule.what.limit());
        let missing = brought.rules.score_of(index).map(|score| score.names_of(self.inputs.1));
        let missing: Vec<&str> = missing.into_iter().flatten().map(smol_str::SmolStr::as_str).collect();
        Condition {
            key: self.key(brought.devices),
            rule_version: rule.version,
            kind: rule.kind,
            priority: rule.priority,
            latching: rule.latching,
            lethal: rule.lethal,
            start: self.start,
            onset: self.onset,
            value: self.value,
            limit,
            text: rule.text.fill(self.value, limit, &missing),
            evidence: vec![brought.source.clone()],
            found: Found::Live,
            signal_delay_ms: u32::try_from(rule.signal_delay_us / 1_000).unwrap_or(u32::MAX),
            basis: Some(Box::new(self.basis(brought, index, &missing))),
        }
    }

    fn basis(&self, brought: &Brought<'_>, index: u16, missing: &[&str]) -> Basis {
        let shown = brought.rules.score_of(index).zip(brought.scores).map(|(score, (tally, scale))| {
            tally.inputs_of(score, scale, self.onset).map(|(code, value, points)| BasisInput { code, value, points })
        });
        Basis {
            rules: brought.rules.hash,
            code: brought.rules.kind(index).code(),
            limit_by: brought.limits.source_of(index),
            inputs: shown.into_iter().flatten().collect(),
            missing: missing.iter().map(SmolStr::new).collect(),
        }
    }
}
