//! Given what a device sent, when something arrives, then this follows.

use proptest::prelude::*;
use smallvec::smallvec;

use super::lane::FINGERPRINTS_KEPT;
use super::*;
use crate::clinical::codes::Code;
use crate::clinical::decoder::DecoderSet;
use crate::clinical::ids::{DeviceId, PatientId, PersonId, UnitId};
use crate::clinical::judge::Rejection;
use crate::clinical::reading::{Lane, Observation, Reading, ReadingKey, Validity, Value};
use crate::clinical::rules::RuleSet;
use crate::clinical::units::Unit;
use crate::time::Timestamp;

mod decoding;
mod judged;
mod own;

const T0: Timestamp = Timestamp(1_700_000_000_000_000);

/// A device as its actor holds it: decides, then evolves, numbering its stream.
struct Held {
    id: DeviceId,
    state: DeviceState,
    decoders: DecoderSet,
    rules: RuleSet,
    sequence: u64,
    events: Vec<DeviceEvent>,
}

impl Held {
    fn registered() -> Self {
        let mut held = Self {
            id: DeviceId::new("d1").unwrap(),
            state: DeviceState::default(),
            decoders: DecoderSet::default(),
            rules: RuleSet::parse(&[]).unwrap(),
            sequence: 0,
            events: Vec::new(),
        };
        let unit = UnitId::new("icu").unwrap();
        let registration = Registration { model: "m".into(), firmware: "1".into(), unit, gateway: None };
        held.apply(DeviceEvent::Registered(registration), T0);
        held
    }

    fn assigned() -> Self {
        let mut held = Self::registered();
        let event = held.state.assign(&patient("p1"), None, None, T0).unwrap().unwrap();
        held.apply(event, T0);
        held
    }

    fn apply(&mut self, event: impl Into<DeviceEvent>, now: Timestamp) {
        let event = event.into();
        self.sequence += 1;
        self.state.evolve(&event, self.sequence, now);
        self.events.push(event);
    }

    fn receive(&mut self, reading: Reading, now: Timestamp) -> Arrival {
        let received = Received::new(reading, &self.state, &self.decoders);
        let arrival = self.state.receive(&self.id, received, now);
        match &arrival {
            Arrival::New(events) => self.store(events, now),
            Arrival::Conflict(event) => self.apply((**event).clone(), now),
            Arrival::Duplicate | Arrival::Gap { .. } => {}
        }
        arrival
    }
}

impl Held {
    /// Stores what arrived, and what the device's own rules find in it, as its actor does.
    fn store(&mut self, events: &[DeviceEvent], now: Timestamp) {
        for event in events {
            if let DeviceEvent::Reading(stored) = event
                && let Some(adopted) = self.state.adopt_rules(&stored.reading, &self.rules, 1)
            {
                self.apply(adopted, now);
            }
            self.apply(event.clone(), now);
            if let DeviceEvent::Reading(stored) = event {
                for found in self.state.judge(&self.id, stored, self.sequence, &self.rules) {
                    self.apply(found, now);
                }
            }
        }
    }

    /// Time came to look; what follows is applied.
    fn tick(&mut self, now: Timestamp) -> Vec<DeviceEvent> {
        let events = self.state.tick(&self.id, UNCLAIMED_MS, (&self.rules, 1), now).to_vec();
        for event in &events {
            self.apply(event.clone(), now);
        }
        events
    }
}

fn patient(id: &str) -> PatientId {
    PatientId::new(id).unwrap()
}

fn reading(sequence: u64, value: f64) -> Reading {
    let at = T0.plus_ms(i64::try_from(sequence).unwrap() * 1_000);
    Reading {
        key: ReadingKey { boot: 7, lane: Lane::Live, sequence },
        device_time: at,
        sent_at: at,
        observed_until: Some(at),
        period_ms: 1_000,
        signal: Validity::Valid,
        observations: smallvec![Observation {
            code: Code(150_456),
            value: Value::Number(value),
            unit: Unit::None,
            validity: Validity::Valid,
        }],
        payload: None,
        decoder: None,
    }
}

