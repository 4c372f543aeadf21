//! The newest values of a patient, and how they went in the last half hour.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::clinical::codes::Code;
use crate::clinical::ids::DeviceId;
use crate::clinical::reading::{Reading, Validity, Value};
use crate::time::Timestamp;

/// One point of a sparkline stands for so many seconds.
pub const SPARK_BIN_S: i64 = 30;
const SPARK_BINS: usize = 60;
/// Codes of one patient that are kept; the table of codes has fewer.
const CODES_MAX: usize = 256;

/// What was observed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Said {
    /// A number in the code's unit.
    Number(f64),
    /// A word.
    Word(SmolStr),
}

/// The newest value of one code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LatestValue {
    /// What was observed.
    pub code: Code,
    /// The value; where it is not valid, the last that was measured, if the device said one.
    pub said: Said,
    /// What the device says of it.
    pub validity: Validity,
    /// Judged device time.
    pub at: Timestamp,
    /// Receipt time.
    pub received: Timestamp,
    /// By which device.
    pub device: DeviceId,
    /// The newest value of each of the last 60 half minutes that had one, the newest bin last; `NaN`: none.
    spark: VecDeque<f32>,
    /// Number of the newest bin since the epoch.
    spark_end: i64,
}

impl LatestValue {
    /// Number of the bin since the epoch that comes after the last one, and the bins.
    pub fn spark(&self) -> (i64, impl Iterator<Item = Option<f32>>) {
        let bins = self.spark.iter().map(|value| (!value.is_nan()).then_some(*value));
        (self.spark_end + 1, bins)
    }

    #[allow(clippy::cast_possible_truncation, reason = "a sparkline is looked at, not computed with")]
    fn draw(&mut self, at: Timestamp, value: f64) {
        let bin = at.micros().div_euclid(SPARK_BIN_S * 1_000_000);
        if self.spark.is_empty() {
            self.spark_end = bin;
            self.spark.push_back(f32::NAN);
        }
        // A gap longer than the whole line leaves an empty one.
        let ahead = usize::try_from(bin.saturating_sub(self.spark_end)).unwrap_or(0).min(SPARK_BINS);
        self.spark.extend(std::iter::repeat_n(f32::NAN, ahead));
        self.spark_end = self.spark_end.max(bin);
        while self.spark.len() > SPARK_BINS {
            self.spark.pop_front();
        }
        let back = usize::try_from(self.spark_end - bin).unwrap_or(usize::MAX);
        let place = self.spark.len().checked_sub(1).and_then(|last| last.checked_sub(back));
        if let Some(place) = place.and_then(|place| self.spark.get_mut(place)) {
            *place = value as f32;
        }
    }
}

/// The newest values of one patient.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Latest {
    /// In the order of codes.
    pub values: Vec<LatestValue>,
    /// Receipt time of the newest reading.
    pub received: Timestamp,
    /// Journal position of the newest reading.
    pub position: u64,
}

impl Latest {
    /// Folds a reading in. What was observed before what is known stays out, but for the sparkline.
    pub(super) fn take(&mut self, device: &DeviceId, reading: &Reading, received: Timestamp, position: u64) {
        self.received = self.received.max(received);
        self.position = position;
        for observation in &reading.observations {
            let said = match &observation.value {
                Value::Number(number) => Said::Number(*number),
                Value::Text(word) => Said::Word(word.clone()),
                Value::Samples { .. } => continue,
            };
            let Some(value) = self.of(observation.code, device) else { continue };
            if let (Said::Number(number), Validity::Valid) = (&said, observation.validity) {
                value.draw(reading.device_time, *number);
            }
            if reading.device_time >= value.at {
                value.said = said;
                value.validity = observation.validity;
                (value.at, value.received) = (reading.device_time, received);
                value.device.clone_from(device);
            }
        }
    }

    /// The place of a code, made where it is new.
    fn of(&mut self, code: Code, device: &DeviceId) -> Option<&mut LatestValue> {
        let place = match self.values.binary_search_by_key(&code, |value| value.code) {
            Ok(place) => place,
            Err(_) if self.values.len() >= CODES_MAX => return None,
            Err(place) => {
                let new = LatestValue {
                    code,
                    said: Said::Number(f64::NAN),
                    validity: Validity::NoSignal,
                    at: Timestamp::MIN,
                    received: Timestamp::MIN,
                    device: device.clone(),
                    spark: VecDeque::new(),
                    spark_end: 0,
                };
                self.values.insert(place, new);
                place
            }
        };
        self.values.get_mut(place)
    }
}
