//! What follows from an input of a patient, without changing anything.

use super::input::PatientInput;
use super::state::{Decision, PatientState};
use super::stay::StayChange;
use super::stay_effects;
use crate::clinical::alert::Refused;
use crate::time::Timestamp;

impl PatientState {
    /// What follows; `None`: it is so already.
    pub(super) fn decide(&self, input: &PatientInput, now: Timestamp) -> Result<Option<Decision>, Refused> {
        match input {
            PatientInput::Admitted { unit, bed, profile, .. } => {
                if self.stay.is_admitted(unit, bed, profile) {
                    return Ok(None);
                }
                self.stay.may_admit().map(|()| Some(Vec::new()))
            }
            PatientInput::Stay { change, .. } => {
                if !self.stay.may(change, now)? {
                    return Ok(None);
                }
                let events = stay_effects::decide(&self.stay, &self.book, change, now)?;
                // Only what is taken over raises alerts, and those are under the terms that are in force.
                let raises = matches!(change, StayChange::TookOver { .. });
                Ok(Some(if raises { self.with_terms(events, now) } else { events }))
            }
            // Needs the readings of the past: `judge_late`.
            PatientInput::LateJudged { .. } => Ok(None),
            PatientInput::StandbyEnded(_) if self.stay.standby().is_none() => Ok(None),
            PatientInput::StandbyEnded(_) => Ok(Some(stay_effects::resume(&self.book, now))),
            PatientInput::Consumed(_) | PatientInput::RulesAdopted { .. } | PatientInput::LimitsEnded => {
                Ok(Some(Vec::new()))
            }
            PatientInput::Alert(input) => {
                let events = self.book.decide(&input.ask(), now)?;
                Ok(Some(self.with_terms(events, now)))
            }
        }
    }

    /// What the stay adds to events that the book has not taken yet.
    fn with_terms(&self, mut events: Decision, now: Timestamp) -> Decision {
        if !events.is_empty() && (self.stay.is_over() || self.stay.standby().is_some()) {
            let mut book = self.book.clone();
            for event in &events {
                book.evolve(event, now);
            }
            events.extend(stay_effects::under_terms(&self.stay, &book, &events));
        }
        events
    }
}
