//! Conditions of a device that belongs to nobody. They go to the alert book of the device itself, and are told again until
//! that has them.

use serde::{Deserialize, Serialize};
use smallvec::{SmallVec, smallvec};
use smol_str::SmolStr;

use super::event::{ConditionChange, DeviceEvent};
use super::liveness::{DEVICE_SILENT, technical};
use super::state::DeviceState;
use crate::clinical::condition::{Condition, ConditionKey, Priority, built_in_rule};
use crate::clinical::ids::DeviceId;
use crate::clinical::subject_book::Observed;
use crate::time::Timestamp;

/// Rule of a device that sends readings and belongs to nobody.
pub const DEVICE_WITHOUT_PATIENT: &str = "device_without_patient";
/// Project default: so long after its first reading that belongs to nobody a device is reported. Below the 30 s within
/// which its technicians must know, above what it takes to assign a device that is connected already.
pub const UNCLAIMED_MS: i64 = 20_000;

/// Where the device stands with its own alert book. Most devices never need one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Own {
    /// Stream sequence of the newest change.
    newest: u64,
    /// What the book has not said that it has, in order.
    waiting: Vec<OwnChange>,
    /// Whether something set in since the last assignment.
    touched: bool,
    /// Whether [`DEVICE_WITHOUT_PATIENT`] is present.
    unclaimed: bool,
    /// Receipt time of the first reading that belonged to nobody, of those that came without a pause.
    #[serde(skip)]
    streams_since: Option<Timestamp>,
}

/// One change for the device's own alert book.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OwnChange {
    /// Stream sequence of the change before it; 0 for the first.
    pub previous: u64,
    /// Its own stream sequence.
    pub source: u64,
    /// Receipt time.
    pub at: Timestamp,
    what: What,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum What {
    Condition(ConditionChange),
    HandedOver,
}

impl OwnChange {
    /// The change as the alert book of `device` takes it.
    #[must_use]
    pub fn observed(&self, device: &DeviceId) -> Observed {
        match &self.what {
            What::Condition(ConditionChange::Began(condition)) => Observed::Began(condition.clone()),
            What::Condition(ConditionChange::Ended(rule, at)) => Observed::Ended {
                key: ConditionKey { rule: rule.clone(), device: Some(device.clone()), patient: None },
                at: *at,
            },
            What::HandedOver => Observed::HandedOver,
        }
    }
}

impl DeviceState {
    /// Changes that the device's own alert book may not have yet, in order.
    #[must_use]
    pub fn own_changes(&self) -> &[OwnChange] {
        self.own.as_ref().map_or(&[], |own| &own.waiting)
    }

    /// The device's own alert book has all changes up to this stream sequence. No event: what is told again is known.
    pub fn own_changes_are_kept(&mut self, through: u64) {
        if let Some(own) = &mut self.own {
            own.waiting.retain(|change| change.source > through);
        }
    }

    pub(super) fn is_unclaimed(&self) -> bool {
        self.own.as_ref().is_some_and(|own| own.unclaimed)
    }

    /// When a device that belongs to nobody has something to report: that it does, or that it has stopped sending.
    pub(super) fn unclaimed_due(&self, unclaimed_ms: i64) -> Option<Timestamp> {
        let own = self.own.as_ref().filter(|_| self.assignment().is_none())?;
        if own.unclaimed {
            return Some(self.last_heard.plus_ms(self.silent_after_ms()));
        }
        own.streams_since.map(|since| since.plus_ms(unclaimed_ms))
    }

    /// Looks what a device that belongs to nobody has to report.
    pub(super) fn tick_unclaimed(
        &mut self,
        device: &DeviceId,
        unclaimed_ms: i64,
        now: Timestamp,
    ) -> SmallVec<[DeviceEvent; 1]> {
        let due = self.unclaimed_due(unclaimed_ms).is_some_and(|due| due <= now);
        let sends = now.since_ms(self.last_heard) < self.silent_after_ms();
        let last_heard = self.last_heard;
        let Some(own) = self.own.as_mut().filter(|_| due) else { return SmallVec::new() };
        if !own.unclaimed && sends {
            let since = own.streams_since.unwrap_or(now);
            let text = SmolStr::new_static("device sends readings and belongs to no patient: nobody watches them");
            let began = technical(device, DEVICE_WITHOUT_PATIENT, Priority::Medium, since, now, text);
            return smallvec![own_event(ConditionChange::Began(began))];
        }
        own.streams_since = None;
        if !own.unclaimed {
            return SmallVec::new();
        }
        // It may have been put away, so that no end of its silence can be waited for: somebody takes note.
        let text = SmolStr::new_static("device that belongs to no patient stopped sending");
        let silent = technical(device, DEVICE_SILENT, Priority::Low, last_heard, now, text);
        let silent = Condition { latching: true, ..silent };
        let changes = [
            ConditionChange::Ended(built_in_rule(DEVICE_WITHOUT_PATIENT), now),
            ConditionChange::Began(silent),
            ConditionChange::Ended(built_in_rule(DEVICE_SILENT), now),
        ];
        changes.into_iter().map(own_event).collect()
    }

    /// Notes a reading that belongs to nobody.
    pub(super) fn note_unclaimed(&mut self, now: Timestamp) {
        if self.assignment().is_none() {
            self.own.get_or_insert_default().streams_since.get_or_insert(now);
        }
    }

    /// Notes a condition that was handed to no patient.
    pub(super) fn note_own(&mut self, change: &ConditionChange, stream_sequence: u64, now: Timestamp) {
        let own = self.own.get_or_insert_default();
        match change {
            ConditionChange::Began(condition) if condition.key.rule.as_str() == DEVICE_WITHOUT_PATIENT => {
                own.unclaimed = true;
            }
            ConditionChange::Ended(rule, _) if rule.as_str() == DEVICE_WITHOUT_PATIENT => own.unclaimed = false,
            _ => {}
        }
        own.touched = true;
        own.push(What::Condition(change.clone()), stream_sequence, now);
    }

    /// The device was assigned, or taken out of use: what its own book holds is handed over.
    pub(super) fn note_own_handed_over(&mut self, stream_sequence: u64, now: Timestamp) {
        let Some(own) = &mut self.own else { return };
        (own.streams_since, own.unclaimed) = (None, false);
        if std::mem::take(&mut own.touched) {
            own.push(What::HandedOver, stream_sequence, now);
        }
    }
}

impl Own {
    fn push(&mut self, what: What, source: u64, at: Timestamp) {
        self.waiting.push(OwnChange { previous: self.newest, source, at, what });
        self.newest = source;
    }
}

fn own_event(change: ConditionChange) -> DeviceEvent {
    DeviceEvent::Condition { hand_over: None, change }
}
