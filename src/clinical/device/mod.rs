//! A device as the platform knows it: what it sent, to whom it belongs, whether it lives.

mod event;
mod fingerprint;
mod lane;
mod state;

#[cfg(test)]
mod tests;

pub use event::{ConditionChange, DeviceEvent, HandOver, Registration, StoredReading};
pub use fingerprint::fingerprint;
pub use state::{
    Arrival, Assignment, CLOCK_SKEW_US_MAX, DEVICE_CLOCK, DEVICE_SILENT, DeviceState, JOURNAL_BEHIND, NotAssignable,
    SILENCE_MS_MIN,
};
