//! Which conditions are present, and which of them hide others.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::set::RuleSet;
use super::slot::{Change, Changes};
use super::transition::Transition;
use crate::clinical::condition::Evidence;
use crate::clinical::condition::{Condition, ConditionKey, ConditionKind};
use crate::clinical::ids::{DeviceId, RuleId};
use crate::time::Timestamp;

/// A condition that is present in one device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) rule: RuleId,
    pub(super) device: DeviceId,
    start: Timestamp,
    onset: Timestamp,
    value: Option<f64>,
    /// Whether its alert was held back because another condition superseded it.
    hidden: bool,
    /// Whether it is a condition of the device rather than of the patient.
    technical: bool,
}

/// The conditions that are present, in the order in which they set in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Present(pub(super) Vec<Entry>);

impl Present {
    /// Turns the changes that one reading brought into transitions, in the order in which they set in.
    pub(super) fn settle(&mut self, rules: &RuleSet, mut changes: Changes, source: &Evidence) -> Vec<Transition> {
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
                    let hidden = self.is_superseded(rules, rule, &began, &source.device);
                    let entry = Entry {
                        rule: rules.rule(rule).id.clone(),
                        device: source.device.clone(),
                        start,
                        onset,
                        value,
                        hidden,
                        technical: rules.rule(rule).kind == ConditionKind::Technical,
                    };
                    let alerts = rules.rule(rule).alert && !hidden;
                    transitions.push(Transition::Began { condition: entry.condition(rules, rule, source), alerts });
                    self.0.push(entry);
                }
                Change::Ended { at } => transitions.extend(self.end(rules, rule, &source.device, at)),
            }
        }
        self.unhide(rules, &began, source, &mut transitions);
        transitions
    }

    /// About how many bytes of memory beside itself it holds.
    pub(super) fn bytes_held(&self) -> usize {
        self.0.capacity() * size_of::<Entry>()
    }

    /// The conditions, once each.
    pub(super) fn keys(&self) -> Vec<ConditionKey> {
        let mut keys: Vec<ConditionKey> = Vec::new();
        for entry in &self.0 {
            let key = entry.key();
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys
    }

    /// Keeps the entries that `keep` finds a place for; the others end at `at`.
    pub(super) fn carry_over(&mut self, at: Timestamp, mut keep: impl FnMut(&Entry) -> bool) -> Vec<Transition> {
        let mut gone: Vec<ConditionKey> = Vec::new();
        self.0.retain(|entry| {
            let kept = keep(entry);
            if !kept {
                gone.push(entry.key());
            }
            kept
        });
        gone.dedup();
        gone.retain(|key| !self.0.iter().any(|entry| entry.key() == *key));
        gone.into_iter().map(|key| Transition::Ended { key, at }).collect()
    }

    /// Takes out the entry of `rule` in `device`; says so if no other device has the condition.
    fn end(&mut self, rules: &RuleSet, rule: u16, device: &DeviceId, at: Timestamp) -> Option<Transition> {
        let id = &rules.rule(rule).id;
        self.0.retain(|entry| !(entry.rule == *id && entry.device == *device));
        let technical = rules.rule(rule).kind == ConditionKind::Technical;
        let key = ConditionKey { rule: id.clone(), device: technical.then(|| device.clone()) };
        let elsewhere = key.device.is_none() && self.0.iter().any(|entry| entry.rule == *id);
        (!elsewhere).then_some(Transition::Ended { key, at })
    }

    /// Whether a condition that supersedes `rule` is present or is among those that `began` with this reading. A
    /// technical condition is superseded by conditions of its own device only.
    fn is_superseded(&self, rules: &RuleSet, rule: u16, began: &[u16], device: &DeviceId) -> bool {
        let technical = rules.rule(rule).kind == ConditionKind::Technical;
        rules.rule(rule).superseded_by.iter().any(|by| {
            let id = &rules.rule(*by).id;
            began.contains(by)
                || self.0.iter().any(|entry| entry.rule == *id && (!technical || entry.device == *device))
        })
    }

    /// Lets conditions alert that were hidden, are still present, and are hidden by nothing any more.
    fn unhide(&mut self, rules: &RuleSet, began: &[u16], source: &Evidence, transitions: &mut Vec<Transition>) {
        if !transitions.iter().any(|transition| matches!(transition, Transition::Ended { .. })) {
            return;
        }
        for at in 0..self.0.len() {
            let entry = &self.0[at];
            let Some(rule) = rules.index_of(&entry.rule).filter(|_| entry.hidden) else { continue };
            if self.is_superseded(rules, rule, began, &entry.device) {
                continue;
            }
            let condition = entry.condition(rules, rule, source);
            self.0[at].hidden = false;
            if rules.rule(rule).alert {
                transitions.push(Transition::Began { condition, alerts: true });
            }
        }
    }
}

impl Entry {
    /// Conditions of a patient are one, whichever device shows them; those of equipment are one per device.
    fn key(&self) -> ConditionKey {
        ConditionKey { rule: self.rule.clone(), device: self.technical.then(|| self.device.clone()) }
    }

    fn condition(&self, rules: &RuleSet, index: u16, source: &Evidence) -> Condition {
        let rule = rules.rule(index);
        let limit = rule.what.limit();
        Condition {
            key: self.key(),
            rule_version: rule.version,
            kind: rule.kind,
            priority: rule.priority,
            latching: rule.latching,
            start: self.start,
            onset: self.onset,
            value: self.value,
            limit,
            text: rule.text.fill(self.value, limit),
            evidence: vec![source.clone()],
        }
    }
}
