//! One patient on the way through the journal.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::error::{AuditError, seal_error};
use crate::clinical::alert::AlertEvent;
use crate::clinical::ids::{DeviceId, PatientId};
use crate::clinical::patient::{PatientInput, PatientRecord, PatientState, Run};
use crate::clinical::rules::RuleSet;
use crate::storage::{Keys, Opener, SealError, StoredItem, StoredRecord};

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
    pub fn derive(&mut self, stored: &PatientRecord) -> (Vec<AlertEvent>, u64) {
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