fn at(sequence: u64) -> Timestamp {
    T0.plus_ms(i64::try_from(sequence).unwrap() * 1_000)
}

#[test]
fn contiguous_readings_are_new_and_chained_to_their_patient() {
    let mut held = Held::assigned();
    for sequence in 1..=3 {
        assert!(matches!(held.receive(reading(sequence, 97.0), at(sequence)), Arrival::New(_)));
    }
    let previous: Vec<u64> = held.events.iter().filter_map(|e| e.hand_over().map(|link| link.previous)).collect();
    assert_eq!(previous, [0, 2, 3, 4], "the assignment, then each reading names the item before it");
    assert_eq!(held.state.through(7, Lane::Live), 3);
}

#[test]
fn a_repeat_is_a_duplicate_and_other_content_is_a_conflict() {
    let mut held = Held::assigned();
    held.receive(reading(1, 97.0), at(1));
    let mut repeat = reading(1, 97.0);
    repeat.sent_at = at(60);
    assert_eq!(held.receive(repeat, at(60)), Arrival::Duplicate, "it is sent later, and the same all the same");
    assert!(matches!(held.receive(reading(1, 80.0), at(61)), Arrival::Conflict(_)));
    assert_eq!(held.state.through(7, Lane::Live), 1);
}

#[test]
fn a_gap_names_where_to_resume_and_is_said_once() {
    let mut held = Held::assigned();
    held.receive(reading(1, 97.0), at(1));
    let resume_from = ReadingKey { boot: 7, lane: Lane::Live, sequence: 2 };
    assert_eq!(held.receive(reading(3, 97.0), at(3)), Arrival::Gap { resume_from, say: true });
    held.state.note_told(7, Lane::Live);
    assert_eq!(held.receive(reading(4, 97.0), at(4)), Arrival::Gap { resume_from, say: false });
    held.receive(reading(2, 97.0), at(5));
    let resume_from = ReadingKey { sequence: 3, ..resume_from };
    assert_eq!(held.receive(reading(5, 97.0), at(6)), Arrival::Gap { resume_from, say: true });
}

#[test]
fn a_declared_gap_is_passed_over_from_where_the_lane_stands() {
    let mut held = Held::assigned();
    held.receive(reading(1, 97.0), at(1));
    let from = ReadingKey { boot: 7, lane: Lane::Live, sequence: 1 };
    let Arrival::New(events) = held.state.declare_gap(from, 4) else { panic!("it is new") };
    assert_eq!(events[0], DeviceEvent::GapDeclared { from: ReadingKey { sequence: 2, ..from }, through: 4 });
    held.apply(events[0].clone(), at(2));
    assert!(matches!(held.receive(reading(5, 97.0), at(5)), Arrival::New(_)));
    assert_eq!(held.state.declare_gap(from, 4), Arrival::Duplicate);
}

#[test]
fn lanes_and_boots_count_apart() {
    let mut held = Held::assigned();
    held.receive(reading(1, 97.0), at(1));
    let mut other_boot = reading(1, 96.0);
    other_boot.key.boot = 8;
    let mut backlog = reading(1, 95.0);
    backlog.key.lane = Lane::Backlog;
    assert!(matches!(held.receive(other_boot, at(2)), Arrival::New(_)));
    assert!(matches!(held.receive(backlog, at(3)), Arrival::New(_)));
}

