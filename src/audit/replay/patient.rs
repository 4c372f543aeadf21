//! One patient on the way through the journal.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::error::{AuditError, seal_error};
use crate::clinical::alert::AlertEvent;
use crate::clinical::ids::{DeviceId, PatientId};
use crate::clinical::patient::{History, PatientInput, PatientRecord, PatientState, Run, Windows};
use crate::clinical::rules::RuleSet;
use crate::storage::{Keys, Opener, SealError, StoredItem, StoredRecord};
use crate::time::Timestamp;

/// One patient on the way through the journal.
pub(super) struct Replaying {
    pub opener: Opener,
    /// Opens the bodies of what a device handed over.
    bodies: HashMap<DeviceId, Opener>,
    /// Handed over, and not yet marked as consumed.
    pub items: HashMap<DeviceId, VecDeque<StoredItem>>,
    state: PatientState,
    pub rules: Option<Arc<RuleSet>>,
}

impl Replaying {
    /// The patient's state on the way.
    pub fn state(&self) -> &PatientState {
        &self.state
    }

    /// Takes note that what the rules remember was kept; whether it is what they do.
    pub fn keeps(&mut self, at: Timestamp, windows: Option<Windows>, sequence: u64) -> bool {
        let same = windows.is_none_or(|windows| windows == self.state.windows(at));
        self.state.note_windows(at, sequence);
        same
    }

    pub fn new(opener: Opener) -> Self {
        Self { opener, bodies: HashMap::new(), items: HashMap::new(), state: PatientState::default(), rules: None }
    }

    pub fn body(
        &mut self,
        keys: &Keys,
        id: &PatientId,
        device: &DeviceId,
        record: &StoredRecord,
    ) -> Result<Vec<u8>, AuditError> {
        if !self.bodies.contains_key(device) {
            self.bodies.insert(device.clone(), Opener::new(keys.patient(id)?, &record.stream));
        }
        let opened = self.bodies.get_mut(device).map(|opener| opener.open_body(record));
        opened.unwrap_or(Err(SealError::KeyDestroyed)).map_err(|error| seal_error(record, error))
    }

    /// What the input gives now, and how many items were consumed for it.
    pub fn derive(&mut self, stored: &PatientRecord, history: Option<History>) -> (Vec<AlertEvent>, u64) {
        if let (PatientInput::LateJudged { base, bound_us }, Some(history)) = (&stored.input, history) {
            let Some(rules) = self.rules.clone() else { return (Vec::new(), 0) };
            return (self.state.judge_late(*base, *bound_us, history, &rules, stored.now), 0);
        }
        let PatientInput::Consumed(runs) = &stored.input else {
            // A refused command would not have been stored: refused now, it gives no events, which is a difference.
            return (self.state.handle(&stored.input, stored.now).ok().flatten().unwrap_or_default(), 0);
        };
        let (mut derived, mut items) = (Vec::new(), 0);
        // Rules are adopted before the first item is consumed.
        let Some(rules) = self.rules.clone() else { return (derived, items) };
        for Run { device, through } in runs {
            let waiting = self.items.entry(device.clone()).or_default();
            while let Some(item) = waiting.pop_front_if(|item| item.stream_sequence <= *through) {
                items += 1;
                derived.extend(self.state.consume(device, item.stream_sequence, &item.item, item.received_at, &rules));
            }
        }
        (derived, items)
    }
}
