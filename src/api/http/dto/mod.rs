//! What requests say and answers hold, as JSON. Made of what port 7444 answers: a field that may not be seen is not there.
#![allow(clippy::struct_excessive_bools, reason = "a wire format names facts one by one")]
#![allow(clippy::struct_field_names, reason = "what port 7444 calls a patient and a device, this port does too")]

mod access;
mod alert;
mod answer;
mod board;
mod device;
mod fact;
mod me;
mod oncall;
mod patient;
mod said;
mod unit;
mod wire;

pub use access::{AccessPage, Changed, Explained, Freed, Glass, GlassList, Operations, Version};
pub use alert::{Alert, AlertPage, Verdict};
pub use answer::{
    Accepting, Acknowledging, AcknowledgingSeveral, Answer, Answers, AsRequest, Commenting, Disposing, Escalating,
    HandingOver, HandingOverAll, Rejecting, Resetting, Snoozing,
};
pub use board::{Board, Tile, Trends, Values, trend, values_now};
pub use device::{Device, DevicePage};
pub use fact::{History, Inbox, Update};
pub use me::{Confirmed, Confirming, Me, Session, SessionLife, SigningIn};
pub use oncall::{AssigningPatients, DeadLetters, Gaps, OnCallNow, Overrides, Overriding, SettingMaintenance};
pub use patient::{Patient, PatientPage, Profile};
pub use said::{
    Admitting, AdmittingNew, Assigning, AssigningPerson, BeginningStandby, BreakingGlass, CreatingUnit, Discharging,
    Lending, Merging, Moving, Nothing, Registering, RestartingActor, Reviewing, SettingLadder, Unassigning,
};
pub use unit::Units;

use wire::{instant, text};
