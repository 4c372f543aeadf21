//! What holds after any sequence of inputs.

use proptest::prelude::*;
use smol_str::SmolStr;

use super::scene::{condition, latching, people, person, technical};
use crate::clinical::alert::{
    Alert, AlertBook, AlertEvent, BookInput, CloseCause, Command, Response, RoundCause, TeamAnswer, Term, Verb, Verdict,
};
use crate::clinical::condition::{Condition, Priority};
use crate::time::Timestamp;

/// An input with what it needs to be applied to any book.
#[derive(Clone, Debug)]
enum Step {
    Began(Condition),
    Ended(Condition),
    Passes { ms: i64 },
    FallsDue,
    Team { pick: usize, stale: u32, people: Vec<&'static str>, delay_ms: u32, last: bool },
    Command { pick: usize, verb: Verb, by: &'static str, stale: u32 },
    Withdraw,
}

const NAMES: [&str; 3] = ["ana", "bo", "cy"];

fn any_condition() -> impl Strategy<Value = Condition> {
    let priority = prop_oneof![Just(Priority::Low), Just(Priority::Medium), Just(Priority::High)];
    (prop::sample::select(vec!["asystole", "news2", "silence"]), priority, any::<bool>()).prop_map(
        |(rule, priority, latches)| {
            let one = condition(rule, priority);
            let one = if rule == "silence" { technical(one) } else { one };
            if latches && rule != "news2" { latching(one) } else { one }
        },
    )
}

fn any_verb() -> impl Strategy<Value = Verb> {
    prop_oneof![
        Just(Verb::Acknowledge),
        Just(Verb::Accept),
        Just(Verb::Reject),
        Just(Verb::Escalate { to: None }),
        prop::sample::select(NAMES.to_vec()).prop_map(|name| Verb::Escalate { to: Some(person(name)) }),
        Just(Verb::Reset),
        Just(Verb::Comment),
        prop::sample::select(NAMES.to_vec()).prop_map(|name| Verb::HandOver { to: person(name) }),
        (0..4_000_000_u32).prop_map(|ms| Verb::Snooze { ms }),
        Just(Verb::Dispose { verdict: Verdict::False }),
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    let stale = prop_oneof![4 => Just(0_u32), 1 => 1..3_u32];
    let team = prop::sample::subsequence(NAMES.to_vec(), 0..=2);
    prop_oneof![
        4 => any_condition().prop_map(Step::Began),
        3 => any_condition().prop_map(Step::Ended),
        3 => (0..100_000_i64).prop_map(|ms| Step::Passes { ms }),
        5 => Just(Step::FallsDue),
        6 => (any::<usize>(), stale.clone(), team, prop_oneof![Just(0_u32), 0..120_000_u32], any::<bool>()).prop_map(
            |(pick, stale, people, delay_ms, last)| Step::Team { pick, stale, people, delay_ms, last }
        ),
        6 => (any::<usize>(), any_verb(), prop::sample::select(NAMES.to_vec()), stale)
            .prop_map(|(pick, verb, by, stale)| Step::Command { pick, verb, by, stale }),
        1 => Just(Step::Withdraw),
    ]
}

/// A book, its journal, and a clock.
#[derive(Default)]
struct Run {
    book: AlertBook,
    journal: Vec<(AlertEvent, Timestamp)>,
    now: Timestamp,
}

impl Run {
    fn apply(&mut self, step: &Step) -> Vec<AlertEvent> {
        let fallback = people(&["fay"]);
        let picked = |pick: usize| self.book.open().get(pick % self.book.open().len().max(1)).cloned();
        let events = match step {
            Step::Began(condition) => self.decide(&BookInput::ConditionBegan(condition)),
            Step::Ended(condition) => self.decide(&BookInput::ConditionEnded { key: &condition.key, at: self.now }),
            Step::Passes { ms } => {
                self.now = self.now.plus_ms(*ms);
                self.decide(&BookInput::Tick { fallback: &fallback })
            }
            Step::FallsDue => {
                self.now = self.book.next_deadline().map_or(self.now, |deadline| deadline.max(self.now));
                self.decide(&BookInput::Tick { fallback: &fallback })
            }
            Step::Team { pick, stale, people: names, delay_ms, last } => {
                let Some(alert) = picked(*pick) else { return Vec::new() };
                self.decide(&BookInput::TeamAnswered(&TeamAnswer {
                    ordinal: alert.ordinal,
                    round: alert.round,
                    step: alert.step() + stale,
                    people: people(names),
                    delay_ms: *delay_ms,
                    accepts: 1 + delay_ms % 3,
                    answer: (delay_ms % 2 == 0).then_some(Term::Ms(*delay_ms)),
                    last: *last,
                    policy_version: 1,
                    fallback,
                }))
            }
            Step::Command { pick, verb, by, stale } => {
                let Some(alert) = picked(*pick) else { return Vec::new() };
                self.decide(&BookInput::Command(&Command {
                    ordinal: alert.ordinal,
                    verb: verb.clone(),
                    by: person(by),
                    reason: SmolStr::new("because"),
                    seen_version: alert.version.saturating_sub(*stale),
                }))
            }
            Step::Withdraw => self.decide(&BookInput::Withdraw),
        };
        for event in &events {
            self.book.evolve(event, self.now);
            self.journal.push((event.clone(), self.now));
        }
        events
    }

    fn decide(&self, input: &BookInput<'_>) -> Vec<AlertEvent> {
        self.book.decide(input, self.now).unwrap_or_default()
    }
}

fn closing_is_explained(before: &AlertBook, step: &Step, events: &[AlertEvent]) -> bool {
    events.iter().all(|event| {
        let AlertEvent::Closed { ordinal, cause } = event else { return true };
        let Some(alert) = before.get(*ordinal) else { return false };
        let answered = matches!(alert.response, Response::Answered { .. });
        match (cause, step) {
            (CloseCause::Withdrawn, Step::Withdraw) => true,
            (CloseCause::Reset, Step::Command { verb: Verb::Reset, .. }) => alert.latched(),
            (CloseCause::Ended, Step::Ended(one)) => {
                answered && !alert.condition.latching && one.key == alert.condition.key
            }
            (CloseCause::EndedUnanswered, Step::Ended(one)) => {
                !answered && !alert.condition.latching && one.key == alert.condition.key
            }
            _ => false,
        }
    })
}

fn owners(book: &AlertBook) -> Vec<(u32, Option<crate::clinical::ids::PersonId>)> {
    book.open().iter().map(|alert| (alert.ordinal, alert.owner().cloned())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn invariants_hold_after_any_input(steps in prop::collection::vec(any_step(), 1..80)) {
        let mut run = Run::default();
        for step in &steps {
            let before = run.book.clone();
            let events = run.apply(step);

            // Every open alert has a deadline (I4), whatever happened.
            prop_assert_eq!(run.book.next_deadline().is_some(), !run.book.open().is_empty());
            // One open alert per condition, by ordinal.
            for pair in run.book.open().windows(2) {
                prop_assert!(pair[0].ordinal < pair[1].ordinal);
            }
            let mut keys: Vec<_> = run.book.open().iter().map(|alert| &alert.condition.key).collect();
            keys.sort();
            keys.dedup();
            prop_assert_eq!(keys.len(), run.book.open().len());
            // Nothing but the listed causes closes an alert.
            prop_assert!(closing_is_explained(&before, step, &events), "{:?} -> {:?}", step, events);
            // An alert loses its owner only on record: by a round, an answer of somebody else, or its end.
            for (ordinal, owner) in owners(&before) {
                let still = run.book.get(ordinal).and_then(Alert::owner) == owner.as_ref();
                let on_record = events.iter().any(|event| event.ordinal() == ordinal && matches!(event,
                    AlertEvent::RoundBegan { .. } | AlertEvent::Acknowledged { .. } | AlertEvent::Accepted { .. }
                    | AlertEvent::Closed { .. }));
                prop_assert!(owner.is_none() || still || on_record);
            }
        }
    }

    #[test]
    fn tick_at_the_next_deadline_has_events_and_leads_to_later_deadlines(
        steps in prop::collection::vec(any_step(), 1..60),
        late_ms in 0..100_000_i64,
    ) {
        let mut run = Run::default();
        for step in &steps {
            run.apply(step);
        }
        for _ in 0..20 {
            let Some(deadline) = run.book.next_deadline() else { break };
            run.now = deadline.max(run.now).plus_ms(late_ms);
            let events = run.apply(&Step::Passes { ms: 0 });
            prop_assert!(!events.is_empty());
            prop_assert!(run.book.next_deadline().is_none_or(|next| next > run.now));
        }
    }

    #[test]
    fn state_is_a_fold_of_the_events(steps in prop::collection::vec(any_step(), 1..80)) {
        let mut run = Run::default();
        for step in &steps {
            run.apply(step);
        }
        let mut folded = AlertBook::default();
        for (event, at) in &run.journal {
            let bytes = postcard::to_stdvec(&(event, at)).expect("an event can be stored");
            let (event, at): (AlertEvent, Timestamp) = postcard::from_bytes(&bytes).expect("and read");
            folded.evolve(&event, at);
        }
        prop_assert_eq!(&folded, &run.book);
        let bytes = postcard::to_stdvec(&run.book).expect("a book can be stored");
        prop_assert_eq!(postcard::from_bytes::<AlertBook>(&bytes).expect("and read"), run.book);
    }

    #[test]
    fn ordinals_and_rounds_ascend_without_a_gap(steps in prop::collection::vec(any_step(), 1..80)) {
        let mut run = Run::default();
        for step in &steps {
            run.apply(step);
        }
        let raised: Vec<u32> = run.journal.iter().filter_map(|(event, _)| match event {
            AlertEvent::Raised { ordinal, .. } => Some(*ordinal),
            _ => None,
        }).collect();
        prop_assert_eq!(&raised, &(1..=run.book.last_ordinal()).collect::<Vec<_>>());
        for ordinal in raised {
            let rounds: Vec<u32> = run.journal.iter().filter_map(|(event, _)| match event {
                AlertEvent::RoundBegan { round, cause, .. } if event.ordinal() == ordinal => {
                    assert_ne!(*cause, RoundCause::Raised);
                    Some(*round)
                }
                _ => None,
            }).collect();
            prop_assert_eq!(&rounds, &(2..2 + u32::try_from(rounds.len()).unwrap_or(0)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn each_step_of_a_round_is_entered_at_most_once(steps in prop::collection::vec(any_step(), 1..80)) {
        let mut run = Run::default();
        for step in &steps {
            run.apply(step);
        }
        let entered: Vec<(u32, u32, u32)> = run.journal.iter().filter_map(|(event, _)| match event {
            AlertEvent::StepEntered { ordinal, round, step, .. } => Some((*ordinal, *round, *step)),
            _ => None,
        }).collect();
        let mut unique = entered.clone();
        unique.sort_unstable();
        unique.dedup();
        prop_assert_eq!(unique.len(), entered.len());
    }

    #[test]
    fn event_of_an_unknown_alert_changes_nothing(ordinal in 2..9_u32, steps in prop::collection::vec(any_step(), 1..20)) {
        let mut run = Run::default();
        for step in &steps {
            run.apply(step);
        }
        let before = run.book.clone();
        let unknown = run.book.last_ordinal() + ordinal;
        run.book.evolve(&AlertEvent::ConditionCleared { ordinal: unknown, at: run.now }, run.now);
        run.book.evolve(&AlertEvent::Closed { ordinal: unknown, cause: CloseCause::Ended }, run.now);
        prop_assert_eq!(before, run.book);
    }
}