#[test]
fn a_clock_that_is_off_is_reported_once_and_its_readings_are_judged_by_receipt_time() {
    let mut held = Held::assigned();
    for (sequence, sent_at) in [(1, Timestamp(0)), (2, Timestamp(1_000_000)), (3, Timestamp::MAX), (4, Timestamp::MIN)]
    {
        let mut skewed = reading(sequence, 97.0);
        (skewed.sent_at, skewed.device_time) = (sent_at, sent_at);
        held.receive(skewed, at(sequence));
    }
    let began = held.events.iter().filter(|event| {
        matches!(event, DeviceEvent::Condition { change: ConditionChange::Began(began), .. }
            if began.key.rule.as_str() == DEVICE_CLOCK)
    });
    assert_eq!(began.count(), 1);
    let judged: Vec<Timestamp> = held
        .events
        .iter()
        .filter_map(|event| match event {
            DeviceEvent::Reading(stored) => Some(stored.clone().into_judged().device_time),
            _ => None,
        })
        .collect();
    assert_eq!(judged[..2], [at(1), at(2)]);
    held.receive(reading(5, 97.0), at(5));
    assert!(matches!(
        held.events.last(),
        Some(DeviceEvent::Condition { change: ConditionChange::Ended(rule, _), .. }) if rule.as_str() == DEVICE_CLOCK
    ));
}

#[test]
fn silence_is_due_within_10_s_of_a_streaming_device_and_ends_with_the_next_sign_of_life() {
    let mut held = Held::assigned();
    held.receive(reading(1, 97.0), at(1));
    let due = held.state.silence_due().unwrap();
    assert_eq!(due, at(10));
    assert!(held.tick(due.plus_us(-1)).is_empty());
    assert_eq!(held.tick(due).len(), 1);
    assert_eq!(held.state.silence_due(), None, "it is said once");
    let ended = held.state.keepalive(at(12)).unwrap();
    assert!(matches!(&ended, DeviceEvent::Condition { change: ConditionChange::Ended(..), .. }));
    held.apply(ended, at(12));
    assert_eq!(held.state.silence_due(), Some(at(21)));
}

#[test]
fn a_slow_device_has_two_and_a_half_periods() {
    let mut held = Held::assigned();
    let mut slow = reading(1, 97.0);
    slow.period_ms = 60_000;
    held.receive(slow, at(1));
    assert_eq!(held.state.silence_due(), Some(at(151)));
}

#[test]
fn nobody_waits_for_a_device_that_belongs_to_nobody() {
    let mut held = Held::registered();
    held.receive(reading(1, 97.0), at(1));
    assert_eq!(held.state.silence_due(), None);
    let DeviceEvent::Reading(stored) = &held.events[1] else { panic!("the reading is stored") };
    assert_eq!(stored.hand_over, None);
}

#[test]
fn what_was_observed_before_the_assignment_belongs_to_nobody() {
    let mut held = Held::registered();
    let event = held.state.assign(&patient("p1"), Some(at(2)), None, at(0)).unwrap().unwrap();
    held.apply(event, at(0));
    held.receive(reading(1, 97.0), at(1));
    held.receive(reading(2, 97.0), at(2));
    let owners: Vec<bool> = held
        .events
        .iter()
        .filter_map(|event| match event {
            DeviceEvent::Reading(stored) => Some(stored.hand_over.is_some()),
            _ => None,
        })
        .collect();
    assert_eq!(owners, [false, true]);
}

/// The patients to whom the readings were handed, in the order of arrival.
fn owners(held: &Held) -> Vec<Option<String>> {
    let owner = |event: &DeviceEvent| match event {
        DeviceEvent::Reading(stored) => Some(stored.hand_over.as_ref().map(|link| link.patient.to_string())),
        _ => None,
    };
    held.events.iter().filter_map(owner).collect()
}

#[test]
fn what_was_observed_before_a_change_belongs_to_the_former_patient_also_when_it_comes_later() {
    let mut held = Held::assigned();
    let event = held.state.unassign(Some(at(10)), at(12)).unwrap();
    held.apply(event, at(12));
    let event = held.state.assign(&patient("p2"), None, None, at(12)).unwrap().unwrap();
    held.apply(event, at(12));
    for (sequence, second) in [(1, 11), (2, 9), (3, 12), (4, 3)] {
        held.receive(Reading { device_time: at(second), ..reading(sequence, 97.0) }, at(13));
    }
    let [p1, p2] = ["p1", "p2"].map(|id| Some(id.to_owned()));
    assert_eq!(owners(&held), [p2.clone(), p1.clone(), p2, p1]);
}

