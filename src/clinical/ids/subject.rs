//! Whom or what an alert is about, and the alert's own name.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{DeviceId, IdError, PatientId, UnitId};

/// Whom or what an alert is about. One actor each keeps the alert book of one subject (docs/adr/0018).
///
/// Written as the id alone for a patient, else `device~ID` or `unit~ID`. No id holds a `~`, and a `~` inside a word means
/// nothing to shells and URLs (RFC 3986, "unreserved").
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Subject {
    /// A patient.
    Patient(PatientId),
    /// A device while it belongs to no patient.
    Device(DeviceId),
    /// A care unit.
    Unit(UnitId),
}

impl Subject {
    /// The id without the kind.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Patient(id) => id.as_str(),
            Self::Device(id) => id.as_str(),
            Self::Unit(id) => id.as_str(),
        }
    }

    /// The patient, where it is one.
    #[must_use]
    pub const fn patient(&self) -> Option<&PatientId> {
        match self {
            Self::Patient(id) => Some(id),
            Self::Device(_) | Self::Unit(_) => None,
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Patient(id) => write!(f, "{id}"),
            Self::Device(id) => write!(f, "device~{id}"),
            Self::Unit(id) => write!(f, "unit~{id}"),
        }
    }
}

impl FromStr for Subject {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        match text.split_once('~') {
            None => PatientId::new(text).map(Self::Patient),
            Some(("device", id)) => DeviceId::new(id).map(Self::Device),
            Some(("unit", id)) => UnitId::new(id).map(Self::Unit),
            Some(_) => Err(IdError { what: "a subject is PATIENT, device~DEVICE or unit~UNIT, where each id" }),
        }
    }
}

/// An alert: its subject and its ordinal among all that subject's alerts, so that it can be re-derived from the journal
/// and routed without a look-up. Written `SUBJECT~ORDINAL`: `p-17~2`, `device~pump-3~1`, `unit~icu-2~4`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AlertId {
    /// Whose alert it is.
    pub subject: Subject,
    /// 1 for the subject's first alert, then ascending without a gap.
    pub ordinal: u32,
}

impl fmt::Display for AlertId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}~{}", self.subject, self.ordinal)
    }
}

impl FromStr for AlertId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let wrong = IdError { what: "an alert id is PATIENT~N, device~DEVICE~N or unit~UNIT~N, where each id" };
        let (subject, ordinal) = text.rsplit_once('~').ok_or(wrong.clone())?;
        // One name per alert: no sign, no leading zero.
        let plain = ordinal.bytes().all(|byte| byte.is_ascii_digit()) && !ordinal.starts_with('0');
        let ordinal = ordinal.parse().ok().filter(|_| plain).ok_or(wrong)?;
        Ok(Self { subject: subject.parse()?, ordinal })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn subject() -> impl Strategy<Value = Subject> {
        ("[A-Za-z0-9._-]{1,64}", 0..3_u8).prop_map(|(id, kind)| match kind {
            0 => Subject::Patient(PatientId::new(&id).unwrap()),
            1 => Subject::Device(DeviceId::new(&id).unwrap()),
            _ => Subject::Unit(UnitId::new(&id).unwrap()),
        })
    }

    proptest! {
        #[test]
        fn an_alert_reads_back_from_its_text_and_no_two_share_one(
            one in subject(), other in subject(), ordinals in (1..u32::MAX, 1..3_u32)
        ) {
            let (one, other) =
                (AlertId { subject: one, ordinal: ordinals.0 }, AlertId { subject: other, ordinal: ordinals.1 });
            prop_assert_eq!(one.to_string().parse(), Ok(one.clone()));
            prop_assert_eq!(one.to_string() == other.to_string(), one == other);
            prop_assert_eq!(one.subject.to_string().parse(), Ok(one.subject.clone()));
        }
    }

    #[test]
    fn a_patient_called_device_is_no_device() {
        let patient: AlertId = "device~2".parse().unwrap();
        assert_eq!(patient.subject, Subject::Patient(PatientId::new("device").unwrap()));
        let device: AlertId = "device~device~2".parse().unwrap();
        assert_eq!(device.subject, Subject::Device(DeviceId::new("device").unwrap()));
    }

    #[test]
    fn what_names_no_alert_is_refused() {
        for text in
            ["", "p-17", "p-17~", "~1", "p-17~x", "p-17~+1", "p-17~01", "p-17~0", "p 17~1", "bed~4~1", "unit~~1"]
        {
            assert!(text.parse::<AlertId>().is_err(), "{text}");
        }
    }
}
