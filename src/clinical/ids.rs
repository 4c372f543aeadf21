//! Identifiers as types. They are opaque: no name, bed or birth date in them.

use std::fmt;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

mod subject;

pub use subject::{AlertId, Subject};

/// An identifier that breaks the rules for identifiers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} must be 1 to 64 characters of A-Z a-z 0-9 . _ - ")]
pub struct IdError {
    /// Which kind of identifier was refused.
    pub what: &'static str,
}

fn check(what: &'static str, text: &str) -> Result<SmolStr, IdError> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    if text.is_empty() || text.len() > 64 || !text.bytes().all(allowed) {
        return Err(IdError { what });
    }
    Ok(SmolStr::new(text))
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(SmolStr);

        impl $name {
            /// Takes the text if it is 1 to 64 characters of `A-Z a-z 0-9 . _ -`.
            ///
            /// # Errors
            /// [`IdError`] otherwise.
            pub fn new(text: &str) -> Result<Self, IdError> {
                check($what, text).map(Self)
            }

            /// The identifier as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// A device, as named by the URI SAN of its certificate.
    DeviceId, "a device id"
);
id!(
    /// A gateway, as named by the URI SAN of its certificate.
    GatewayId, "a gateway id"
);
id!(
    /// A patient. Opaque; never a name or a hospital number.
    PatientId, "a patient id"
);
id!(
    /// A person who answers alerts or administers the platform.
    PersonId, "a person id"
);
id!(
    /// A care unit, for example `icu-2`.
    UnitId, "a unit id"
);
id!(
    /// A rule, for example `spo2_low`.
    RuleId, "a rule id"
);

id!(
    /// A rotation of people who are on call, for example `icu-physicians`.
    RotationId, "a rotation id"
);
id!(
    /// A calendar of working days, for example `device-clinic`.
    CalendarId, "a calendar id"
);
id!(
    /// An escalation policy, for example `bedside-high`.
    PolicyId, "a policy id"
);
id!(
    /// A role on a unit's care team, for example `primary` or `charge-nurse`.
    CareRole, "a role on a care team"
);
id!(
    /// A way to reach people, for example `webhook`.
    ChannelId, "a channel id"
);
