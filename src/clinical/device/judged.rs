//! The rules that live with a device: which judge it, what they remember, and what they found. They judge it whether or
//! not it belongs to a patient, and anew for each patient.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::event::{ConditionChange, DeviceEvent, StoredReading};
use super::state::DeviceState;
use crate::clinical::condition::Evidence;
use crate::clinical::ids::{DeviceId, RuleId};
use crate::clinical::reading::Reading;
use crate::clinical::rules::{RuleSet, RuleStates, Subject, Transition};
use crate::time::Timestamp;

/// What the rules of one device came to. Most devices have none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Judged {
    hash: [u8; 32],
    engine: u32,
    states: RuleStates,
    /// Rules whose condition was reported and has not ended.
    reported: SmallVec<[RuleId; 2]>,
}

impl Judged {
    pub(super) fn adopt(&mut self, hash: [u8; 32], engine: u32) {
        (self.hash, self.engine) = (hash, engine);
    }

    /// What is the case sets in anew for whom the device belongs to next, and nothing is kept of whom it belonged to.
    pub(super) fn begin_anew(&mut self) {
        self.states = RuleStates::default();
        self.reported.clear();
    }

    pub(super) fn note(&mut self, rule: &RuleId, present: bool) {
        self.reported.retain(|known| known != rule);
        if present {
            self.reported.push(rule.clone());
        }
    }
}

impl DeviceState {
    /// The rules and the engine's version that judge the device; `None`: none has had anything to judge.
    #[must_use]
    pub fn rules_in_force(&self) -> Option<([u8; 32], u32)> {
        self.judged.as_ref().map(|judged| (judged.hash, judged.engine))
    }

    /// Puts the rules on record by which `reading` is judged, where they are others than before; `None` also where none
    /// of them is about what the device sends.
    #[must_use]
    pub fn adopt_rules(&self, reading: &Reading, rules: &RuleSet, engine: u32) -> Option<DeviceEvent> {
        let concerned = self.judged.is_some() || rules.concerns_device(reading);
        if concerned { self.adopt(rules, engine) } else { None }
    }

    fn adopt(&self, rules: &RuleSet, engine: u32) -> Option<DeviceEvent> {
        let adopted = self.rules_in_force() == Some((rules.hash(), engine));
        (!adopted).then(|| DeviceEvent::RulesAdopted { hash: rules.hash(), engine })
    }

    /// Judges a reading that was stored at `stream_sequence`, by the rules in force; what follows is to be stored behind
    /// it. A reading of somebody to whom the device does not belong now is none of its business.
    pub fn judge(
        &mut self,
        device: &DeviceId,
        stored: &StoredReading,
        stream_sequence: u64,
        rules: &RuleSet,
    ) -> SmallVec<[DeviceEvent; 1]> {
        let theirs = stored.hand_over.as_ref().map(|link| &link.patient);
        if theirs != self.assignment().map(|assignment| &assignment.patient) {
            return SmallVec::new();
        }
        let model = self.model().clone();
        let Some(judged) = &mut self.judged else { return SmallVec::new() };
        let reading = stored.clone().into_judged();
        let source = Evidence::of(device, stream_sequence, &reading);
        let transitions = judged.states.observe(rules, Subject::Device { model: &model }, &reading, &source);
        let mut reported = judged.reported.clone();
        let mut changes = Vec::new();
        for transmits in rules.not_transmitting_rules().filter(|rule| reported.contains(rule)) {
            changes.push(ConditionChange::Ended(transmits.clone(), reading.device_time));
        }
        for transition in transitions {
            match transition {
                Transition::Began { condition, alerts: true } if !rules.is_not_transmitting(&condition.key.rule) => {
                    reported.push(condition.key.rule.clone());
                    changes.push(ConditionChange::Began(condition));
                }
                Transition::Ended { key, at } if reported.contains(&key.rule) => {
                    reported.retain(|rule| *rule != key.rule);
                    changes.push(ConditionChange::Ended(key.rule, at));
                }
                _ => {}
            }
        }
        changes.into_iter().map(|change| self.condition(change)).collect()
    }

    /// Receipt time at which a device that sends rarely has not sent for too long; `None`: nobody waits for it, or it is
    /// known.
    pub(super) fn transmission_due(&self, rules: &RuleSet) -> Option<Timestamp> {
        self.assignment()?;
        let (rule, after_us) = rules.no_transmission(self.model())?;
        let known = self.judged.as_ref().is_some_and(|judged| judged.reported.contains(rule));
        (!known).then(|| self.last_reading.plus_us(after_us))
    }

    /// Looks whether the device has not sent for too long.
    pub(super) fn tick_transmission(
        &self,
        device: &DeviceId,
        rules: &RuleSet,
        engine: u32,
        now: Timestamp,
    ) -> SmallVec<[DeviceEvent; 1]> {
        if self.transmission_due(rules).is_none_or(|due| due > now) {
            return SmallVec::new();
        }
        let began = rules.not_transmitting(self.model(), device, self.last_reading, now);
        let began = began.map(|condition| self.condition(ConditionChange::Began(condition)));
        self.adopt(rules, engine).into_iter().chain(began).collect()
    }
}
