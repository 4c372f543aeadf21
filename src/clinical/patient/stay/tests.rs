use smol_str::SmolStr;

use super::*;
use crate::clinical::alert::{AlertBook, AlertEvent, AlertInput, CloseCause, Effect, RoundCause};
use crate::clinical::condition::{ConditionKey, ConditionKind, Found, Priority};
use crate::clinical::device::ConditionChange;
use crate::clinical::ids::{DeviceId, RuleId};
use crate::clinical::patient::{Item, PatientInput, PatientState};
use crate::clinical::reading::{Lane, ReadingKey, Value};
use crate::clinical::rules::RuleSet;
use crate::clinical::units::Unit;

const T0: Timestamp = Timestamp(1_700_000_000_000_000);

fn at(second: i64) -> Timestamp {
    T0.plus_ms(second * 1_000)
}

fn unit(id: &str) -> UnitId {
    UnitId::new(id).unwrap()
}

fn by() -> PersonId {
    PersonId::new("ada").unwrap()
}

fn admission(bed: &str) -> PatientInput {
    PatientInput::Admitted { unit: unit("icu"), bed: bed.into(), profile: Profile::default(), by: Some(by()) }
}

fn change(change: StayChange) -> PatientInput {
    PatientInput::Stay { by: by(), change }
}

fn standby(until: Timestamp) -> PatientInput {
    change(StayChange::StandbyBegan { reason: "CT".into(), until })
}

/// A patient, and what was decided last.
struct Bedside {
    state: PatientState,
    rules: RuleSet,
    sequence: u64,
}

impl Bedside {
    fn new() -> Self {
        let mut bedside = Self { state: PatientState::default(), rules: RuleSet::bedside().unwrap(), sequence: 0 };
        bedside.given(&admission("4"), at(0));
        bedside
    }

    fn given(&mut self, input: &PatientInput, now: Timestamp) -> Vec<AlertEvent> {
        self.state.handle(input, now).unwrap().expect("it changes something")
    }

    fn refused(&mut self, input: &PatientInput, now: Timestamp) -> String {
        let before = self.state.clone();
        let refused = self.state.handle(input, now).expect_err("it must be refused").to_string();
        assert_eq!(self.state, before, "a refusal leaves no trace");
        refused
    }

    fn consume(&mut self, item: &Item, now: Timestamp) -> Vec<AlertEvent> {
        self.sequence += 1;
        let device = DeviceId::new("d1").unwrap();
        self.state.consume(&device, self.sequence, item, now, &self.rules)
    }

    /// A condition of the device begins.
    fn begins(&mut self, kind: ConditionKind, priority: Priority, now: Timestamp) -> Vec<AlertEvent> {
        self.consume(&Item::Condition(ConditionChange::Began(condition(kind, priority, now))), now)
    }

    fn open(&self) -> usize {
        self.state.book().open().len()
    }
}

fn condition(kind: ConditionKind, priority: Priority, now: Timestamp) -> Condition {
    Condition {
        key: ConditionKey { rule: RuleId::new("found").unwrap(), device: None, patient: None },
        rule_version: 1,
        kind,
        priority,
        latching: false,
        lethal: false,
        start: now,
        onset: now,
        value: None,
        limit: None,
        text: SmolStr::default(),
        evidence: Vec::new(),
        found: Found::Live,
        signal_delay_ms: 0,
        basis: None,
    }
}

fn reading(code: Code, validity: Validity, signal: Validity) -> Reading {
    let observation = Observation { code, value: Value::Number(97.0), unit: Unit::Percent, validity };
    Reading {
        key: ReadingKey { boot: 1, lane: Lane::Live, sequence: 1 },
        device_time: T0,
        sent_at: T0,
        observed_until: None,
        period_ms: 1_000,
        signal,
        observations: [observation].into_iter().collect(),
        payload: None,
        decoder: None,
    }
}

fn asks_somebody(events: &[AlertEvent]) -> bool {
    AlertBook::effects(events).iter().any(|effect| !matches!(effect, Effect::WithdrawPages { .. }))
}

