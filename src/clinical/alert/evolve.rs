//! How an event changes an alert. Total: what does not fit the state changes nothing.

use std::mem;

use super::command::Verb;
use super::event::{AlertEvent, RoundCause};
use super::response::Response;
use super::state::{Alert, HandOver, PassedOn};
use super::terms;
use crate::clinical::condition::Condition;
use crate::clinical::ids::PersonId;
use crate::time::Timestamp;

impl Alert {
    /// Applies an event of this alert that was decided at receipt time `now`. An event of another alert, or one that
    /// follows the closing, changes nothing.
    pub fn evolve(&mut self, event: &AlertEvent, now: Timestamp) {
        if event.ordinal() != self.ordinal || self.closed.is_some() {
            return;
        }
        let before = (self.phase(), self.priority, self.owner().cloned());
        self.apply(event, now);
        if before != (self.phase(), self.priority, self.owner().cloned()) {
            self.version = self.version.saturating_add(1);
        }
    }

    /// What the version counts besides priority and owner: (waiting, silenced, closed).
    const fn phase(&self) -> (bool, bool, bool) {
        let (waiting, silenced) = match &self.response {
            Response::Waiting { .. } => (true, false),
            Response::Answered { silenced, .. } => (false, *silenced),
        };
        (waiting, silenced, self.closed.is_some())
    }

    fn apply(&mut self, event: &AlertEvent, now: Timestamp) {
        match event {
            AlertEvent::Folded { condition, .. } => self.fold(condition),
            AlertEvent::RoundBegan { round, cause, deadline, .. } => self.begin_round(*round, *cause, *deadline),
            AlertEvent::StepDue { step, deadline, .. } => self.make_due(*step, *deadline),
            AlertEvent::StepEntered { step, people, last, deadline, accepts, answer, .. } => {
                self.enter(*step, people, *last, *deadline, *accepts);
                self.answer = answer.or(self.answer);
            }
            AlertEvent::Joined { by, .. } => self.join(by),
            AlertEvent::HandedOver { by, to, accepted: false, .. } => self.offer(by, to, now),
            AlertEvent::HandedOver { accepted: true, .. } => self.hand_over = None,
            AlertEvent::Snoozed { by, until, .. } => {
                (self.snoozed_until, self.snoozed_by) = (Some(*until), Some(by.clone()));
            }
            AlertEvent::Disposed { by, verdict, .. } => self.verdict = Some((by.clone(), *verdict)),
            AlertEvent::Acknowledged { by, until, .. } => self.answer(by, *until, true),
            AlertEvent::Accepted { by, until, .. } => self.answer(by, *until, false),
            AlertEvent::Rejected { by, .. } => {
                self.hand_over = self.hand_over.take().filter(|offer| offer.to != *by);
                self.pass_on(by, Verb::Reject, now);
            }
            AlertEvent::Escalated { by, to, .. } => self.escalate(by, to.as_ref(), now),
            AlertEvent::Held { until, .. } => self.hold(*until),
            AlertEvent::Disputed { .. } => self.disputed = true,
            AlertEvent::Listed { until, .. } => {
                self.hold(*until);
                self.listed = self.held;
            }
            AlertEvent::Delayed { until, .. } => {
                self.hold(*until);
                self.delayed = self.held;
            }
            AlertEvent::FoundEarlier { condition, .. } => self.found_earlier(condition),
            AlertEvent::Revised { .. } => self.revised = true,
            AlertEvent::ConditionCleared { .. } => self.present = false,
            AlertEvent::Closed { cause, .. } => self.closed = Some(*cause),
            // Raised makes the alert; the others are on record and change nothing by themselves: the event that
            // follows them in the same decision does.
            AlertEvent::Raised { .. }
            | AlertEvent::NoOneOnCall { .. }
            | AlertEvent::AnswerExpired { .. }
            | AlertEvent::Reset { .. }
            | AlertEvent::Commented { .. } => {}
        }
    }

    /// Nobody is asked or paged before the standby ends; only an alert that waits can be held.
    fn hold(&mut self, until: Timestamp) {
        if let Response::Waiting { entered, last, people, deadline, .. } = &mut self.response {
            people.clear();
            (*entered, *last, *deadline) = (false, false, until);
            self.held = true;
        }
    }