#[test]
fn an_assignment_for_a_time_ends_by_itself_and_nobody_waits_for_the_device() {
    let mut held = Held::registered();
    let event = held.state.assign(&patient("p1"), Some(at(0)), Some(at(30)), at(0)).unwrap().unwrap();
    held.apply(event, at(0));
    assert_eq!(held.state.custody_due(), Some(at(30)));
    assert!(held.state.end_what_is_due(at(29)).is_empty());
    for event in held.state.end_what_is_due(at(31)) {
        held.apply(event, at(31));
    }
    assert_eq!((held.state.assignment(), held.state.silence_due()), (None, None));
    held.receive(Reading { device_time: at(29), ..reading(1, 97.0) }, at(32));
    held.receive(Reading { device_time: at(30), ..reading(2, 97.0) }, at(32));
    assert_eq!(owners(&held), [Some("p1".to_owned()), None]);
}

#[test]
fn a_retired_device_is_free_and_stays_unused_until_it_is_registered_again() {
    let mut held = Held::assigned();
    for event in held.state.retire(at(5)).unwrap() {
        held.apply(event, at(5));
    }
    assert!(held.state.is_retired() && held.state.assignment().is_none());
    assert!(held.state.retire(at(6)).unwrap().is_empty(), "again, it changes nothing");
    assert_eq!(held.state.assign(&patient("p1"), None, None, at(6)), Err(NotAssignable::Retired));
    let registration = held.state.registration().unwrap().clone();
    held.apply(DeviceEvent::Registered(registration), at(7));
    assert!(held.state.assign(&patient("p1"), None, None, at(8)).unwrap().is_some());
}

#[test]
fn a_loan_changes_who_cares_and_ends_by_itself() {
    let mut held = Held::registered();
    let loan = Loan { unit: UnitId::new("ward").unwrap(), until: at(60) };
    assert_eq!(held.state.lend(Loan { until: at(1), ..loan.clone() }, at(1)), Err(NotAssignable::Backwards));
    let event = held.state.lend(loan.clone(), at(1)).unwrap().unwrap();
    held.apply(event, at(1));
    assert_eq!(held.state.caring_unit(), Some(&loan.unit));
    assert_eq!(held.state.lend(loan, at(2)), Ok(None), "again, it changes nothing");
    for event in held.state.end_what_is_due(at(60)) {
        held.apply(event, at(60));
    }
    assert_eq!(held.state.caring_unit().unwrap().as_str(), "icu");
}

#[test]
fn after_a_merge_everything_that_comes_is_the_other_records_whatever_its_time() {
    let mut held = Held::assigned();
    held.receive(reading(1, 97.0), at(1));
    let event = held.state.pass_on(&patient("p1"), &patient("p2")).unwrap();
    held.apply(event, at(2));
    held.receive(reading(2, 97.0), at(3));
    assert_eq!(owners(&held), [Some("p1".to_owned()), Some("p2".to_owned())]);
    assert_eq!(held.state.pass_on(&patient("p1"), &patient("p2")), None, "again, it changes nothing");
}

#[test]
fn a_reattribution_tells_both_patients_once() {
    let mut held = Held::assigned();
    held.receive(reading(1, 97.0), at(1));
    let what = Reattribution {
        from: patient("p1"),
        to: patient("p2"),
        runs: vec![(3, 3)],
        by: PersonId::new("ada").unwrap(),
        reason: "wrong bed".into(),
    };
    let events = held.state.reattribute(&what);
    let told: Vec<_> = events.iter().map(|event| event.hand_over().unwrap().patient.as_str()).collect();
    assert_eq!(told, ["p1", "p2"]);
    for event in events.clone() {
        held.apply(event, at(2));
    }
    assert!(held.state.reattribute(&what).is_empty());
}

