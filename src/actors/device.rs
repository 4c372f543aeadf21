//! A device's actor: decides on what the device sends, makes it durable, hands it to the patient.

mod actor;
mod commit;

pub(super) use actor::{DeviceMsg, DeviceSummary, Devices};
