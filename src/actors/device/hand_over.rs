//! What the device hands to its patient.

use std::sync::Arc;

use smallvec::SmallVec;

use super::actor::{DeviceActor, Parts};
use crate::actors::alert_feed::nowhere;
use crate::actors::keeper::{KeeperMsg, Source};
use crate::actors::patient::PatientMsg;
use crate::actors::router::{send, tell_keeper, tell_patient};
use crate::admission::Permit;
use crate::clinical::device::{DeviceEvent, DeviceState};
use crate::clinical::ids::{PatientId, Subject};
use crate::storage::item_of;
use crate::time::Timestamp;

impl DeviceActor {
    pub(super) fn hand_over(
        &self,
        parts: &mut Parts,
        events: SmallVec<[DeviceEvent; 1]>,
        first_sequence: u64,
        now: Timestamp,
        permit: Option<&Arc<Permit>>,
    ) {
        self.tell_own_changes(parts, first_sequence);
        for (stream_sequence, event) in (first_sequence..).zip(events) {
            let Some(link) = event.hand_over().cloned() else { continue };
            let Some(item) = item_of(event) else { continue };
            let message = PatientMsg::HandOver {
                device: self.id.clone(),
                stream_sequence,
                previous: link.previous,
                received_at: now,
                item,
                permit: permit.cloned(),
            };
            self.context.counters.items_handed_over.add(1);
            self.tell(parts, link.patient, message);
        }
    }

    fn tell(&self, parts: &mut Parts, patient: PatientId, message: PatientMsg) {
        let known = parts.patient.as_ref().filter(|(id, _)| *id == patient).map(|(_, actor)| actor);
        let Err(message) = send(known, message) else { return };
        let running = self.context.router().patients.running(&patient);
        match send(running.as_ref(), message) {
            Ok(()) => parts.patient = running.map(|actor| (patient, actor)),
            Err(message) => {
                parts.patient = None;
                tell_patient(&self.context, &patient, message);
            }
        }
    }

    /// Tells the keeper of the device's own alerts what changed from a stream sequence on.
    pub(super) fn tell_own_changes(&self, parts: &Parts, from: u64) {
        for change in parts.state.own_changes().iter().filter(|change| change.source >= from) {
            let unit = parts.state.caring_unit().cloned().unwrap_or_else(nowhere);
            let source = Some(Source { previous: change.previous, sequence: change.source });
            let message = KeeperMsg::Observed { unit, what: change.observed(&self.id), source };
            tell_keeper(&self.context, &Subject::Device(self.id.clone()), message);
        }
    }

    /// What a predecessor stored but no longer handed over, the patient reads from the journal.
    pub(super) fn catch_patients_up(&self, state: &DeviceState) {
        for (patient, through) in state.handed_over() {
            let message = PatientMsg::CatchUp { device: self.id.clone(), through };
            tell_patient(&self.context, patient, message);
        }
    }
}