#[test]
fn an_assigned_device_cannot_be_assigned_to_another_patient() {
    let held = Held::assigned();
    assert_eq!(held.state.assign(&patient("p1"), None, None, at(1)), Ok(None));
    assert_eq!(held.state.assign(&patient("p2"), None, None, at(1)), Err(NotAssignable::Taken));
    assert_eq!(DeviceState::default().assign(&patient("p2"), None, None, at(1)), Err(NotAssignable::NotRegistered));
}

#[test]
fn rejected_observations_do_not_reach_the_judgement() {
    let mut whole = reading(1, 97.0);
    let second = Observation { value: Value::Number(f64::NAN), ..whole.observations[0].clone() };
    whole.observations.push(second);
    let rejections = vec![Rejection { observation: Some(1), code: Code(150_456), reason: "not a number".into() }];
    let stored = StoredReading {
        reading: whole,
        fingerprint: 1,
        hand_over: None,
        shift_us: 0,
        rejections,
        decoding: Decoding::Coded,
    };
    assert_eq!(stored.into_judged().observations.len(), 1);
}

#[derive(Clone, Debug)]
enum Step {
    Send { sequence: u64, altered: bool },
    Declare { from: u64, through: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (1_u64..40, prop::bool::weighted(0.1)).prop_map(|(sequence, altered)| Step::Send { sequence, altered }),
        1 => (1_u64..40, 0_u64..5).prop_map(|(from, more)| Step::Declare { from, through: from + more }),
    ]
}

proptest! {
    /// Any order, duplication, gaps and alterations: what is stored and declared missing is exactly 1..=through, each
    /// sequence once, in order; and the state is a fold of the events.
    #[test]
    fn every_sequence_counts_once_in_order(steps in prop::collection::vec(step(), 1..200)) {
        let mut held = Held::assigned();
        for (tick, step) in steps.iter().enumerate() {
            let now = at(u64::try_from(tick).unwrap());
            match step {
                Step::Send { sequence, altered } => {
                    held.receive(reading(*sequence, if *altered { 50.0 } else { 97.0 }), now);
                }
                Step::Declare { from, through } => {
                    let from = ReadingKey { boot: 7, lane: Lane::Live, sequence: *from };
                    if let Arrival::New(events) = held.state.declare_gap(from, *through) {
                        events.into_iter().for_each(|event| held.apply(event, now));
                    }
                }
            }
        }
        let mut next = 1;
        for event in &held.events {
            if let DeviceEvent::GapDeclared { from, through } = event {
                prop_assert_eq!(from.sequence, next);
                next = through + 1;
            } else if let Some((_, _, through)) = event.receipts() {
                prop_assert_eq!(through, next);
                next += 1;
            }
        }
        prop_assert_eq!(held.state.through(7, Lane::Live), next - 1);
        let stored: Vec<u8> = postcard::to_stdvec(&held.state).unwrap();
        let mut back: DeviceState = postcard::from_bytes(&stored).unwrap();
        back.forget_told();
        held.state.forget_told();
        prop_assert_eq!(back, held.state);
    }

    /// A repeat within the kept fingerprints is told from a conflict; an older one is a duplicate, unverified.
    #[test]
    fn conflicts_are_found_within_the_kept_fingerprints(count in 1_u64..60, repeated in 1_u64..60) {
        prop_assume!(repeated <= count);
        let mut held = Held::assigned();
        for sequence in 1..=count {
            held.receive(reading(sequence, 97.0), at(sequence));
        }
        let arrival = held.receive(reading(repeated, 50.0), at(count));
        let kept = usize::try_from(count - repeated).unwrap() < FINGERPRINTS_KEPT;
        prop_assert_eq!(matches!(arrival, Arrival::Conflict(_)), kept);
    }
}
