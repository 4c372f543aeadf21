//! Given, when, then over one alert book.

use smol_str::SmolStr;

use crate::clinical::alert::{
    Alert, AlertBook, AlertEvent, BookInput, CloseCause, Command, Effect, Refused, Response, RoundCause, TeamAnswer,
    Term, Verb,
};
use crate::clinical::condition::{Condition, ConditionKey, ConditionKind, Found, Priority};
use crate::clinical::ids::{PersonId, RuleId};
use crate::time::Timestamp;

pub const FALLBACK: &str = "fay";

pub fn person(name: &str) -> PersonId {
    PersonId::new(name).expect("a valid name")
}

pub fn people(names: &[&str]) -> Vec<PersonId> {
    names.iter().map(|name| person(name)).collect()
}

/// A physiological condition that does not latch.
pub fn condition(rule: &str, priority: Priority) -> Condition {
    Condition {
        key: ConditionKey { rule: RuleId::new(rule).expect("a valid rule"), device: None, patient: None },
        rule_version: 1,
        kind: ConditionKind::Physiological,
        priority,
        latching: false,
        lethal: false,
        start: Timestamp(0),
        onset: Timestamp(0),
        value: Some(84.0),
        limit: Some(88.0),
        text: SmolStr::new("SpO2 84 % < 88 %"),
        evidence: Vec::new(),
        found: Found::Live,
        signal_delay_ms: 0,
        basis: None,
    }
}

pub fn latching(condition: Condition) -> Condition {
    Condition { latching: true, ..condition }
}

pub fn technical(condition: Condition) -> Condition {
    Condition { kind: ConditionKind::Technical, ..condition }
}

/// A book with a clock, and what the last input led to.
pub struct Scene {
    pub book: AlertBook,
    pub now: Timestamp,
    pub events: Vec<AlertEvent>,
    pub refused: Option<Refused>,
    accepts: u32,
    answer: Option<Term>,
}

impl Scene {
    pub fn empty() -> Self {
        Self {
            book: AlertBook::default(),
            now: Timestamp(0),
            events: Vec::new(),
            refused: None,
            accepts: 1,
            answer: None,
        }
    }

    /// An alert just raised: the care team is being asked.
    pub fn raised(condition: &Condition) -> Self {
        let mut scene = Self::empty();
        scene.sets_in(condition);
        scene
    }

    /// An alert of whose first step, of 60 s, `ana` is paged.
    pub fn waiting(condition: &Condition) -> Self {
        let mut scene = Self::raised(condition);
        scene.team_says(&["ana"], 60_000, false);
        scene
    }

    /// An alert that `ana` has acknowledged.
    pub fn acknowledged(condition: &Condition) -> Self {
        let mut scene = Self::waiting(condition);
        scene.asks("ana", Verb::Acknowledge);
        scene
    }

    fn when(&mut self, input: &BookInput<'_>) -> &mut Self {
        let before = self.book.clone();
        match self.book.decide(input, self.now) {
            Ok(events) => (self.events, self.refused) = (events, None),
            Err(refused) => (self.events, self.refused) = (Vec::new(), Some(refused)),
        }
        assert_eq!(before, self.book, "decide changes nothing");
        for event in &self.events {
            self.book.evolve(event, self.now);
        }
        self
    }

    pub fn sets_in(&mut self, condition: &Condition) -> &mut Self {
        self.when(&BookInput::ConditionBegan(condition))
    }

    pub fn ends(&mut self, condition: &Condition) -> &mut Self {
        self.when(&BookInput::ConditionEnded { key: &condition.key, at: self.now })
    }

    pub fn withdraw(&mut self) -> &mut Self {
        self.when(&BookInput::Withdraw)
    }

    /// Moves the clock without anybody looking at deadlines.
    pub fn passes_ms(&mut self, ms: i64) -> &mut Self {
        self.now = self.now.plus_ms(ms);
        self
    }

    pub fn ticks(&mut self) -> &mut Self {
        let fallback = people(&[FALLBACK]);
        self.when(&BookInput::Tick { fallback: &fallback })
    }

    /// Moves the clock to the next deadline and looks at it.
    pub fn falls_due(&mut self) -> &mut Self {
        self.now = self.book.next_deadline().expect("an open alert has a deadline").max(self.now);
        self.ticks()
    }

    /// The care team answers for the step of alert 1 that it is being asked for.
    pub fn team_says(&mut self, names: &[&str], delay_ms: u32, last: bool) -> &mut Self {
        let (round, step) = (self.alert().round, self.alert().step());
        self.team_says_of(round, step, names, delay_ms, last)
    }

    pub fn team_says_of(&mut self, round: u32, step: u32, names: &[&str], delay_ms: u32, last: bool) -> &mut Self {
        let (people, fallback) = (people(names), people(&[FALLBACK]));
        self.when(&BookInput::TeamAnswered(&TeamAnswer {
            ordinal: 1,
            round,
            step,
            people,
            delay_ms,
            accepts: self.accepts,
            answer: self.answer,
            last,
            policy_version: 7,
            fallback,
        }))
    }

