//! A patient.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::text;
use crate::proto;

/// Adult: 16 years and older. Newborn: up to the 28th day.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum AgeClass {
    #[default]
    Unknown,
    Adult,
    Child,
    Newborn,
}

/// Where the patient is cared for; unknown counts as bedside.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Setting {
    #[default]
    Unknown,
    Bedside,
    Ward,
    Home,
    DeviceClinic,
}

/// Whether somebody is responsible for the patient here.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Presence {
    Unknown,
    Admitted,
    Discharged,
    Died,
    Merged,
}

/// What decides which rules judge a patient, and by which limits.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Profile {
    pub age_class: AgeClass,
    pub pregnant: bool,
    /// Scale 2 of NEWS2 is prescribed.
    pub spo2_scale_2: bool,
    /// The prescribed range of saturation, 50 to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spo2_low_percent: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spo2_high_percent: Option<u32>,
    pub setting: Setting,
}

/// Signals are off, evaluation is on.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Standby {
    pub reason: String,
    pub by: String,
    pub since_us: i64,
    pub until_us: i64,
}

/// A patient.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Patient {
    pub patient: String,
    pub unit: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bed: Option<String>,
    pub devices: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    pub presence: Presence,
    /// The record into which this one was merged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standby: Option<Standby>,
}

/// A page of patients.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PatientPage {
    pub patients: Vec<Patient>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

impl From<proto::Patient> for Patient {
    fn from(patient: proto::Patient) -> Self {
        let presence = match patient.presence() {
            proto::Presence::Unspecified => Presence::Unknown,
            proto::Presence::Admitted => Presence::Admitted,
            proto::Presence::Discharged => Presence::Discharged,
            proto::Presence::Died => Presence::Died,
            proto::Presence::Merged => Presence::Merged,
        };
        let standby = |standby: proto::Standby| Standby {
            reason: standby.reason,
            by: standby.by,
            since_us: standby.since_us,
            until_us: standby.until_us,
        };
        Self {
            patient: patient.patient,
            unit: patient.unit,
            bed: text(patient.bed),
            devices: patient.devices,
            profile: patient.profile.map(Into::into),
            presence,
            merged_into: text(patient.merged_into),
            standby: patient.standby.map(standby),
        }
    }
}

impl From<proto::ListPatientsResponse> for PatientPage {
    fn from(page: proto::ListPatientsResponse) -> Self {
        let patients = page.patients.into_iter().map(Into::into).collect();
        Self { patients, next_cursor: text(page.next_page_token) }
    }
}

impl From<proto::PatientProfile> for Profile {
    fn from(profile: proto::PatientProfile) -> Self {
        let percent = |percent: u32| (percent != 0).then_some(percent);
        Self {
            age_class: match profile.age_class() {
                proto::AgeClass::Unspecified => AgeClass::Unknown,
                proto::AgeClass::Adult => AgeClass::Adult,
                proto::AgeClass::Child => AgeClass::Child,
                proto::AgeClass::Newborn => AgeClass::Newborn,
            },
            pregnant: profile.pregnant,
            spo2_scale_2: profile.spo2_scale_2,
            spo2_low_percent: percent(profile.spo2_low_percent),
            spo2_high_percent: percent(profile.spo2_high_percent),
            setting: match profile.setting() {
                proto::Setting::Unspecified => Setting::Unknown,
                proto::Setting::Bedside => Setting::Bedside,
                proto::Setting::Ward => Setting::Ward,
                proto::Setting::Home => Setting::Home,
                proto::Setting::DeviceClinic => Setting::DeviceClinic,
            },
        }
    }
}

impl From<Profile> for proto::PatientProfile {
    fn from(profile: Profile) -> Self {
        let age_class = match profile.age_class {
            AgeClass::Unknown => proto::AgeClass::Unspecified,
            AgeClass::Adult => proto::AgeClass::Adult,
            AgeClass::Child => proto::AgeClass::Child,
            AgeClass::Newborn => proto::AgeClass::Newborn,
        };
        let setting = match profile.setting {
            Setting::Unknown => proto::Setting::Unspecified,
            Setting::Bedside => proto::Setting::Bedside,
            Setting::Ward => proto::Setting::Ward,
            Setting::Home => proto::Setting::Home,
            Setting::DeviceClinic => proto::Setting::DeviceClinic,
        };
        Self {
            age_class: age_class.into(),
            pregnant: profile.pregnant,
            spo2_scale_2: profile.spo2_scale_2,
            spo2_low_percent: profile.spo2_low_percent.unwrap_or_default(),
            spo2_high_percent: profile.spo2_high_percent.unwrap_or_default(),
            setting: setting.into(),
        }
    }
}
