//! What somebody wants to do.

use crate::clinical::condition::ConditionKind;

/// What somebody wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// List, watch or read the history of an alert of this kind.
    SeeAlert(ConditionKind),
    /// Acknowledge, accept, reject, escalate, reset or comment an alert of this kind.
    AnswerAlert(ConditionKind),
    /// Where a patient is, what is assigned to them, what their devices say.
    SeePatient,
    /// A device as registered, and the patient to whom it is assigned.
    SeeDevice,
    /// Read one's own pages.
    ReadInbox,
    /// Register, admit, assign, set care teams.
    Administer,
    /// Read the figures of the engine.
    ReadStatus,
    /// See a patient of another care team, with a reason and an end, to be reviewed.
    BreakGlass,
    /// Read who saw what; explain who may see whom.
    ReadTrail,
    /// Judge what was done under break-glass.
    Review,
    /// Rotate the key-encryption key; destroy a patient's key.
    ManageKeys,
}

impl Verb {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::SeeAlert(ConditionKind::Physiological),
        Self::SeeAlert(ConditionKind::Technical),
        Self::AnswerAlert(ConditionKind::Physiological),
        Self::AnswerAlert(ConditionKind::Technical),
        Self::SeePatient,
        Self::SeeDevice,
        Self::ReadInbox,
        Self::Administer,
        Self::ReadStatus,
        Self::BreakGlass,
        Self::ReadTrail,
        Self::Review,
        Self::ManageKeys,
    ];

    /// Its name for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SeeAlert(ConditionKind::Physiological) => "see physiological alerts",
            Self::SeeAlert(ConditionKind::Technical) => "see technical alerts",
            Self::AnswerAlert(ConditionKind::Physiological) => "answer physiological alerts",
            Self::AnswerAlert(ConditionKind::Technical) => "answer technical alerts",
            Self::SeePatient => "see the patient",
            Self::SeeDevice => "see the patient's devices",
            Self::ReadInbox => "read one's own pages",
            Self::Administer => "administer",
            Self::ReadStatus => "read figures",
            Self::BreakGlass => "break the glass",
            Self::ReadTrail => "read the audit trail",
            Self::Review => "review break-glass",
            Self::ManageKeys => "manage keys",
        }
    }
}
