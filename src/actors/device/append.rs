//! How events become durable: sealed, appended, applied, handed over.

use std::sync::Arc;

use smallvec::SmallVec;

use super::actor::{DeviceActor, Parts};
use super::commit::DeviceCommit;
use super::summary::DeviceSummary;
use crate::actors::handle::DeviceEntry;
use crate::actors::stream::RecoverError;
use crate::clinical::device::DeviceEvent;
use crate::clinical::ids::PatientId;
use crate::faults::{Point, point};
use crate::proto::RecordKind;
use crate::storage::codec::encode_device;
use crate::storage::{SealedRecord, Sealer};
use crate::time::Timestamp;

impl DeviceActor {
    /// Makes events durable, evolves, and hands over: in this order, so that what a patient consumes is on its way to
    /// the journal before what follows from it.
    pub(super) fn commit(
        &self,
        parts: &mut Parts,
        mut events: SmallVec<[DeviceEvent; 1]>,
        now: Timestamp,
        mut commit: DeviceCommit,
    ) -> Result<(), RecoverError> {
        let first_sequence = parts.stream.sequence() + 1;
        let mut records = SmallVec::new();
        self.put(parts, &events, now, &mut records, &mut commit)?;
        let found = self.judge(parts, &events, first_sequence)?;
        self.put(parts, &found, now, &mut records, &mut commit)?;
        events.extend(found);
        if parts.stream.wants_snapshot() {
            commit.snapshot =
                parts.stream.snapshot(&parts.state, &DeviceSummary::of(&parts.state, &self.context.rules.current()));
        }
        if events.iter().any(|event| matches!(event, DeviceEvent::Registered(_) | DeviceEvent::Custody(_))) {
            commit.entry = DeviceEntry::of(&self.id, &parts.state);
        }
        commit.context = Some(Arc::clone(&self.context));
        commit.records = records.len() as u64;
        let permit = commit.permit.clone();
        point(Point::DeviceBeforeAppend, self.id.as_str())?;
        parts.stream.append(&self.context, records, commit);
        point(Point::DeviceBeforeHandOver, self.id.as_str())?;
        self.hand_over(parts, events, first_sequence, now, permit.as_ref());
        point(Point::DeviceAfterHandOver, self.id.as_str())?;
        Ok(())
    }

    /// Seals and applies events.
    fn put(
        &self,
        parts: &mut Parts,
        events: &[DeviceEvent],
        now: Timestamp,
        records: &mut SmallVec<[SealedRecord; 1]>,
        commit: &mut DeviceCommit,
    ) -> Result<(), RecoverError> {
        for event in events {
            records.push(self.seal(parts, event, now)?);
            parts.state.evolve(event, parts.stream.sequence(), now);
            commit.count(event);
        }
        Ok(())
    }

    /// What the device's own rules find in the readings among events that were applied, the first at `first_sequence`.
    fn judge(
        &self,
        parts: &mut Parts,
        events: &[DeviceEvent],
        first_sequence: u64,
    ) -> Result<SmallVec<[DeviceEvent; 1]>, RecoverError> {
        let Some((hash, _)) = parts.state.rules_in_force() else { return Ok(SmallVec::new()) };
        let mut found = SmallVec::new();
        for (stream_sequence, event) in (first_sequence..).zip(events) {
            if let DeviceEvent::Reading(stored) = event {
                let rules = self.rules(&hash)?;
                found.extend(parts.state.judge(&self.id, stored, stream_sequence, &rules));
            }
        }
        Ok(found)
    }

    fn seal(&self, parts: &mut Parts, event: &DeviceEvent, now: Timestamp) -> Result<SealedRecord, RecoverError> {
        let (head, body) = encode_device(event, now);
        let kind = match event {
            DeviceEvent::Reading(_) => RecordKind::Reading,
            _ => RecordKind::Device,
        };
        let mut record = parts.stream.seal(kind, &head);
        if body.is_empty() {
            return Ok(record);
        }
        let patient = match event {
            DeviceEvent::Reading(stored) => stored.hand_over.as_ref().map(|link| &link.patient),
            _ => None,
        };
        record.body = match patient {
            Some(patient) => self.body_sealer(parts, patient)?.seal_body(record.sequence, kind, &body),
            None => parts.stream.seal_body(kind, &body),
        };
        Ok(record)
    }

    fn body_sealer<'a>(&self, parts: &'a mut Parts, patient: &PatientId) -> Result<&'a Sealer, RecoverError> {
        let known = parts.body.take().filter(|(owner, _)| owner == patient);
        let sealer = if let Some((_, sealer)) = known {
            sealer
        } else {
            // An assignment is accepted only for an admitted patient, and admission makes the key.
            let key = self.context.keys.patient(patient)?.ok_or(crate::storage::KeyError::Destroyed)?;
            Sealer::new(&key, &self.context.incarnation, parts.stream.name())
        };
        Ok(&parts.body.insert((patient.clone(), sealer)).1)
    }
}
