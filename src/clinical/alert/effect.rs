//! What must happen outside once an event is committed.
// The fields carry the words of the events that they come from.
#![allow(missing_docs)]

use super::event::AlertEvent;
use crate::clinical::ids::PersonId;

/// What must happen outside once an event is committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Ask the care team who answers for this step.
    AskCareTeam { ordinal: u32, round: u32, step: u32 },
    /// Page these people, once per (alert, round, step, person, channel): somebody who was paged for this step already,
    /// by name, is not paged again.
    Page { ordinal: u32, round: u32, step: u32, people: Vec<PersonId> },
    /// Page somebody whom a person named, also where an earlier page for this step was taken back.
    PageByName { ordinal: u32, round: u32, step: u32, person: PersonId },
    /// Take back the pages of this alert that nobody has answered.
    WithdrawPages { ordinal: u32 },
}

impl Effect {
    /// What must happen outside after the events of one decision were committed. Who is asked for an alert that the same
    /// decision holds or closes would answer for nothing.
    #[must_use]
    pub fn of_all(events: &[AlertEvent]) -> Vec<Self> {
        let ends = |event: &AlertEvent| {
            matches!(
                event,
                AlertEvent::Held { .. }
                    | AlertEvent::Listed { .. }
                    | AlertEvent::Delayed { .. }
                    | AlertEvent::Closed { .. }
            )
        };
        let ended_later =
            |at: usize, ordinal: u32| events[at..].iter().any(|later| later.ordinal() == ordinal && ends(later));
        let of = |(at, event): (usize, &AlertEvent)| {
            let asks = |effect: &Self| !matches!(effect, Self::WithdrawPages { .. });
            Self::of(event).filter(|effect| !(asks(effect) && ended_later(at, event.ordinal())))
        };
        events.iter().enumerate().filter_map(of).collect()
    }

    /// What must happen outside after `event` was committed; `None`: nothing.
    #[must_use]
    pub fn of(event: &AlertEvent) -> Option<Self> {
        match event {
            AlertEvent::Raised { ordinal, .. } => Some(Self::AskCareTeam { ordinal: *ordinal, round: 1, step: 1 }),
            AlertEvent::RoundBegan { ordinal, round, .. } => {
                Some(Self::AskCareTeam { ordinal: *ordinal, round: *round, step: 1 })
            }
            AlertEvent::StepDue { ordinal, round, step, .. } => {
                Some(Self::AskCareTeam { ordinal: *ordinal, round: *round, step: *step })
            }
            AlertEvent::StepEntered { ordinal, round, step, people, .. } if !people.is_empty() => {
                Some(Self::Page { ordinal: *ordinal, round: *round, step: *step, people: people.clone() })
            }
            AlertEvent::Escalated { ordinal, round, step, to: Some(to), .. }
            | AlertEvent::HandedOver { ordinal, round, step, to, accepted: false, .. } => {
                Some(Self::PageByName { ordinal: *ordinal, round: *round, step: *step, person: to.clone() })
            }
            AlertEvent::Acknowledged { ordinal, .. }
            | AlertEvent::Accepted { ordinal, .. }
            | AlertEvent::Held { ordinal, .. }
            | AlertEvent::Listed { ordinal, .. }
            | AlertEvent::Closed { ordinal, .. } => Some(Self::WithdrawPages { ordinal: *ordinal }),
            AlertEvent::StepEntered { .. }
            | AlertEvent::Escalated { to: None, .. }
            | AlertEvent::HandedOver { accepted: true, .. }
            | AlertEvent::Joined { .. }
            | AlertEvent::Snoozed { .. }
            | AlertEvent::Disposed { .. }
            | AlertEvent::Folded { .. }
            | AlertEvent::NoOneOnCall { .. }
            | AlertEvent::Rejected { .. }
            | AlertEvent::AnswerExpired { .. }
            | AlertEvent::Disputed { .. }
            | AlertEvent::FoundEarlier { .. }
            | AlertEvent::Delayed { .. }
            | AlertEvent::Revised { .. }
            | AlertEvent::ConditionCleared { .. }
            | AlertEvent::Reset { .. }
            | AlertEvent::Commented { .. } => None,
        }
    }
}
