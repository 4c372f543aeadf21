//! A subject's alert book: the same ladder and answers as for patients, from what others observe.

use proptest::prelude::*;

use super::*;
use crate::clinical::alert::{AlertEvent, AlertInput, CloseCause, Command, TeamAnswer, Verb};
use crate::clinical::condition::{Condition, ConditionKey, ConditionKind, Found, Priority};
use crate::clinical::device::JOURNAL_BEHIND;
use crate::clinical::ids::{DeviceId, PatientId, PersonId, RuleId, Subject, UnitId};
use crate::time::Timestamp;

const T0: Timestamp = Timestamp(1_700_000_000_000_000);

fn at(second: i64) -> Timestamp {
    T0.plus_ms(second * 1_000)
}

fn person() -> PersonId {
    PersonId::new("tina").unwrap()
}

fn condition(rule: &str, latching: bool) -> Condition {
    Condition {
        key: ConditionKey {
            rule: RuleId::new(rule).unwrap(),
            device: Some(DeviceId::new("pump-3").unwrap()),
            patient: None,
        },
        rule_version: 1,
        kind: ConditionKind::Technical,
        priority: Priority::Medium,
        latching,
        lethal: false,
        start: T0,
        onset: T0,
        value: None,
        limit: None,
        text: "a test".into(),
        evidence: Vec::new(),
        found: Found::Live,
        signal_delay_ms: 0,
        basis: None,
    }
}

/// A book with all that was recorded of it.
#[derive(Default)]
struct Kept {
    book: SubjectBook,
    records: Vec<SubjectRecord>,
}

impl Kept {
    fn handle(&mut self, input: SubjectInput, now: Timestamp) -> Vec<AlertEvent> {
        let Ok(Some(events)) = self.book.handle(&input, now) else { return Vec::new() };
        self.records.push(SubjectRecord { now: self.book.now(), input, events: events.clone() });
        events
    }

    fn observe(&mut self, what: Observed, source: u64, now: Timestamp) -> Vec<AlertEvent> {
        self.handle(SubjectInput::Observed { what, source }, now)
    }
}

#[test]
fn what_is_told_again_is_one_onset() {
    let mut kept = Kept::default();
    let began = Observed::Began(condition("device_clock", false));
    assert_eq!(kept.observe(began.clone(), 3, at(0)).len(), 1);
    assert!(kept.observe(began.clone(), 3, at(1)).is_empty(), "the same change");
    assert!(kept.observe(began, 7, at(2)).is_empty(), "present already");
    assert_eq!(kept.book.taken(), 7);
    assert_eq!(kept.book.book().open()[0].folds, 0);
}

#[test]
fn an_assignment_closes_the_alerts_of_the_device_but_not_what_it_says_of_the_journal() {
    let mut kept = Kept::default();
    kept.observe(Observed::Began(condition("device_clock", false)), 1, at(0));
    kept.observe(Observed::Began(condition(JOURNAL_BEHIND, true)), 2, at(1));
    let closed = kept.observe(Observed::HandedOver, 3, at(2));
    assert_eq!(closed, [AlertEvent::Closed { ordinal: 1, cause: CloseCause::HandedOver }]);
    assert_eq!(kept.book.book().open().len(), 1);
    assert!(kept.book.book().next_deadline().is_some(), "its ladder goes on");
}

#[test]
fn each_unwatched_patient_and_device_has_an_alert_of_its_own() {
    let mut kept = Kept::default();
    let (patient, device) = (PatientId::new("x-1").unwrap(), DeviceId::new("x-1").unwrap());
    for who in [Subject::Patient(patient), Subject::Device(device)] {
        kept.observe(Observed::Began(unwatched(&who, at(0))), 0, at(0));
    }
    let open = kept.book.book().open();
    assert_eq!(open.len(), 2);
    assert!(open.iter().all(|alert| alert.priority == Priority::High && alert.condition.text.contains("x-1")));
}

#[test]
fn downtime_is_signalled_until_somebody_has_taken_note() {
    let mut kept = Kept::default();
    let down = platform_was_down(at(0), at(90));
    let key = down.key.clone();
    assert!(down.text.contains("90 s"), "{}", down.text);
    kept.observe(Observed::Began(down), 0, at(90));
    kept.observe(Observed::Ended { key, at: at(90) }, 0, at(90));
    let alert = &kept.book.book().open()[0];
    assert!(alert.latched());
    let (ordinal, seen_version) = (alert.ordinal, alert.version);
    let reset = Command { ordinal, verb: Verb::Reset, by: person(), reason: "".into(), seen_version };
    kept.handle(SubjectInput::Alert(AlertInput::Command(reset)), at(100));
    assert!(kept.book.book().open().is_empty());
}

