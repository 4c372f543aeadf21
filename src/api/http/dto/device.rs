//! A device.

use serde::Serialize;
use utoipa::ToSchema;

use super::{instant, text};
use crate::proto;

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
        }
    }
}

impl From<proto::ListDevicesResponse> for DevicePage {
    fn from(page: proto::ListDevicesResponse) -> Self {
        let devices = page.devices.into_iter().map(Into::into).collect();
        Self { devices, next_cursor: text(page.next_page_token) }
    }
}
