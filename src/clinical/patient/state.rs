//! The state of one patient, and what it decides.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::input::{Item, PatientInput};
use super::late::Late;
use super::stay::{Stay, StayChange};
use super::stay_effects;
use crate::clinical::alert::{Alert, AlertBook, AlertEvent, BookInput, Refused};
use crate::clinical::condition::{ConditionKey, Evidence};
use crate::clinical::device::{ConditionChange, Reattribution};
use crate::clinical::ids::DeviceId;
use crate::clinical::reading::Reading;
use crate::clinical::rules::{RuleSet, RuleStates, Subject, Transition};
use crate::time::Timestamp;

/// What followed from an input.
pub type Decision = Vec<AlertEvent>;

/// How far one device's stream was consumed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    device: DeviceId,
    through: u64,
    assigned: bool,
}

/// One patient. Inputs are *applied*: rolling windows and the alert book advance together, and what follows is returned
/// (docs/adr/0003). Replaying the same inputs with the same `now` gives the same state and the same events.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PatientState {
    pub(super) stay: Stay,
    rules_hash: Option<[u8; 32]>,
    engine: u32,
    pub(super) rules: RuleStates,
    pub(super) late: Late,
    pub(super) book: AlertBook,
    marks: SmallVec<[Mark; 1]>,
    /// The newest `now`: a decision is never older than the one before it.
    now: Timestamp,
}

impl PatientState {
    /// Where the patient is, and under which terms.
    #[must_use]
    pub fn stay(&self) -> &Stay {
        &self.stay
    }

    /// The rules and the engine's version that decide now.
    #[must_use]
    pub fn rules_in_force(&self) -> Option<([u8; 32], u32)> {
        self.rules_hash.map(|hash| (hash, self.engine))
    }

    /// The open alerts.
    #[must_use]
    pub fn book(&self) -> &AlertBook {
        &self.book
    }

    /// The newest decision's receipt time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Stream sequence up to which a device's items were consumed; 0: none.
    #[must_use]
    pub fn mark(&self, device: &DeviceId) -> u64 {
        self.marks.iter().find(|mark| mark.device == *device).map_or(0, |mark| mark.through)
    }

    /// Every device of which items were consumed, with the mark.
    pub fn marks(&self) -> impl Iterator<Item = (&DeviceId, u64)> {
        self.marks.iter().map(|mark| (&mark.device, mark.through))
    }

    /// The devices that are assigned now.
    pub fn devices(&self) -> impl Iterator<Item = &DeviceId> {
        self.marks.iter().filter(|mark| mark.assigned).map(|mark| &mark.device)
    }

    /// Consumes the item at `stream_sequence` of a device's stream, which was stored at `received_at`.
    pub fn consume(
        &mut self,
        device: &DeviceId,
        stream_sequence: u64,
        item: &Item,
        received_at: Timestamp,
        rules: &RuleSet,
    ) -> Decision {
        let now = self.advance(received_at);
        let mark = self.mark_mut(device);
        mark.through = stream_sequence;
        if let Item::Assignment { assigned } = item {
            mark.assigned = *assigned;
        }
        let mut decision = Decision::new();
        match item {
            Item::Assignment { assigned: true } | Item::Given(_) | Item::Noted => {}
            Item::Taken(what) => self.dispute(device, what, now, &mut decision),
            Item::Assignment { assigned: false } => self.drop_device(device, now, &mut decision),
            Item::Reading(reading) if self.is_late(device, reading) => {
                self.late.note(device, stream_sequence, reading, now);
            }
            Item::Reading(reading) => {
                self.observe(reading, device, stream_sequence, rules, now, &mut decision);
            }
            Item::Condition(ConditionChange::Began(condition)) => {
                self.ask(&BookInput::ConditionBegan(condition), now, &mut decision);
            }
            Item::Condition(ConditionChange::Ended(rule, at)) => {
                let key = ConditionKey { rule: rule.clone(), device: Some(device.clone()), patient: None };
                self.ask(&BookInput::ConditionEnded { key: &key, at: *at }, now, &mut decision);
            }
        }
        for event in stay_effects::under_terms(&self.stay, &self.book, &decision) {
            self.put(event, now, &mut decision);
        }
        decision
    }

    /// Applies any input but consumed items. `None`: it changed nothing, and does not belong in the journal.
    ///
    /// # Errors
    /// [`Refused`], for commands and changes of the stay only; nothing has changed then.
    pub fn handle(&mut self, input: &PatientInput, now: Timestamp) -> Result<Option<Decision>, Refused> {
        let now = self.now.max(now);
        let Some(events) = self.decide(input, now)? else { return Ok(None) };
        let recorded = !events.is_empty()
            || matches!(
                input,
                PatientInput::Admitted { .. }
                    | PatientInput::RulesAdopted { .. }
                    | PatientInput::Stay { .. }
                    | PatientInput::StandbyEnded(_)
                    | PatientInput::LimitsEnded
            );
        // What is not recorded must leave no trace in the state, or replay would differ.
        if recorded {
            self.restore(input, &events, now);
        }
        Ok(recorded.then_some(events))
    }

