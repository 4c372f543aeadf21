//! Who answers for an alert now.

use serde::{Deserialize, Serialize};

use crate::clinical::ids::PersonId;
use crate::time::Timestamp;

/// Who answers for an alert now. Times are receipt times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Response {
    /// Nobody yet: the ladder goes on.
    Waiting {
        /// The step that is due or entered, from 1.
        step: u32,
        /// Whether the step's people are known; otherwise the care team is being asked.
        entered: bool,
        /// Whether the entered step is the last of the ladder.
        last: bool,
        /// The people of the entered step, people to whom it was escalated by name meanwhile, and the owner whom the
        /// round relieved.
        people: Vec<PersonId>,
        /// What happens next happens at this receipt time.
        deadline: Timestamp,
        /// How many must accept before the ladder stops: the most that any step of the round has asked for.
        accepts: u32,
        /// Who of them has accepted in this round.
        joined: Vec<PersonId>,
    },
    /// Somebody owns it until `until`; `silenced` if acknowledged, which is accepted and silenced.
    Answered {
        /// The owner.
        by: PersonId,
        /// When the answer expires.
        until: Timestamp,
        /// Whether the signals are silenced.
        silenced: bool,
        /// The step that the ladder has reached, from 1. It goes on from here if the alert is escalated.
        step: u32,
        /// Whether that step is the last of the ladder.
        last: bool,
        /// While the care team is asked for `step`, because the alert was escalated to it: by when it must answer.
        asking: Option<Timestamp>,
    },
}

impl Response {
    /// Nobody answers yet; the care team is asked for the first step until `deadline`, and `people` are to be paged with
    /// its.
    pub(super) const fn waiting(people: Vec<PersonId>, deadline: Timestamp) -> Self {
        Self::Waiting { step: 1, entered: false, last: false, people, deadline, accepts: 1, joined: Vec::new() }
    }
}