#[derive(Clone, Debug)]
enum Step {
    Adopt(bool),
    Began { rule: u8, latching: bool },
    Ended { rule: u8 },
    HandedOver,
    Wait(i64),
    Tick,
    Team(bool),
    Answer(Verb),
    Withdraw,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => any::<bool>().prop_map(Step::Adopt),
        4 => (0..3_u8, any::<bool>()).prop_map(|(rule, latching)| Step::Began { rule, latching }),
        3 => (0..3_u8).prop_map(|rule| Step::Ended { rule }),
        1 => Just(Step::HandedOver),
        2 => (1_i64..2_000).prop_map(Step::Wait),
        4 => Just(Step::Tick),
        3 => any::<bool>().prop_map(Step::Team),
        3 => prop_oneof![
            Just(Verb::Acknowledge), Just(Verb::Accept), Just(Verb::Reject), Just(Verb::Reset),
            Just(Verb::Escalate { to: None }), Just(Verb::Comment)
        ].prop_map(Step::Answer),
        1 => Just(Step::Withdraw),
    ]
}

fn input(kept: &Kept, step: &Step, second: &mut i64) -> Option<SubjectInput> {
    let source = kept.book.taken() + 2;
    let rule = |rule: u8| condition(["device_clock", "device_silent", JOURNAL_BEHIND][usize::from(rule)], false);
    let newest = kept.book.book().open().last();
    let fallback = vec![PersonId::new("chief").unwrap()];
    Some(match step {
        Step::Adopt(engine) => SubjectInput::Adopted { unit: UnitId::new("icu").unwrap(), engine: u32::from(*engine) },
        Step::Began { rule: at, latching } => {
            let what = Observed::Began(Condition { latching: *latching, ..rule(*at) });
            SubjectInput::Observed { what, source }
        }
        Step::Ended { rule: of } => {
            SubjectInput::Observed { what: Observed::Ended { key: rule(*of).key, at: at(*second) }, source }
        }
        Step::HandedOver => SubjectInput::Observed { what: Observed::HandedOver, source },
        Step::Wait(seconds) => {
            *second += seconds;
            return None;
        }
        Step::Tick => SubjectInput::Alert(AlertInput::Tick { fallback }),
        Step::Team(somebody) => {
            let alert = newest?;
            SubjectInput::Alert(AlertInput::TeamAnswered(TeamAnswer {
                ordinal: alert.ordinal,
                round: alert.round,
                step: alert.step(),
                people: if *somebody { vec![person()] } else { Vec::new() },
                delay_ms: 60_000,
                accepts: 1,
                answer: None,
                last: true,
                policy_version: 1,
                fallback,
            }))
        }
        Step::Answer(verb) => {
            let alert = newest?;
            let (verb, by, reason) = (verb.clone(), person(), "because".into());
            let command = Command { ordinal: alert.ordinal, verb, by, reason, seen_version: alert.version };
            SubjectInput::Alert(AlertInput::Command(command))
        }
        Step::Withdraw => SubjectInput::Alert(AlertInput::Withdrawn),
    })
}

proptest! {
    /// The journaled records, restored from any snapshot on, give the live state; replayed, they give the same events.
    /// Meanwhile every open alert has an owner or a next deadline (I4), and ordinals ascend without a gap.
    #[test]
    fn a_subjects_book_is_restored_and_replayed_as_it_was_lived(
        steps in prop::collection::vec(step(), 1..100), cut in any::<prop::sample::Index>()
    ) {
        let mut kept = Kept::default();
        let mut second = 0;
        for step in &steps {
            second += 1;
            let Some(input) = input(&kept, step, &mut second) else { continue };
            let before = kept.book.book().last_ordinal();
            let events = kept.handle(input, at(second));
            let raised = events.iter().filter(|event| matches!(event, AlertEvent::Raised { .. })).count();
            prop_assert_eq!(kept.book.book().last_ordinal() as usize, before as usize + raised);
            for alert in kept.book.book().open() {
                prop_assert!(alert.owner().is_some() || alert.deadline() > T0);
            }
        }
        prop_assume!(!kept.records.is_empty());
        let cut = cut.index(kept.records.len());
        let (mut restored, mut replayed) = (SubjectBook::default(), SubjectBook::default());
        for (index, record) in kept.records.iter().enumerate() {
            if index == cut {
                restored = postcard::from_bytes(&postcard::to_stdvec(&restored).unwrap()).unwrap();
            }
            restored.restore(&record.input, &record.events, record.now);
            let events = replayed.handle(&record.input, record.now).unwrap().unwrap();
            prop_assert_eq!(&events, &record.events, "record {}", index);
        }
        prop_assert_eq!(&restored, &kept.book);
        prop_assert_eq!(&replayed, &kept.book);
    }
}
