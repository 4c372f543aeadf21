//! The state of a subject's alert book, and what it decides.

use serde::{Deserialize, Serialize};

use super::input::{Observed, SubjectInput};
use crate::clinical::alert::{Alert, AlertBook, AlertEvent, BookInput, CloseCause, Refused};
use crate::clinical::condition::ConditionKey;
use crate::clinical::device::JOURNAL_BEHIND;
use crate::clinical::ids::UnitId;
use crate::time::Timestamp;

/// A subject's alert book, with who answers and how much of its source it has taken.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SubjectBook {
    unit: Option<UnitId>,
    engine: u32,
    book: AlertBook,
    /// The newest change that was taken from the source.
    taken: u64,
    /// The newest `now`: a decision is never older than the one before it.
    now: Timestamp,
}

impl SubjectBook {
    /// The unit whose people answer, and the engine's version that decides; `None`: nothing was ever decided.
    #[must_use]
    pub fn in_force(&self) -> Option<(&UnitId, u32)> {
        self.unit.as_ref().map(|unit| (unit, self.engine))
    }

    /// The alerts.
    #[must_use]
    pub const fn book(&self) -> &AlertBook {
        &self.book
    }

    /// The newest change that was taken from the source; 0: none.
    #[must_use]
    pub const fn taken(&self) -> u64 {
        self.taken
    }

    /// The newest decision's receipt time.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Whether the condition is present.
    #[must_use]
    pub fn is_present(&self, key: &ConditionKey) -> bool {
        self.book.open().iter().any(|alert| alert.present && alert.condition.key == *key)
    }

    /// Applies an input. `None`: it changed nothing, and does not belong in the journal.
    ///
    /// # Errors
    /// [`Refused`], for commands only; nothing has changed then.
    pub fn handle(&mut self, input: &SubjectInput, now: Timestamp) -> Result<Option<Vec<AlertEvent>>, Refused> {
        let now = self.now.max(now);
        let events = match input {
            SubjectInput::Adopted { .. } => Vec::new(),
            SubjectInput::Observed { source, .. } if *source != 0 && *source <= self.taken => return Ok(None),
            SubjectInput::Observed { what, .. } => self.observe(what, now),
            SubjectInput::Alert(input) => self.book.decide(&input.ask(), now)?,
        };
        let taken = matches!(input, SubjectInput::Observed { source, .. } if *source != 0);
        let recorded = !events.is_empty() || taken || matches!(input, SubjectInput::Adopted { .. });
        // What is not recorded must leave no trace in the state, or replay would differ.
        if recorded {
            self.restore(input, &events, now);
        }
        Ok(recorded.then_some(events))
    }

    /// Restores an input and its events from the journal.
    pub fn restore(&mut self, input: &SubjectInput, events: &[AlertEvent], now: Timestamp) {
        self.now = self.now.max(now);
        match input {
            SubjectInput::Adopted { unit, engine } => (self.unit, self.engine) = (Some(unit.clone()), *engine),
            SubjectInput::Observed { source, .. } => self.taken = self.taken.max(*source),
            SubjectInput::Alert(_) => {}
        }
        for event in events {
            self.book.evolve(event, self.now);
        }
    }

    fn observe(&self, what: &Observed, now: Timestamp) -> Vec<AlertEvent> {
        let input = match what {
            // Told again: it is no new onset.
            Observed::Began(condition) if self.is_present(&condition.key) => return Vec::new(),
            Observed::Began(condition) => BookInput::ConditionBegan(condition),
            Observed::Ended { key, at } => BookInput::ConditionEnded { key, at: *at },
            Observed::HandedOver => {
                let closed = self.book.open().iter().filter(|alert| !outlives_assignment(alert));
                return closed.map(hand_over).collect();
            }
        };
        // Only commands can be refused.
        self.book.decide(&input, now).unwrap_or_default()
    }
}

/// What a device's receipts say of the journal concerns the site, whoever the device belongs to.
fn outlives_assignment(alert: &Alert) -> bool {
    alert.condition.key.rule.as_str() == JOURNAL_BEHIND
}

fn hand_over(alert: &Alert) -> AlertEvent {
    AlertEvent::Closed { ordinal: alert.ordinal, cause: CloseCause::HandedOver }
}
