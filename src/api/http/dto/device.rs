//! A device.

use serde::Serialize;
use utoipa::ToSchema;

use super::{instant, text};
use crate::proto;
use crate::time::Timestamp;
use crate::views::DeviceSum;

/// A device as registered, and to whom it is assigned.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Device {
    pub device: String,
    pub model: String,
    pub firmware: String,
    /// The unit whose technicians care for it.
    pub unit: String,
    /// The gateway that speaks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patient: Option<String>,
    pub retired: bool,
    /// The unit to which it is lent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lent_to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lent_until_us: Option<i64>,
    /// What is known of it from what it sent; absent: it sent nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent: Option<Sent>,
}

/// What is known of a device from what it sent.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Sent {
    /// Receipt time of the newest reading.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_reading_us: Option<i64>,
    /// Receipt time of the newest live reading minus the device's time of sending it: clock skew and transport.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skew_ms: Option<i64>,
    /// Added to its times, because its clock is off by more than the bound; 0: it is believed.
    pub shift_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub battery_percent: Option<f64>,
    pub readings: u64,
    /// Readings set aside: their payloads cannot be decoded.
    pub undecodable: u64,
    /// Repeats with other content, set aside.
    pub conflicting: u64,
    /// Observations that were rejected.
    pub rejected: u64,
    /// Sequences that it declared lost.
    pub lost: u64,
}

impl From<DeviceSum> for Sent {
    fn from(sum: DeviceSum) -> Self {
        Self {
            last_reading_us: sum.last_reading.map(Timestamp::micros),
            skew_ms: sum.skew_ms,
            shift_ms: sum.shift_ms,
            battery_percent: sum.battery_percent,
            readings: sum.readings,
            undecodable: sum.undecodable,
            conflicting: sum.conflicting,
            rejected: sum.rejected,
            lost: sum.lost,
        }
    }
}

/// A page of devices.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DevicePage {
    pub devices: Vec<Device>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

impl From<proto::Device> for Device {
    fn from(device: proto::Device) -> Self {
        Self {
            device: device.device,
            model: device.model,
            firmware: device.firmware,
            unit: device.unit,
            gateway: text(device.gateway),
            patient: text(device.patient),
            retired: device.retired,
            lent_to: text(device.lent_to),
            lent_until_us: instant(device.lent_until_us),
            sent: None,
        }
    }
}

impl From<proto::ListDevicesResponse> for DevicePage {
    fn from(page: proto::ListDevicesResponse) -> Self {
        let devices = page.devices.into_iter().map(Into::into).collect();
        Self { devices, next_cursor: text(page.next_page_token) }
    }
}
