//! A patient with the bedside rules: what is consumed live, restored from the journal and replayed comes to the same.

use proptest::prelude::*;
use smallvec::smallvec;

use super::*;
use crate::clinical::alert::{AlertEvent, AlertInput, Command, TeamAnswer, Verb};
use crate::clinical::codes::Code;
use crate::clinical::condition::{Condition, ConditionKey, ConditionKind, Found, Priority};
use crate::clinical::device::ConditionChange;
use crate::clinical::ids::{DeviceId, PatientId, PersonId, RuleId, UnitId};
use crate::clinical::reading::{Lane, Observation, Reading, ReadingKey, Validity, Value};
use crate::clinical::rules::{LimitValue, RuleSet};
use crate::clinical::units::Unit;
use crate::time::Timestamp;

mod late;

const T0: Timestamp = Timestamp(1_700_000_000_000_000);

fn rules() -> RuleSet {
    RuleSet::bedside().unwrap()
}

fn device() -> DeviceId {
    DeviceId::new("d1").unwrap()
}

fn fallback() -> Vec<PersonId> {
    vec![PersonId::new("chief").unwrap()]
}

/// A patient whose records are kept, as the actor keeps them: one per decision.
#[derive(Clone, Default)]
struct Kept {
    state: PatientState,
    sequence: u64,
    items: Vec<(u64, Item, Timestamp)>,
    records: Vec<PatientRecord>,
}

impl Kept {
    fn admitted(rules: &RuleSet) -> Self {
        let mut kept = Self::default();
        kept.handle(admission(), T0);
        kept.handle(PatientInput::RulesAdopted { hash: rules.hash(), engine: 1 }, T0);
        kept
    }

    fn handle(&mut self, input: PatientInput, now: Timestamp) -> Vec<AlertEvent> {
        let Ok(Some(events)) = self.state.handle(&input, now) else { return Vec::new() };
        self.records.push(PatientRecord { now: self.state.now(), input, events: events.clone() });
        events
    }

    fn consume(&mut self, item: Item, at: Timestamp, rules: &RuleSet) -> Vec<AlertEvent> {
        self.sequence += 1;
        let events = self.state.consume(&device(), self.sequence, &item, at, rules);
        self.items.push((self.sequence, item, at));
        let run = Run { device: device(), through: self.sequence };
        let input = PatientInput::Consumed(smallvec![run]);
        self.records.push(PatientRecord { now: self.state.now(), input, events: events.clone() });
        events
    }

    fn item(&self, sequence: u64) -> &(u64, Item, Timestamp) {
        &self.items[usize::try_from(sequence).unwrap() - 1]
    }
}

fn reading(sequence: u64, at: Timestamp, spo2: Option<f64>) -> Item {
    let observations = spo2.map(|value| Observation {
        code: Code::SPO2,
        value: Value::Number(value),
        unit: Unit::Percent,
        validity: Validity::Valid,
    });
    Item::Reading(Box::new(Reading {
        key: ReadingKey { boot: 1, lane: Lane::Live, sequence },
        device_time: at,
        sent_at: at,
        observed_until: Some(at),
        period_ms: 1_000,
        signal: Validity::Valid,
        observations: observations.into_iter().collect(),
        payload: None,
        decoder: None,
    }))
}

fn admission() -> PatientInput {
    PatientInput::Admitted { unit: UnitId::new("icu").unwrap(), bed: "1".into(), profile: Profile::default(), by: None }
}

fn began(at: Timestamp) -> Condition {
    Condition {
        key: ConditionKey { rule: RuleId::new("device_silent").unwrap(), device: Some(device()), patient: None },
        rule_version: 1,
        kind: ConditionKind::Technical,
        priority: Priority::Medium,
        latching: false,
        lethal: false,
        start: at,
        onset: at,
        value: None,
        limit: None,
        text: "silent".into(),
        evidence: Vec::new(),
        found: Found::Live,
        signal_delay_ms: 0,
        basis: None,
    }
}

fn silent(began_now: bool, at: Timestamp) -> Item {
    Item::Condition(if began_now {
        ConditionChange::Began(began(at))
    } else {
        ConditionChange::Ended(RuleId::new("device_silent").unwrap(), at)
    })
}

fn at(second: i64) -> Timestamp {
    T0.plus_ms(second * 1_000)
}

#[test]
fn a_low_saturation_raises_one_alert_that_the_next_onsets_fold_into() {
    let rules = rules();
    let mut kept = Kept::admitted(&rules);
    let mut raised = Vec::new();
    for second in 1..=20 {
        let item = reading(kept.sequence + 1, at(second), Some(86.0));
        raised.extend(kept.consume(item, at(second), &rules));
    }
    let raises = raised.iter().filter(|event| matches!(event, AlertEvent::Raised { .. })).count();
    assert_eq!(raises, 1, "{raised:?}");
    assert_eq!(kept.state.book().open()[0].condition.key.rule.as_str(), "spo2_low");
}

