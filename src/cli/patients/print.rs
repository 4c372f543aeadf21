//! Tables for people, JSON lines for programs.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::cli::Failure;
use crate::proto::{AgeClass, Limit, Patient, PatientProfile, Presence, Setting};
use crate::time::Timestamp;

/// A page of patients; the first one has a heading.
pub(super) fn patients(patients: &[Patient], json: bool, first: bool) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    if json {
        for patient in patients {
            writeln!(out, "{}", as_json(patient))?;
        }
        return Ok(());
    }
    if first && patients.is_empty() {
        writeln!(out, "no patients")?;
        return Ok(());
    }
    if first {
        writeln!(
            out,
            "{:<16} {:<11} {:<10} {:<12} {:<8} {:<8} {:<24} standby",
            "patient", "presence", "unit", "bed", "age", "SpO2", "devices"
        )?;
    }
    for patient in patients {
        let profile = patient.profile.unwrap_or_default();
        let standby = patient.standby.as_ref();
        let until = standby.map_or_else(String::new, |standby| format!("until {}", Timestamp(standby.until_us)));
        writeln!(
            out,
            "{:<16} {:<11} {:<10} {:<12} {:<8} {:<8} {:<24} {until}",
            patient.patient,
            presence(patient),
            patient.unit,
            visible(&patient.bed),
            age(&profile),
            spo2(&profile),
            patient.devices.join(","),
        )?;
        for set in &patient.limits {
            let until = set.until_us.map_or_else(String::new, |until| format!(", until {}", Timestamp(until)));
            let clears = set.clears_at.map_or_else(String::new, |at| format!(", clears at {at}"));
            let reason = visible(&set.reason);
            writeln!(out, "  limit of {}: {}{clears}, by {}{until}: {reason}", set.rule, set.limit, set.by)?;
        }
    }
    Ok(())
}

fn as_json(patient: &Patient) -> Value {
    let profile = patient.profile.unwrap_or_default();
    let standby = patient.standby.as_ref().map(|standby| {
        json!({
            "reason": standby.reason, "by": standby.by, "since_us": standby.since_us, "until_us": standby.until_us,
        })
    });
    let limit = |set: &Limit| {
        json!({
            "rule": set.rule, "limit": set.limit, "clears_at": set.clears_at, "by": set.by, "reason": set.reason,
            "until_us": set.until_us,
        })
    };
    json!({
        "limits": patient.limits.iter().map(limit).collect::<Vec<_>>(),
        "patient": patient.patient, "presence": presence(patient), "unit": patient.unit, "bed": patient.bed,
        "devices": patient.devices, "merged_into": patient.merged_into, "standby": standby,
        "age": age(&profile), "pregnant": profile.pregnant, "spo2_scale": if profile.spo2_scale_2 { 2 } else { 1 },
        "spo2": spo2(&profile), "setting": setting(&profile),
    })
}

fn presence(patient: &Patient) -> &'static str {
    match patient.presence() {
        Presence::Unspecified => "unknown",
        Presence::Admitted => "admitted",
        Presence::Discharged => "discharged",
        Presence::Died => "died",
        Presence::Merged => "merged",
    }
}

fn age(profile: &PatientProfile) -> &'static str {
    match profile.age_class() {
        AgeClass::Unspecified => "unknown",
        AgeClass::Adult => "adult",
        AgeClass::Child => "child",
        AgeClass::Newborn => "newborn",
    }
}

fn setting(profile: &PatientProfile) -> &'static str {
    match profile.setting() {
        Setting::Unspecified | Setting::Bedside => "bedside",
        Setting::Ward => "ward",
        Setting::Home => "home",
        Setting::DeviceClinic => "device-clinic",
    }
}

/// The range that limits follow: the prescribed one, or that of scale 2.
fn spo2(profile: &PatientProfile) -> String {
    match (profile.spo2_low_percent, profile.spo2_high_percent) {
        (0, 0) if profile.spo2_scale_2 => "88-92".to_owned(),
        (0, 0) => String::new(),
        (low, high) => format!("{low}-{high}"),
    }
}

/// Text from outside, without what a terminal would obey.
fn visible(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}
