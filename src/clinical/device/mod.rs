//! A device as the platform knows it: what it sent, to whom it belongs, whether it lives.

mod assignments;
mod custody;
mod custody_event;
mod decoding;
mod event;
mod fingerprint;
mod judged;
mod lane;
mod liveness;
mod own;
mod receiving;
mod state;

#[cfg(test)]
mod tests;

pub use assignments::{ASSIGNMENTS_KEPT, Assignment, NotAssignable};
pub use custody::{Loan, Reattribution};
pub use custody_event::CustodyEvent;
pub use decoding::{Announcement, Decoding, IN_ORDER_TO_CLEAR, PAYLOAD_INCOMPLETE, PAYLOAD_UNDECODABLE, Received};
pub use event::{ConditionChange, DeviceEvent, HandOver, Registration, StoredReading};
pub use fingerprint::fingerprint;
pub use liveness::{DEVICE_CLOCK, DEVICE_SILENT, SILENCE_MS_MIN};
pub use own::{DEVICE_WITHOUT_PATIENT, OwnChange, UNCLAIMED_MS};
pub use receiving::{Arrival, CLOCK_SKEW_US_MAX, JOURNAL_BEHIND};
pub use state::DeviceState;
