//! A journal read from its beginning: what devices sent for whom, and what became of it.

use std::collections::HashMap;
use std::ops::ControlFlow;

use super::AuditError;
use super::replay::{decode_error, seal_error};
use crate::clinical::device::{DeviceEvent, DeviceState, StoredReading};
use crate::clinical::ids::{DeviceId, PatientId};
use crate::clinical::patient::{PatientRecord, PatientState};
use crate::proto::RecordKind;
use crate::storage::codec::{decode_device, decode_patient};
use crate::storage::{KeyError, Keys, Opener, Reader, StoredRecord, StreamKind, StreamName};

/// What the journal tells, in its order.
pub enum Past<'a> {
    /// A reading was stored for a patient.
    Reading {
        /// For whom.
        patient: &'a PatientId,
        /// The patient as they were then: admitted, judged by this profile.
        state: &'a PatientState,
        /// The device as it was then.
        device: (&'a DeviceId, &'a DeviceState),
        /// Where it stands in the device's stream.
        stream_sequence: u64,
        /// The reading.
        stored: &'a StoredReading,
    },
    /// Something happened to a patient or to the alerts of one.
    Record {
        /// To whom.
        patient: &'a PatientId,
        /// What.
        record: &'a PatientRecord,
    },
}

/// Shows a journal; what a patient whose key was destroyed left is passed over. `progress` is called with the position.
///
/// # Errors
/// [`AuditError`].
pub fn read_past(
    reader: &Reader,
    keys: &Keys,
    progress: &mut dyn FnMut(u64),
    visit: &mut dyn FnMut(Past<'_>),
) -> Result<(), AuditError> {
    let mut scan = Scan { keys, devices: HashMap::new(), patients: HashMap::new() };
    let mut outcome = Ok(());
    reader.scan(0, &mut |view| {
        progress(view.position);
        if !matches!(view.kind, RecordKind::Reading | RecordKind::Device | RecordKind::Patient) {
            return ControlFlow::Continue(());
        }
        let record = view.to_stored().map_err(|_| AuditError::ForeignStream { position: view.position });
        outcome = record.and_then(|record| scan.take(&record, visit));
        if outcome.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    outcome
}

struct Scan<'a> {
    keys: &'a Keys,
    devices: HashMap<DeviceId, (Opener, DeviceState)>,
    /// `None`: erased.
    patients: HashMap<PatientId, Option<OnTheWay>>,
}

struct OnTheWay {
    opener: Opener,
    bodies: HashMap<DeviceId, Opener>,
    state: PatientState,
}

impl Scan<'_> {
    fn take(&mut self, record: &StoredRecord, visit: &mut dyn FnMut(Past<'_>)) -> Result<(), AuditError> {
        match record.stream.kind() {
            StreamKind::Device => self.take_device(record, visit),
            StreamKind::Patient => self.take_patient(record, visit),
            _ => Ok(()),
        }
    }

    fn take_patient(&mut self, record: &StoredRecord, visit: &mut dyn FnMut(Past<'_>)) -> Result<(), AuditError> {
        let Ok(id) = PatientId::new(record.stream.id()) else { return Ok(()) };
        let Some(patient) = self.patient(&id)? else { return Ok(()) };
        let plaintext = patient.opener.open(record).map_err(|error| seal_error(record, error))?;
        let told = decode_patient(&plaintext).map_err(|error| decode_error(record, error))?;
        patient.state.restore(&told.input, &told.events, told.now);
        visit(Past::Record { patient: &id, record: &told });
        Ok(())
    }

    fn take_device(&mut self, record: &StoredRecord, visit: &mut dyn FnMut(Past<'_>)) -> Result<(), AuditError> {
        let Ok(id) = DeviceId::new(record.stream.id()) else { return Ok(()) };
        let keys = self.keys;
        let (opener, _) = self
            .devices
            .entry(id.clone())
            .or_insert_with(|| (Opener::new(Some(keys.device(&id)), &record.stream), DeviceState::default()));
        let wrong = |error| decode_error(record, error);
        let head = decode_device(&opener.open(record).map_err(|error| seal_error(record, error))?).map_err(wrong)?;
        let now = head.now;
        let owner = head.body_of().map_err(wrong)?;
        let body = match &owner {
            Some(patient) if !record.body.is_empty() => self.open_body(patient, &id, record)?,
            _ => None,
        };
        let event = head.with_body(body.as_deref()).map_err(wrong)?;
        let Some((_, device)) = self.devices.get_mut(&id) else { return Ok(()) };
        device.evolve(&event, record.sequence, now);
        if let (DeviceEvent::Reading(stored), Some(patient), Some(_)) = (&event, &owner, &body)
            && let Some(Some(on_the_way)) = self.patients.get(patient)
        {
            let (state, device) = (&on_the_way.state, (&id, &*device));
            visit(Past::Reading { patient, state, device, stream_sequence: record.sequence, stored });
        }
        Ok(())
    }

    fn open_body(
        &mut self,
        patient: &PatientId,
        device: &DeviceId,
        record: &StoredRecord,
    ) -> Result<Option<Vec<u8>>, AuditError> {
        let keys = self.keys;
        let Some(on_the_way) = self.patient(patient)? else { return Ok(None) };
        if !on_the_way.bodies.contains_key(device) {
            on_the_way.bodies.insert(device.clone(), Opener::new(keys.patient(patient)?, &record.stream));
        }
        let opened = on_the_way.bodies.get_mut(device).map(|opener| opener.open_body(record));
        opened.transpose().map_err(|error| seal_error(record, error))
    }

    fn patient(&mut self, id: &PatientId) -> Result<Option<&mut OnTheWay>, AuditError> {
        if !self.patients.contains_key(id) {
            let known = match self.keys.patient(id) {
                Ok(Some(key)) => Some(OnTheWay {
                    opener: Opener::new(Some(key), &StreamName::patient(id)),
                    bodies: HashMap::new(),
                    state: PatientState::default(),
                }),
                Ok(None) | Err(KeyError::Destroyed) => None,
                Err(error) => return Err(error.into()),
            };
            self.patients.insert(id.clone(), known);
        }
        Ok(self.patients.get_mut(id).and_then(Option::as_mut))
    }
}
