//! A reading: one message of a device. An observation: one coded value in it.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use smol_str::SmolStr;

use super::codes::Code;
use super::units::Unit;
use crate::time::Timestamp;

/// Which of a device's two queues a reading came by. A backlog never delays what is happening now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Lane {
    /// What is happening now.
    Live,
    /// Uploads after an outage.
    Backlog,
}

/// Where a reading stands in what its device sent. Sequences are contiguous from 1 per (device, boot, lane).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ReadingKey {
    /// The device's boot id: a new one whenever its sequences start anew.
    pub boot: u64,
    /// Live or backlog.
    pub lane: Lane,
    /// 1 for the first reading of this (device, boot, lane).
    pub sequence: u64,
}

/// What the device says of a signal or a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Validity {
    /// Measured, and trusted by the device.
    #[default]
    Valid,
    /// Measured, but the device doubts it. Counts as invalid for rules.
    Questionable,
    /// The device knows that the value is not what it measures.
    Invalid,
    /// The sensor gives nothing: lead off, probe off, signal lost.
    NoSignal,
}

/// The value of an observation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// A finite number in the observation's unit.
    Number(f64),
    /// A word of a closed vocabulary, such as a beat type or ACVPU.
    Text(SmolStr),
    /// A waveform: values in the observation's unit, `period_us` apart, the first at the reading's device time.
    Samples {
        /// Microseconds between two values.
        period_us: u32,
        /// The values.
        values: Box<[f32]>,
    },
}

/// One coded value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// What was observed.
    pub code: Code,
    /// The value, in `unit`.
    pub value: Value,
    /// UCUM unit of `value`.
    pub unit: Unit,
    /// What the device says of the value.
    pub validity: Validity,
}

/// One message of a device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Position in what the device sent.
    pub key: ReadingKey,
    /// When it was observed, by the device's clock.
    pub device_time: Timestamp,
    /// When it was sent, by the device's clock.
    pub sent_at: Timestamp,
    /// Up to when the device had watched its signal without a break, by its clock; `None` where it does not say.
    pub observed_until: Option<Timestamp>,
    /// The period at which the device says it will send; 0 where it does not say.
    pub period_ms: u32,
    /// Validity of the signal that is being watched; `NoSignal` ends a chain of beats.
    pub signal: Validity,
    /// The coded values, in the order sent.
    pub observations: SmallVec<[Observation; 2]>,
    /// The payload as the device sent it, where it was not coded; kept verbatim.
    pub payload: Option<Box<RawPayload>>,
    /// The decoder that made the values of the payload, with its version; known of readings that are judged.
    pub decoder: Option<SmolStr>,
}

/// Bytes of a device's own format, kept verbatim beside what was decoded from them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawPayload {
    /// Media type as the device named it.
    pub content_type: SmolStr,
    /// The bytes, verbatim.
    pub bytes: Vec<u8>,
}