#[test]
fn an_alert_on_standby_is_raised_on_record_and_asks_nobody() {
    let mut bedside = Bedside::new();
    bedside.given(&standby(at(600)), at(1));
    let events = bedside.begins(ConditionKind::Technical, Priority::Medium, at(10));
    assert!(matches!(events[..], [AlertEvent::Raised { .. }, AlertEvent::Held { until, .. }] if until == at(600)));
    assert!(!asks_somebody(&events));
    assert_eq!(bedside.state.book().next_deadline(), Some(at(600)), "and still has its deadline");
    let tick = PatientInput::Alert(AlertInput::Tick { fallback: vec![by()] });
    assert_eq!(bedside.state.handle(&tick, at(599)).unwrap(), None);
}

#[test]
fn what_a_standby_held_asks_whoever_is_due_at_its_end() {
    for end in [change(StayChange::StandbyEnded), PatientInput::StandbyEnded(StandbyEnd::Due)] {
        let mut bedside = Bedside::new();
        bedside.given(&standby(at(600)), at(1));
        bedside.begins(ConditionKind::Technical, Priority::Medium, at(10));
        let events = bedside.given(&end, at(300));
        assert!(
            matches!(events[..], [AlertEvent::RoundBegan { round: 2, cause: RoundCause::StandbyEnded, .. }]),
            "{events:?}"
        );
        assert!(asks_somebody(&events));
        assert_eq!(bedside.state.stay().standby(), None);
    }
}

#[test]
fn a_standby_withdraws_the_pages_of_what_waits_already() {
    let mut bedside = Bedside::new();
    bedside.begins(ConditionKind::Technical, Priority::Medium, at(1));
    let events = bedside.given(&standby(at(600)), at(2));
    assert_eq!(AlertBook::effects(&events), [Effect::WithdrawPages { ordinal: 1 }]);
}

#[test]
fn a_high_alert_that_nobody_answered_is_no_matter_for_a_standby() {
    let mut bedside = Bedside::new();
    bedside.begins(ConditionKind::Physiological, Priority::High, at(1));
    assert!(bedside.refused(&standby(at(600)), at(2)).contains("answer the high alerts"));
}

#[test]
fn a_standby_ends_within_a_day() {
    let mut bedside = Bedside::new();
    for until in [at(0), at(1), at(24 * 3_600 + 2), Timestamp(i64::MAX)] {
        assert!(bedside.refused(&standby(until), at(1)).contains("24 hours"));
    }
    bedside.given(&standby(at(24 * 3_600)), at(1));
}

#[test]
fn valid_signals_of_the_patient_end_a_standby_once_it_has_settled() {
    let mut bedside = Bedside::new();
    bedside.given(&standby(at(3_600)), at(0));
    let settled = T0.plus_ms(STANDBY_SETTLES_MS);
    let ends = |reading: &Reading, now| bedside.state.stay().is_ended_by(reading, now);
    let valid = reading(Code::SPO2, Validity::Valid, Validity::Valid);
    assert!(!ends(&valid, settled.plus_ms(-1)), "the sensor is still being taken off");
    assert!(ends(&valid, settled));
    assert!(!ends(&reading(Code::SPO2, Validity::NoSignal, Validity::Valid), settled));
    assert!(!ends(&reading(Code::SPO2, Validity::Valid, Validity::NoSignal), settled));
    let battery = Code::by_name("battery_percentage").unwrap().code;
    assert!(!ends(&reading(battery, Validity::Valid, Validity::Valid), settled), "a device that lives is no patient");
}

#[test]
fn discharge_and_death_close_every_alert_on_record() {
    for end in [StayChange::Discharged, StayChange::Died] {
        let mut bedside = Bedside::new();
        bedside.begins(ConditionKind::Physiological, Priority::High, at(1));
        let events = bedside.given(&change(end.clone()), at(2));
        assert_eq!(events, [AlertEvent::Closed { ordinal: 1, cause: CloseCause::Withdrawn }]);
        assert_eq!(bedside.open(), 0);
        assert_eq!(bedside.state.handle(&change(end), at(3)).unwrap(), None, "again, it changes nothing");
    }
}