    /// Restores what an item did to the rolling windows, without deciding: its events are in the journal.
    pub fn restore_item(
        &mut self,
        device: &DeviceId,
        stream_sequence: u64,
        item: &Item,
        received_at: Timestamp,
        rules: &RuleSet,
    ) {
        let received_at = self.advance(received_at);
        let mark = self.mark_mut(device);
        mark.through = stream_sequence;
        match item {
            Item::Assignment { assigned } => mark.assigned = *assigned,
            Item::Reading(reading) if self.is_late(device, reading) => {
                self.late.note(device, stream_sequence, reading, received_at);
            }
            Item::Reading(reading) => {
                let source = Evidence::of(device, stream_sequence, reading);
                self.rules.observe(rules, Subject::Patient(self.stay.profile()), reading, &source);
            }
            Item::Condition(_) | Item::Taken(_) | Item::Given(_) | Item::Noted => {}
        }
    }

    /// Restores an input and its events from the journal. Consumed items are restored by `restore_item` before it.
    pub fn restore(&mut self, input: &PatientInput, events: &[AlertEvent], now: Timestamp) {
        let now = self.advance(now);
        match input {
            PatientInput::Admitted { unit, bed, profile, .. } => {
                if self.stay.is_over() {
                    // What was present when the patient left must set in anew to be alerted anew.
                    self.rules = RuleStates::default();
                    let marks = self.marks().map(|(device, mark)| (device.clone(), mark)).collect();
                    self.late.begin(marks);
                }
                self.stay.admit(unit, bed, profile);
            }
            PatientInput::Stay { by, change } => {
                if matches!(change, StayChange::MergedInto { .. }) {
                    // The devices have handed over to the other record since before this.
                    self.marks.iter_mut().for_each(|mark| mark.assigned = false);
                }
                self.stay.apply(by, change, now);
            }
            PatientInput::StandbyEnded(_) => self.stay.end_standby(),
            PatientInput::LimitsEnded => self.stay.end_limits(now),
            PatientInput::RulesAdopted { hash, engine } => {
                self.rules_hash = Some(*hash);
                self.engine = *engine;
            }
            _ => {}
        }
        for event in events {
            self.book.evolve(event, now);
        }
    }

    pub(super) fn advance(&mut self, now: Timestamp) -> Timestamp {
        self.now = self.now.max(now);
        self.now
    }

    fn observe(
        &mut self,
        reading: &Reading,
        device: &DeviceId,
        stream_sequence: u64,
        rules: &RuleSet,
        now: Timestamp,
        decision: &mut Decision,
    ) {
        let source = Evidence::of(device, stream_sequence, reading);
        for transition in self.rules.observe(rules, Subject::Patient(self.stay.profile()), reading, &source) {
            match &transition {
                Transition::Began { condition, alerts: true } => {
                    self.ask(&BookInput::ConditionBegan(condition), now, decision);
                }
                Transition::Began { alerts: false, .. } => {}
                Transition::Ended { key, at } => self.ask(&BookInput::ConditionEnded { key, at: *at }, now, decision),
            }
        }
    }

    /// A device that no longer belongs to the patient can neither end nor keep a condition of its own.
    fn drop_device(&mut self, device: &DeviceId, now: Timestamp, decision: &mut Decision) {
        let of_device = |key: &ConditionKey| key.device.as_ref() == Some(device);
        let keys: Vec<ConditionKey> = self
            .book
            .open()
            .iter()
            .filter(|alert| alert.present && of_device(&alert.condition.key))
            .map(|alert| alert.condition.key.clone())
            .collect();
        for key in keys {
            self.ask(&BookInput::ConditionEnded { key: &key, at: now }, now, decision);
        }
    }

    /// Alerts that stand on readings which are somebody else's.
    fn dispute(&mut self, device: &DeviceId, what: &Reattribution, now: Timestamp, decision: &mut Decision) {
        let stands_on = |alert: &&Alert| {
            let mut evidence = alert.condition.evidence.iter();
            !alert.disputed && evidence.any(|one| one.device == *device && what.holds(one.stream_sequence))
        };
        let ordinals: Vec<u32> = self.book.open().iter().filter(stands_on).map(|alert| alert.ordinal).collect();
        for ordinal in ordinals {
            let event = AlertEvent::Disputed { ordinal, by: what.by.clone(), reason: what.reason.clone() };
            self.put(event, now, decision);
        }
    }

    pub(super) fn ask(&mut self, input: &BookInput<'_>, now: Timestamp, decision: &mut Decision) {
        // Only commands can be refused, and conditions are none.
        for event in self.book.decide(input, now).unwrap_or_default() {
            self.put(event, now, decision);
        }
    }

    pub(super) fn put(&mut self, event: AlertEvent, now: Timestamp, decision: &mut Decision) {
        self.book.evolve(&event, now);
        decision.push(event);
    }

    fn mark_mut(&mut self, device: &DeviceId) -> &mut Mark {
        let index = self.marks.iter().position(|mark| mark.device == *device);
        let index = index.unwrap_or_else(|| {
            self.marks.push(Mark { device: device.clone(), through: 0, assigned: false });
            self.marks.len() - 1
        });
        &mut self.marks[index]
    }
}
