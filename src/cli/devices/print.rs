//! Tables for people, JSON lines for programs.

use std::io::{self, Write};

use serde_json::json;

use crate::cli::Failure;
use crate::proto::Device;
use crate::time::Timestamp;

/// A page of devices; the first one has a heading.
pub(super) fn devices(devices: &[Device], json: bool, first: bool) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    if json {
        for device in devices {
            let value = json!({
                "device": device.device, "model": device.model, "firmware": device.firmware, "unit": device.unit,
                "gateway": device.gateway, "patient": device.patient, "retired": device.retired,
                "lent_to": device.lent_to, "lent_until_us": device.lent_until_us,
            });
            writeln!(out, "{value}")?;
        }
        return Ok(());
    }
    if first && devices.is_empty() {
        writeln!(out, "no devices")?;
        return Ok(());
    }
    if first {
        writeln!(
            out,
            "{:<16} {:<16} {:<10} {:<12} {:<12} {:<16} state",
            "device", "model", "firmware", "unit", "gateway", "patient"
        )?;
    }
    for device in devices {
        writeln!(
            out,
            "{:<16} {:<16} {:<10} {:<12} {:<12} {:<16} {}",
            device.device,
            visible(&device.model),
            visible(&device.firmware),
            device.unit,
            device.gateway,
            device.patient,
            state(device),
        )?;
    }
    Ok(())
}

/// How many readings were re-attributed.
pub(super) fn reattributed(readings: u64, json: bool) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    if json {
        writeln!(out, "{}", json!({ "readings": readings }))?;
    } else {
        writeln!(out, "{readings} readings were re-attributed; alerts that stand on them are disputed")?;
    }
    Ok(())
}

fn state(device: &Device) -> String {
    match (device.retired, device.lent_to.as_str()) {
        (true, _) => "retired".to_owned(),
        (false, "") => "in use".to_owned(),
        (false, unit) => format!("lent to {unit} until {}", Timestamp(device.lent_until_us)),
    }
}

/// Text from outside, without what a terminal would obey.
fn visible(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}
