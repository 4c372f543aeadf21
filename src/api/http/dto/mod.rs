//! What requests say and answers hold, as JSON. Made of what port 7444 answers: a field that may not be seen is not there.
#![allow(clippy::struct_excessive_bools, reason = "a wire format names facts one by one")]
#![allow(clippy::struct_field_names, reason = "what port 7444 calls a patient and a device, this port does too")]

mod alert;
mod answer;
mod device;
mod fact;
mod me;
mod patient;
mod unit;
mod wire;

pub use alert::{Alert, AlertPage, Verdict};
pub use answer::{
    Accepting, Acknowledging, AcknowledgingSeveral, Answer, Answers, AsRequest, Commenting, Disposing, Escalating,
    HandingOver, HandingOverAll, Rejecting, Resetting, Snoozing,
};
pub use device::{Device, DevicePage};
pub use fact::{History, Inbox, Update};
pub use me::{Me, Session, SessionLife, SigningIn};
pub use patient::{Patient, PatientPage};
pub use unit::Units;

use wire::{instant, text};