#[test]
fn a_refused_or_idle_input_leaves_no_trace() {
    let rules = rules();
    let mut kept = Kept::admitted(&rules);
    let before = kept.state.clone();
    assert!(kept.handle(PatientInput::Alert(AlertInput::Tick { fallback: fallback() }), at(1_000)).is_empty());
    let command = Command {
        ordinal: 9,
        verb: Verb::Accept,
        by: PersonId::new("ada").unwrap(),
        reason: "".into(),
        seen_version: 0,
    };
    assert!(kept.state.handle(&PatientInput::Alert(AlertInput::Command(command)), at(2_000)).is_err());
    assert_eq!(kept.state, before, "the time of what was not recorded must not be seen by what follows");
}

#[test]
fn an_unassigned_device_leaves_no_condition_of_its_own_behind() {
    let rules = rules();
    let mut kept = Kept::admitted(&rules);
    kept.consume(Item::Assignment { assigned: true }, at(0), &rules);
    kept.consume(silent(true, at(1)), at(1), &rules);
    assert_eq!(kept.state.book().open().len(), 1);
    kept.consume(Item::Assignment { assigned: false }, at(2), &rules);
    assert!(kept.state.book().open().is_empty());
    assert_eq!(kept.state.devices().count(), 0);
}

#[test]
fn an_alert_says_whether_its_rule_may_be_lethal() {
    let rule = |lethal: &str| {
        let text = format!(
            "[[rule]]\nid = \"low\"\nversion = 1\nkind = \"physiological\"\npriority = \"high\"\n{lethal}text = \"low\"\n\
             source = \"a test\"\n[rule.limit]\ncode = \"spo2\"\nbelow = 90\n"
        );
        RuleSet::parse(&[("low.toml".into(), text)]).unwrap()
    };
    for (rules, expected) in [(rule("lethal = true\n"), true), (rule(""), false)] {
        let events = Kept::admitted(&rules).consume(reading(1, at(1), Some(80.0)), at(1), &rules);
        let raised = events.iter().find_map(|event| match event {
            AlertEvent::Raised { condition, .. } => Some(condition.lethal),
            _ => None,
        });
        assert_eq!(raised, Some(expected));
    }
}

fn limit_set(limit: f64, until: Option<Timestamp>) -> StayChange {
    StayChange::LimitSet {
        rule: RuleId::new("spo2_low").unwrap(),
        limit: LimitValue::new(limit).unwrap(),
        clears_at: None,
        reason: "chronic".into(),
        until,
    }
}

#[test]
fn a_limit_holds_until_it_ends_or_is_cleared_and_not_in_another_stay() {
    let rules = rules();
    let ada = || PersonId::new("ada").unwrap();
    let mut kept = Kept::admitted(&rules);
    kept.handle(PatientInput::Stay { by: ada(), change: limit_set(84.0, Some(at(100))) }, at(0));
    let stay = |kept: &Kept| (kept.state.stay().profile().limits.len(), kept.state.stay().limit_ends(&rules));
    assert_eq!(stay(&kept), (1, Some(at(100))));
    for second in 1..=30 {
        assert!(
            kept.consume(reading(second, at(second.cast_signed()), Some(88.0)), at(second.cast_signed()), &rules)
                .is_empty()
        );
    }
    kept.handle(PatientInput::LimitsEnded, at(100));
    assert_eq!(stay(&kept), (0, None));
    let change = limit_set(85.0, Some(at(100)));
    assert!(kept.state.handle(&PatientInput::Stay { by: ada(), change }, at(101)).is_err(), "it ends in the past");
    kept.handle(PatientInput::Stay { by: ada(), change: limit_set(85.0, None) }, at(102));
    kept.handle(
        PatientInput::Stay {
            by: ada(),
            change: StayChange::Prescribed(Profile { age: AgeClass::Adult, ..Profile::default() }),
        },
        at(103),
    );
    assert_eq!(stay(&kept).0, 1, "another profile takes no limit away");
    kept.handle(PatientInput::Stay { by: ada(), change: StayChange::Discharged }, at(104));
    kept.handle(admission(), at(105));
    assert_eq!(stay(&kept).0, 0);
}

#[derive(Clone, Debug)]
enum Step {
    Reading(Option<f64>),
    Silence(bool),
    Wait(i64),
    Tick,
    Team { people: bool },
    Answer(Verb),
    Stay(StayChange),
    Admit,
    StandbyEnds,
    LimitsEnd,
}