    /// What it was at its newest onset stays.
    fn found_earlier(&mut self, condition: &Condition) {
        self.condition.latching |= condition.latching;
        self.condition.lethal |= condition.lethal;
        self.folds = self.folds.saturating_add(1);
    }

    fn fold(&mut self, condition: &Condition) {
        let latching = self.condition.latching || condition.latching;
        let lethal = self.condition.lethal || condition.lethal;
        self.condition = Condition { latching, lethal, ..condition.clone() };
        self.present = true;
        self.folds = self.folds.saturating_add(1);
    }

    /// A ladder that repeats relieves nobody: an owner who escalated past the last step stays the owner, and a priority
    /// that nobody has answered yet is kept.
    fn begin_round(&mut self, new_round: u32, cause: RoundCause, due: Timestamp) {
        self.round = new_round;
        (self.held, self.listed, self.delayed) = (false, false, false);
        if cause != RoundCause::LadderRepeats {
            self.priority = self.condition.priority;
        }
        if matches!(cause, RoundCause::PriorityRose | RoundCause::SetInAnew) {
            (self.snoozed_until, self.snoozed_by) = (None, None);
        }
        match &mut self.response {
            Response::Answered { step, last, asking, .. } if cause == RoundCause::LadderRepeats => {
                (*step, *last, *asking) = (1, false, Some(due));
            }
            response => {
                // Whoever is relieved is paged with the first step: they believe that the alert is theirs.
                let people = match response {
                    Response::Answered { by, .. } => vec![by.clone()],
                    Response::Waiting { .. } => Vec::new(),
                };
                *response = Response::waiting(people, due);
            }
        }
    }

    fn make_due(&mut self, due_step: u32, due: Timestamp) {
        (self.held, self.listed, self.delayed) = (false, false, false);
        match &mut self.response {
            Response::Waiting { step, entered, last, people, deadline, .. } => {
                people.clear();
                (*step, *entered, *last, *deadline) = (due_step, false, false, due);
            }
            Response::Answered { step, last, asking, .. } => (*step, *last, *asking) = (due_step, false, Some(due)),
        }
    }

    fn enter(&mut self, entered_step: u32, paged: &[PersonId], is_last: bool, due: Timestamp, needed: u32) {
        match &mut self.response {
            Response::Waiting { step, entered, last, people, deadline, accepts, .. } => {
                *accepts = needed.max(*accepts);
                let named = mem::replace(people, paged.to_vec());
                people.extend(named.into_iter().filter(|person| !paged.contains(person)));
                (*step, *entered, *last, *deadline) = (entered_step, true, is_last, due);
            }
            Response::Answered { step, last, asking, .. } => (*step, *last, *asking) = (entered_step, is_last, None),
        }
    }

    fn answer(&mut self, by: &PersonId, until: Timestamp, silenced: bool) {
        let (step, last) = (self.step(), self.on_last_step());
        (self.held, self.listed, self.delayed) = (false, false, false);
        self.response = Response::Answered { by: by.clone(), until, silenced, step, last, asking: None };
    }

    fn join(&mut self, by: &PersonId) {
        if let Response::Waiting { joined, .. } = &mut self.response
            && !joined.contains(by)
        {
            joined.push(by.clone());
        }
    }

    fn offer(&mut self, by: &PersonId, to: &PersonId, now: Timestamp) {
        if let Response::Waiting { people, .. } = &mut self.response
            && !people.contains(to)
        {
            people.push(to.clone());
        }
        self.hand_over = Some(HandOver { by: by.clone(), to: to.clone() });
        self.pass_on(by, Verb::HandOver { to: to.clone() }, now);
    }

    fn escalate(&mut self, by: &PersonId, to: Option<&PersonId>, now: Timestamp) {
        if let (Some(to), Response::Waiting { people, .. }) = (to, &mut self.response)
            && !people.contains(to)
        {
            people.push(to.clone());
        }
        self.pass_on(by, Verb::Escalate { to: to.cloned() }, now);
    }

    fn pass_on(&mut self, by: &PersonId, verb: Verb, now: Timestamp) {
        self.passed_on.retain(|passed| now.since_ms(passed.at) < terms::REPEAT_MS);
        self.passed_on.push(PassedOn { by: by.clone(), verb, at: now });
    }
}
