//! What a live view is shown of the readings that go out.

use crate::clinical::codes::Code;
use crate::clinical::reading::{Reading, Validity, Value};
use crate::time::Timestamp;

/// The values of one reading.
#[derive(Clone, Debug, PartialEq)]
pub struct Glimpse {
    /// The patient.
    pub patient: String,
    /// Device time.
    pub at: Timestamp,
    /// Whether the watched signal is valid.
    pub signal_valid: bool,
    /// The numbers in it; `None`: the device says that it has no valid value.
    pub values: Vec<(Code, Option<f64>)>,
}

impl Glimpse {
    /// What `reading` shows of `patient`; `None` for a single beat, which a view has no use for.
    #[must_use]
    pub fn of(patient: &str, reading: &Reading) -> Option<Self> {
        let values: Vec<(Code, Option<f64>)> = reading
            .observations
            .iter()
            .filter_map(|observation| match observation.value {
                Value::Number(number) if observation.code != Code::RR_INTERVAL => {
                    Some((observation.code, (observation.validity == Validity::Valid).then_some(number)))
                }
                _ => None,
            })
            .collect();
        let signal_valid = reading.signal == Validity::Valid;
        (!values.is_empty() || !signal_valid).then(|| Self {
            patient: patient.to_owned(),
            at: reading.device_time,
            signal_valid,
            values,
        })
    }
}
