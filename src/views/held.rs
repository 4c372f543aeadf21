//! What is held in memory until it is written.

use std::collections::HashMap;

use smallvec::SmallVec;

use super::chunk::Row;
use super::device::DeviceSum;
use super::latest::Latest;
use super::opening::Opened;
use crate::clinical::device::DeviceEvent;
use crate::clinical::ids::{DeviceId, PatientId};
use crate::clinical::reading::{Reading, Validity, Value};
use crate::time::Timestamp;

/// A patient in memory.
#[derive(Default)]
pub(super) struct HeldPatient {
    /// `None`: not read from the file yet.
    pub latest: Latest,
    /// Rows that are not in the file, in the order in which they came.
    pub rows: Vec<Row>,
    /// The newest values are others than in the file.
    pub changed: bool,
}

/// A device in memory.
#[derive(Default)]
pub(super) struct HeldDevice {
    pub sum: DeviceSum,
    pub changed: bool,
}

/// What is held in memory.
#[derive(Default)]
pub(super) struct Held {
    pub patients: HashMap<PatientId, HeldPatient>,
    pub devices: HashMap<DeviceId, HeldDevice>,
    /// Everything before it is folded in, here or in the file.
    pub position: u64,
    /// Receipt time of the newest record that was folded in.
    pub newest: Timestamp,
    /// Rows of all patients.
    pub rows: usize,
}

impl Held {
    /// Folds a record in; patient and device are here already.
    pub fn take(&mut self, opened: &Opened, position: u64) {
        let Opened { device, patient, received, event } = opened;
        let of_device = self.devices.entry(device.clone()).or_default();
        // Folded in already, before a stop.
        if position < of_device.sum.position {
            return;
        }
        of_device.sum.take(event, *received, position);
        of_device.changed = true;
        let (Some(patient), DeviceEvent::Reading(stored)) = (patient, event) else { return };
        let reading = stored.as_ref().clone().into_judged();
        let of_patient = self.patients.entry(patient.clone()).or_default();
        of_patient.latest.take(device, &reading, *received, position);
        of_patient.changed = true;
        let values = numbers(&reading);
        if !values.is_empty() {
            let (at_us, received_us) = (reading.device_time.micros(), received.micros());
            of_patient.rows.push(Row { at_us, received_us, values });
            self.rows += 1;
        }
    }
}

/// The valid numbers of a reading.
fn numbers(reading: &Reading) -> SmallVec<[(u32, f64); 4]> {
    let valid = reading.observations.iter().filter(|observation| observation.validity == Validity::Valid);
    let number = |value: &Value| match value {
        Value::Number(number) if number.is_finite() => Some(*number),
        _ => None,
    };
    valid.filter_map(|observation| Some((observation.code.0, number(&observation.value)?))).collect()
}
