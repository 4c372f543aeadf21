//! A patient's profile; its form is the same in the journal and on the wire.

use super::error::DecodeError;
use crate::clinical::patient::{AgeClass, Profile, Setting, Spo2Scale, Spo2Target};
use crate::proto;

const WHAT: &str = "patient profile";

/// Encodes a profile.
#[must_use]
pub fn encode_profile(profile: &Profile) -> proto::PatientProfile {
    let age = match profile.age {
        AgeClass::Unknown => proto::AgeClass::Unspecified,
        AgeClass::Adult => proto::AgeClass::Adult,
        AgeClass::Child => proto::AgeClass::Child,
        AgeClass::Newborn => proto::AgeClass::Newborn,
    };
    let setting = match profile.setting {
        Setting::Bedside => proto::Setting::Bedside,
        Setting::Ward => proto::Setting::Ward,
        Setting::Home => proto::Setting::Home,
        Setting::DeviceClinic => proto::Setting::DeviceClinic,
    };
    proto::PatientProfile {
        age_class: age.into(),
        pregnant: profile.pregnant,
        spo2_scale_2: profile.spo2_scale == Spo2Scale::Two,
        spo2_low_percent: profile.spo2_prescribed.map_or(0, |target| target.low_percent().into()),
        spo2_high_percent: profile.spo2_prescribed.map_or(0, |target| target.high_percent().into()),
        setting: setting.into(),
    }
}

/// Decodes a profile; one that says nothing is the default.
///
/// # Errors
/// [`DecodeError`]: a word that is not known, or a range that nobody can prescribe.
pub fn decode_profile(stored: &proto::PatientProfile) -> Result<Profile, DecodeError> {
    let unknown = |error: prost::UnknownEnumValue| DecodeError::because(WHAT, error);
    let age = match proto::AgeClass::try_from(stored.age_class).map_err(unknown)? {
        proto::AgeClass::Unspecified => AgeClass::Unknown,
        proto::AgeClass::Adult => AgeClass::Adult,
        proto::AgeClass::Child => AgeClass::Child,
        proto::AgeClass::Newborn => AgeClass::Newborn,
    };
    let setting = match proto::Setting::try_from(stored.setting).map_err(unknown)? {
        proto::Setting::Unspecified | proto::Setting::Bedside => Setting::Bedside,
        proto::Setting::Ward => Setting::Ward,
        proto::Setting::Home => Setting::Home,
        proto::Setting::DeviceClinic => Setting::DeviceClinic,
    };
    let spo2_prescribed = match (stored.spo2_low_percent, stored.spo2_high_percent) {
        (0, 0) => None,
        // What does not fit is out of range anyway.
        (low, high) => {
            let percent = |given: u32| u8::try_from(given).unwrap_or(u8::MAX);
            Some(Spo2Target::new(percent(low), percent(high)).map_err(|error| DecodeError::because(WHAT, error))?)
        }
    };
    let spo2_scale = if stored.spo2_scale_2 { Spo2Scale::Two } else { Spo2Scale::One };
    Ok(Profile { age, pregnant: stored.pregnant, spo2_scale, spo2_prescribed, setting, ..Profile::default() })
}
