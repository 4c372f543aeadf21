//! What happens to whose a device is.

use super::custody::{Loan, Reattribution};
use super::event::HandOver;
use crate::clinical::ids::PatientId;
use crate::time::Timestamp;

/// A fact about whose a device is.
#[derive(Clone, Debug, PartialEq)]
pub enum CustodyEvent {
    /// From a device time on (`None`: since ever, or since the end of the assignment before it), what it sends belongs to a patient.
    Assigned {
        /// To whom, and the link in the chain.
        hand_over: HandOver,
        /// Device time from which on.
        from: Option<Timestamp>,
        /// Device time of the end; `None`: no end is known.
        until: Option<Timestamp>,
        /// Whether all of it had passed when it was decided: the device is not with the patient.
        over: bool,
    },
    /// What it observes from a device time on belongs to nobody.
    Unassigned {
        /// To whom it was assigned.
        hand_over: HandOver,
        /// Device time of the end; `None` in records from before it was stored: when it was decided.
        at: Option<Timestamp>,
    },
    /// It is taken out of use.
    Retired,
    /// It is another unit's for a time.
    Lent(Loan),
    /// A loan ended.
    Returned,
    /// Two records of one person became one: everything of the one is the other's from here on.
    PassedOn {
        /// The record that ended.
        from: PatientId,
        /// The record that goes on.
        hand_over: HandOver,
        /// Whether the device is with the patient.
        open: bool,
    },
    /// Readings were recorded for the wrong patient: told to that patient.
    TakenFrom {
        /// For whom they were recorded.
        hand_over: HandOver,
        /// Which, whose they are, and who says so.
        what: Box<Reattribution>,
    },
    /// The same, told to the patient whose they are.
    GivenTo {
        /// Whose they are.
        hand_over: HandOver,
        /// Which, and for whom they were recorded.
        what: Box<Reattribution>,
    },
}

impl CustodyEvent {
    /// To whom this is handed, if to anybody.
    #[must_use]
    pub fn hand_over(&self) -> Option<&HandOver> {
        match self {
            Self::Assigned { hand_over, .. }
            | Self::Unassigned { hand_over, .. }
            | Self::PassedOn { hand_over, .. }
            | Self::TakenFrom { hand_over, .. }
            | Self::GivenTo { hand_over, .. } => Some(hand_over),
            Self::Retired | Self::Lent(_) | Self::Returned => None,
        }
    }
}
