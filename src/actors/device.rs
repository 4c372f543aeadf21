//! A device's actor: decides on what the device sends, makes it durable, hands it to the patient.

mod actor;
mod administer;
mod append;
mod commit;
mod hand_over;
mod ingest;
mod link;
mod message;
mod restore;
mod summary;

pub(super) use actor::Devices;
pub(super) use message::DeviceMsg;
pub(super) use summary::DeviceSummary;