#[test]
fn a_breach_after_the_discharge_is_on_record_and_asks_nobody() {
    let mut bedside = Bedside::new();
    bedside.given(&change(StayChange::Discharged), at(1));
    let events = bedside.begins(ConditionKind::Physiological, Priority::High, at(2));
    assert!(matches!(events[..], [AlertEvent::Raised { .. }, AlertEvent::Closed { .. }]), "{events:?}");
    assert!(!asks_somebody(&events));
    assert_eq!(bedside.open(), 0);
}

#[test]
fn who_left_may_come_back_and_is_alerted_anew() {
    let mut bedside = Bedside::new();
    bedside.given(&change(StayChange::Discharged), at(1));
    bedside.given(&admission("7"), at(2));
    assert_eq!(bedside.state.stay().bed(), "7");
    let events = bedside.begins(ConditionKind::Physiological, Priority::High, at(3));
    assert!(asks_somebody(&events), "{events:?}");
}

#[test]
fn an_admission_of_an_admitted_patient_with_other_terms_is_refused() {
    let mut bedside = Bedside::new();
    assert_eq!(bedside.state.handle(&admission("4"), at(1)).unwrap(), None, "the same again changes nothing");
    assert!(bedside.refused(&admission("5"), at(1)).contains("move the patient"));
}

#[test]
fn nothing_is_done_to_who_is_not_admitted() {
    let mut bedside = Bedside::new();
    bedside.given(&change(StayChange::Discharged), at(1));
    let changes = [
        StayChange::Moved { unit: unit("icu"), bed: "5".into() },
        StayChange::Prescribed(Profile::default()),
        StayChange::StandbyBegan { reason: "CT".into(), until: at(60) },
        StayChange::StandbyEnded,
        StayChange::TookOver { from: PatientId::new("p9").unwrap(), conditions: Vec::new() },
    ];
    for wanted in changes {
        assert_eq!(bedside.refused(&change(wanted), at(2)), "the patient is not admitted");
    }
}

#[test]
fn a_move_to_another_unit_asks_its_care_team_for_what_waits() {
    let mut bedside = Bedside::new();
    bedside.begins(ConditionKind::Physiological, Priority::High, at(1));
    let other_bed = change(StayChange::Moved { unit: unit("icu"), bed: "5".into() });
    assert_eq!(bedside.given(&other_bed, at(2)), []);
    let other_unit = change(StayChange::Moved { unit: unit("ward"), bed: "5".into() });
    let events = bedside.given(&other_unit, at(3));
    assert!(matches!(events[..], [AlertEvent::RoundBegan { cause: RoundCause::Moved, .. }]), "{events:?}");
}

#[test]
fn a_merge_is_refused_while_an_alert_is_not_taken_over() {
    let mut bedside = Bedside::new();
    bedside.begins(ConditionKind::Physiological, Priority::High, at(1));
    let into = PatientId::new("p2").unwrap();
    let merge = |last_ordinal| change(StayChange::MergedInto { into: into.clone(), last_ordinal });
    assert!(bedside.refused(&merge(0), at(2)).contains("merge again"));
    assert_eq!(bedside.given(&merge(1), at(2)), [AlertEvent::Closed { ordinal: 1, cause: CloseCause::Withdrawn }]);
    assert!(bedside.refused(&admission("4"), at(3)).contains("merged"));
}

#[test]
fn what_is_taken_over_is_alerted_here_and_stays_until_somebody_resets_it() {
    let mut bedside = Bedside::new();
    let found = condition(ConditionKind::Physiological, Priority::High, at(1));
    let from = PatientId::new("p9").unwrap();
    let took_over = || change(StayChange::TookOver { from: from.clone(), conditions: vec![found.clone()] });
    let events = bedside.given(&took_over(), at(2));
    assert!(asks_somebody(&events));
    assert!(bedside.state.book().open()[0].latched());
    bedside.given(&took_over(), at(3));
    assert_eq!(bedside.open(), 1, "again, it folds");
}