fn stay_change() -> impl Strategy<Value = StayChange> {
    let unit = |id| UnitId::new(id).unwrap();
    let from = PatientId::new("p9").unwrap();
    prop_oneof![
        Just(StayChange::Moved { unit: unit("icu"), bed: "2".into() }),
        Just(StayChange::Moved { unit: unit("ward"), bed: "3".into() }),
        Just(StayChange::Prescribed(Profile { age: AgeClass::Adult, ..Profile::default() })),
        (1_i64..4_000).prop_map(|seconds| StayChange::StandbyBegan { reason: "CT".into(), until: at(seconds) }),
        Just(limit_set(84.0, None)),
        Just(limit_set(95.0, Some(at(500)))),
        Just(StayChange::LimitCleared(RuleId::new("spo2_low").unwrap())),
        Just(StayChange::StandbyEnded),
        Just(StayChange::Discharged),
        Just(StayChange::Died),
        Just(StayChange::TookOver { from, conditions: vec![began(at(0))] }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => prop::option::weighted(0.9, 80.0..100.0_f64).prop_map(Step::Reading),
        1 => any::<bool>().prop_map(Step::Silence),
        2 => (1_i64..400).prop_map(Step::Wait),
        2 => Just(Step::Tick),
        2 => any::<bool>().prop_map(|people| Step::Team { people }),
        2 => prop_oneof![
            Just(Verb::Acknowledge), Just(Verb::Accept), Just(Verb::Reject), Just(Verb::Reset), Just(Verb::Comment)
        ].prop_map(Step::Answer),
        1 => stay_change().prop_map(Step::Stay),
        1 => Just(Step::Admit),
        1 => Just(Step::StandbyEnds),
        1 => Just(Step::LimitsEnd),
    ]
}

fn play(steps: &[Step], rules: &RuleSet) -> Kept {
    let mut kept = Kept::admitted(rules);
    let mut second = 0;
    for step in steps {
        second += 1;
        let now = at(second);
        let newest = kept.state.book().open().last().cloned();
        match step {
            Step::Reading(value) => drop(kept.consume(reading(kept.sequence + 1, now, *value), now, rules)),
            Step::Silence(began) => drop(kept.consume(silent(*began, now), now, rules)),
            Step::Wait(seconds) => second += seconds,
            Step::Tick => drop(kept.handle(PatientInput::Alert(AlertInput::Tick { fallback: fallback() }), now)),
            Step::Team { people } => {
                let Some(alert) = newest else { continue };
                let input = PatientInput::Alert(AlertInput::TeamAnswered(TeamAnswer {
                    ordinal: alert.ordinal,
                    round: alert.round,
                    step: 1,
                    people: if *people { vec![PersonId::new("ada").unwrap()] } else { Vec::new() },
                    delay_ms: 60_000,
                    accepts: 1,
                    answer: None,
                    last: true,
                    policy_version: 1,
                    fallback: fallback(),
                }));
                kept.handle(input, now);
            }
            Step::Stay(change) => {
                kept.handle(PatientInput::Stay { by: PersonId::new("ada").unwrap(), change: change.clone() }, now);
            }
            Step::Admit => drop(kept.handle(admission(), now)),
            Step::LimitsEnd => drop(kept.handle(PatientInput::LimitsEnded, now)),
            Step::StandbyEnds => drop(kept.handle(PatientInput::StandbyEnded(StandbyEnd::SignalsReturned), now)),
            Step::Answer(verb) => {
                let Some(alert) = newest else { continue };
                let command = Command {
                    ordinal: alert.ordinal,
                    verb: verb.clone(),
                    by: PersonId::new("ada").unwrap(),
                    reason: "because".into(),
                    seen_version: alert.version,
                };
                kept.handle(PatientInput::Alert(AlertInput::Command(command)), now);
            }
        }
    }
    kept
}

proptest! {
    /// The journaled records, restored from any snapshot on, give the live state; replayed, they give the same events.
    #[test]
    fn restoring_and_replaying_give_what_was_lived(steps in prop::collection::vec(step(), 1..120), cut in any::<prop::sample::Index>()) {
        let rules = rules();
        let kept = play(&steps, &rules);
        let cut = cut.index(kept.records.len());
        let mut restored = PatientState::default();
        let mut replayed = PatientState::default();
        for (index, record) in kept.records.iter().enumerate() {
            if index == cut {
                let snapshot = postcard::to_stdvec(&restored).unwrap();
                restored = postcard::from_bytes(&snapshot).unwrap();
            }
            let mut events = None;
            if let PatientInput::Consumed(runs) = &record.input {
                let (sequence, item, received_at) = kept.item(runs[0].through);
                restored.restore_item(&device(), *sequence, item, *received_at, &rules);
                events = Some(replayed.consume(&device(), *sequence, item, *received_at, &rules));
            }
            restored.restore(&record.input, &record.events, record.now);
            let events = events.unwrap_or_else(|| replayed.handle(&record.input, record.now).unwrap().unwrap());
            prop_assert_eq!(&events, &record.events, "record {}", index);
        }
        prop_assert_eq!(&restored, &kept.state);
        prop_assert_eq!(&replayed, &kept.state);
    }
}