    /// From here on so many must accept.
    pub fn accepts(&mut self, accepts: u32) -> &mut Self {
        self.accepts = accepts;
        self
    }

    /// From here on the care team says how long answers hold.
    pub fn answers_hold(&mut self, answer: Term) -> &mut Self {
        self.answer = Some(answer);
        self
    }

    /// A command to alert 1 by somebody who sees it as it is.
    pub fn asks(&mut self, by: &str, verb: Verb) -> &mut Self {
        let seen_version = self.book.get(1).map_or(1, |alert| alert.version);
        self.asks_having_seen(seen_version, by, verb)
    }

    pub fn asks_having_seen(&mut self, seen_version: u32, by: &str, verb: Verb) -> &mut Self {
        let reason = SmolStr::new("on my way");
        self.when(&BookInput::Command(&Command { ordinal: 1, verb, by: person(by), reason, seen_version }))
    }

    /// Alert 1, which is open.
    pub fn alert(&self) -> &Alert {
        self.book.get(1).expect("alert 1 is open")
    }

    /// The names of whom alert 1 waits for.
    pub fn waits_for(&self) -> Vec<&str> {
        match &self.alert().response {
            Response::Waiting { people, .. } => people.iter().map(PersonId::as_str).collect(),
            Response::Answered { .. } => panic!("somebody owns it"),
        }
    }

    pub fn owner(&self) -> Option<&str> {
        self.alert().owner().map(PersonId::as_str)
    }

    /// What the last input led to, in words.
    pub fn words(&self) -> Vec<&'static str> {
        self.events.iter().map(word).collect()
    }

    pub fn effects(&self) -> Vec<Effect> {
        self.events.iter().filter_map(AlertBook::effect).collect()
    }

    #[track_caller]
    pub fn then(&mut self, words: &[&str]) -> &mut Self {
        assert_eq!(self.refused, None);
        assert_eq!(self.words(), words);
        self
    }

    #[track_caller]
    pub fn refused(&mut self, refused: &Refused) -> &mut Self {
        assert_eq!(self.refused.as_ref(), Some(refused));
        assert!(self.events.is_empty());
        self
    }

    /// The condition is gone from the book: the alert is closed.
    #[track_caller]
    pub fn then_closed(&mut self, cause: CloseCause) -> &mut Self {
        assert_eq!(self.events.last(), Some(&AlertEvent::Closed { ordinal: 1, cause }));
        assert_eq!(self.effects(), [Effect::WithdrawPages { ordinal: 1 }]);
        assert!(self.book.open().is_empty());
        assert_eq!(self.book.next_deadline(), None);
        self
    }
}

pub fn word(event: &AlertEvent) -> &'static str {
    match event {
        AlertEvent::Raised { .. } => "raised",
        AlertEvent::Folded { .. } => "folded",
        AlertEvent::RoundBegan { cause, .. } => match cause {
            RoundCause::Raised => "round: raised",
            RoundCause::PriorityRose => "round: priority rose",
            RoundCause::AcknowledgementExpired => "round: expired",
            RoundCause::SetInAnew => "round: set in anew",
            RoundCause::LadderRepeats => "round: repeats",
            RoundCause::StandbyEnded => "round: standby ended",
            RoundCause::Moved => "round: moved",
            RoundCause::ReviewDue => "round: review due",
        },
        AlertEvent::StepDue { .. } => "step due",
        AlertEvent::NoOneOnCall { .. } => "no one on call",
        AlertEvent::StepEntered { fallback: true, .. } => "fallback entered",
        AlertEvent::StepEntered { .. } => "step entered",
        AlertEvent::Acknowledged { .. } => "acknowledged",
        AlertEvent::Accepted { .. } => "accepted",
        AlertEvent::Rejected { .. } => "rejected",
        AlertEvent::Escalated { .. } => "escalated",
        AlertEvent::AnswerExpired { .. } => "answer expired",
        AlertEvent::Held { .. } => "held",
        AlertEvent::Disputed { .. } => "disputed",
        AlertEvent::Listed { .. } => "listed",
        AlertEvent::FoundEarlier { .. } => "found earlier",
        AlertEvent::Revised { .. } => "revised",
        AlertEvent::Delayed { .. } => "delayed",
        AlertEvent::ConditionCleared { .. } => "cleared",
        AlertEvent::Reset { .. } => "reset",
        AlertEvent::Commented { .. } => "commented",
        AlertEvent::Closed { .. } => "closed",
        AlertEvent::Joined { .. } => "joined",
        AlertEvent::HandedOver { accepted: false, .. } => "offered",
        AlertEvent::HandedOver { accepted: true, .. } => "handed over",
        AlertEvent::Snoozed { .. } => "snoozed",
        AlertEvent::Disposed { .. } => "disposed",
    }
}
