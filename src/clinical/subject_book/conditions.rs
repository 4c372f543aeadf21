//! Conditions of a care unit.

use smol_str::format_smolstr;

use crate::clinical::condition::{Condition, ConditionKey, Priority, built_in_rule};
use crate::clinical::ids::Subject;
use crate::time::Timestamp;

/// Rule of a unit that nobody watched while the platform was down.
pub const PLATFORM_WAS_DOWN: &str = "platform_was_down";
/// Rule of a patient or device whose actor is parked.
pub const UNWATCHED: &str = "unwatched";

/// The platform recorded nothing from `down_since` to `up_at`: what happened meanwhile was watched by nobody. Its signal
/// stays until somebody has taken note.
#[must_use]
pub fn platform_was_down(down_since: Timestamp, up_at: Timestamp) -> Condition {
    let text = format_smolstr!("platform was down for {} s: nobody was watched", up_at.since_ms(down_since) / 1_000);
    let key = ConditionKey { rule: built_in_rule(PLATFORM_WAS_DOWN), device: None, patient: None };
    Condition { latching: true, ..Condition::built_in(key, Priority::Medium, down_since, up_at, text) }
}

/// What is the case while the actor of `who` is parked. Names it by its opaque id.
#[must_use]
pub fn unwatched(who: &Subject, now: Timestamp) -> Condition {
    let (device, patient, kind) = match who {
        Subject::Device(device) => (Some(device.clone()), None, "device"),
        Subject::Patient(patient) => (None, Some(patient.clone()), "patient"),
        Subject::Unit(_) => (None, None, "unit"),
    };
    let text = format_smolstr!("{kind} {} is unwatched: its readings are not judged", who.id());
    let key = ConditionKey { rule: built_in_rule(UNWATCHED), device, patient };
    Condition::built_in(key, Priority::High, now, now, text)
}
