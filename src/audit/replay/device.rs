//! One device on the way through the journal: what its own rules find in its readings.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::{Derived, Difference};
use crate::clinical::device::{ConditionChange, DeviceEvent, DeviceState};
use crate::clinical::ids::{DeviceId, RuleId};
use crate::clinical::rules::RuleSet;
use crate::storage::{DataKey, Opener, StoredRecord, StreamName};
use crate::time::Timestamp;

/// Rule sets by hash, and the engine's version that replays.
type Versions<'a> = (&'a HashMap<[u8; 32], Arc<RuleSet>>, u32);

/// One device on the way through the journal.
pub(super) struct ReplayingDevice {
    id: DeviceId,
    pub opener: Opener,
    state: DeviceState,
    /// Those in force; `None`: this version cannot re-derive what they found.
    rules: Option<Arc<RuleSet>>,
    /// Found, and not come yet.
    expected: VecDeque<DeviceEvent>,
    last: (StreamName, u64, u64),
    pub was_judged: bool,
    pub conditions: u64,
}

impl ReplayingDevice {
    pub fn new(id: &DeviceId, key: DataKey, stream: &StreamName) -> Self {
        Self {
            id: id.clone(),
            opener: Opener::new(Some(key), stream),
            state: DeviceState::default(),
            rules: None,
            expected: VecDeque::new(),
            last: (stream.clone(), 0, 0),
            was_judged: false,
            conditions: 0,
        }
    }

    /// Takes an event; a difference where it is not what the readings before it give. `is_open`: its body, if it has one,
    /// could be read.
    pub fn take(
        &mut self,
        event: &DeviceEvent,
        record: &StoredRecord,
        is_open: bool,
        now: Timestamp,
        (sets, engine): Versions<'_>,
    ) -> Option<Difference> {
        self.last = (record.stream.clone(), record.sequence, record.position);
        let of_rules = changed_rule(event).zip(self.rules.clone()).filter(|(rule, rules)| rules.get(rule).is_some());
        let difference = match &of_rules {
            Some((_, rules)) => self.compare(event, rules, engine, now),
            // What the program finds by itself may stand between a reading and what rules found in it.
            None if matches!(event, DeviceEvent::Condition { .. }) => None,
            None => self.at_end(),
        };
        if let DeviceEvent::RulesAdopted { hash, engine: by } = event {
            self.rules = sets.get(hash).filter(|_| *by == engine).cloned();
            self.was_judged |= self.rules.is_some();
        }
        self.state.evolve(event, record.sequence, now);
        if let (DeviceEvent::Reading(stored), Some(rules)) = (event, self.rules.clone()) {
            if is_open {
                self.expected.extend(self.state.judge(&self.id, stored, record.sequence, &rules));
            } else {
                // A patient was erased: what the rules remembered of the readings cannot be had again.
                self.rules = None;
            }
        }
        difference
    }

    fn compare(&mut self, event: &DeviceEvent, rules: &RuleSet, engine: u32, now: Timestamp) -> Option<Difference> {
        self.conditions += 1;
        let derived = match self.expected.pop_front() {
            Some(expected) => vec![expected],
            // A transmission that was waited for is found by time alone.
            None => self.state.clone().tick(&self.id, i64::MAX, (rules, engine), now).into_vec(),
        };
        let stored = vec![event.clone()];
        if derived.contains(event) { None } else { Some(self.difference(stored, derived)) }
    }

    /// A difference where something that the readings give did not come.
    pub fn at_end(&self) -> Option<Difference> {
        if self.expected.is_empty() {
            return None;
        }
        Some(self.difference(Vec::new(), self.expected.iter().cloned().collect()))
    }

    fn difference(&self, stored: Vec<DeviceEvent>, derived: Vec<DeviceEvent>) -> Difference {
        let (stream, sequence, position) = self.last.clone();
        Difference { stream, sequence, position, stored: Derived::Device(stored), derived: Derived::Device(derived) }
    }
}

/// The rule whose condition set in or ended.
fn changed_rule(event: &DeviceEvent) -> Option<&RuleId> {
    match event {
        DeviceEvent::Condition { change: ConditionChange::Began(condition), .. } => Some(&condition.key.rule),
        DeviceEvent::Condition { change: ConditionChange::Ended(rule, _), .. } => Some(rule),
        _ => None,
    }
}
