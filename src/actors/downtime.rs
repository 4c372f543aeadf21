//! What nobody could watch because the platform was down: told once per unit after the start.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use super::context::Context;
use super::keeper::KeeperMsg;
use super::router::tell_keeper;
use crate::clinical::ids::{PatientId, Subject, UnitId};
use crate::clinical::subject_book::{Observed, platform_was_down};
use crate::time::Timestamp;

/// Units with a device whose silence fell due while the platform was down. Collected during recovery.
#[derive(Debug, Default)]
pub(super) struct Downtime(Mutex<BTreeSet<UnitId>>);

impl Downtime {
    /// A device of this unit, or of a patient who is there, was not listened to in time.
    pub fn note(&self, context: &Context, patient: Option<&PatientId>, unit: &UnitId) {
        let place = patient.and_then(|patient| context.directory.patient(patient)).map(|entry| entry.unit);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(place.unwrap_or_else(|| unit.clone()));
    }

    fn take(&self) -> BTreeSet<UnitId> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Tells each unit of which a device was not listened to in time.
pub(super) fn tell_units(context: &Arc<Context>, down_since: Timestamp) {
    for unit in context.downtime.take() {
        let condition = platform_was_down(down_since, context.started_at);
        let key = condition.key.clone();
        // It is over, and signalled until somebody has taken note.
        for what in [Observed::Began(condition), Observed::Ended { key, at: context.started_at }] {
            let message = KeeperMsg::Observed { unit: unit.clone(), what, source: None };
            tell_keeper(context, &Subject::Unit(unit.clone()), message);
        }
    }
}

/// When something was recorded for the last time before this start; `None`: the journal is new or cannot be read.
pub(super) fn last_recorded_at(context: &Context) -> Option<Timestamp> {
    let last = context.reader.next_position().checked_sub(1)?;
    let mut at = None;
    let read = context.reader.scan(last, &mut |record| {
        at = Some(record.at);
        ControlFlow::Break(())
    });
    read.ok().and(at)
}
