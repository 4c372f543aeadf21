//! Between the facts of the pure core and their stored format (`proto/vigil/v1/journal.proto`).

mod access;
mod alert;
mod alert_input;
mod basis;
mod checkpoint;
mod condition;
mod copies;
mod custody;
mod device;
mod error;
mod grants;
mod patient;
mod person;
mod profile;
mod reading;
mod roster;
mod stay;
mod subject;
mod unit_streams;
mod windows;

#[cfg(test)]
mod tests;

pub use access::{decode_access, encode_access};
pub use checkpoint::{decode_checkpoint, encode_checkpoint, encode_restore};
pub use copies::{CopiedReading, Copies, decode_copies, encode_copies};
pub use device::{DeviceRecord, Receipted, decode_device, encode_device};
pub use error::DecodeError;
pub use grants::{GrantRecord, decode_grant, encode_grant};
pub use patient::{decode_patient, encode_patient};
pub use person::{PageKey, PageOutcome, PersonEvent, PersonRecord, decode_person, encode_person};
pub use profile::{decode_profile, encode_profile};
pub use reading::{decode_reading, encode_reading};
pub use roster::{RosterRecord, decode_roster, encode_roster};
pub use subject::{decode_subject, encode_subject};
pub use unit_streams::{CareRecord, RulesRecord, decode_care, decode_rules, encode_care, encode_rules};
pub use windows::{decode_windows, encode_windows};
