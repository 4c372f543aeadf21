//! Two versions of rules over the same readings.

use smol_str::SmolStr;

use super::*;
use crate::clinical::codes::Code;
use crate::clinical::condition::{ConditionKey, Evidence, Priority};
use crate::clinical::ids::{DeviceId, PersonId, RuleId};
use crate::clinical::patient::{AgeClass, PastReading, Profile};
use crate::clinical::reading::{Lane, Observation, Reading, ReadingKey, Validity, Value};
use crate::clinical::rules::{LimitRefused, LimitValue, RuleSet, SetLimit};
use crate::clinical::units::Unit;
use crate::time::Timestamp;

fn at(second: i64) -> Timestamp {
    Timestamp(0).plus_ms(second * 1_000)
}

fn alert(rule: &str, onset: i64, ended: Option<i64>) -> Alerted {
    let key = ConditionKey { rule: RuleId::new(rule).unwrap(), device: None, patient: None };
    Alerted { key, priority: Priority::High, onset: at(onset), ended: ended.map(at) }
}

#[test]
fn alerts_are_added_removed_earlier_later_or_the_same() {
    let old =
        [alert("a", 100, Some(200)), alert("a", 1_000, Some(1_010)), alert("b", 50, None), alert("c", 7, Some(9))];
    let new = [alert("a", 150, Some(190)), alert("b", 20, None), alert("c", 7, Some(8)), alert("c", 500, None)];
    let compared = compare(&old, &new);
    assert_eq!(compared.same, 1);
    assert_eq!(compared.added, [alert("c", 500, None)]);
    assert_eq!(compared.removed, [alert("a", 1_000, Some(1_010))]);
    assert_eq!(compared.earlier, [Shifted { alert: alert("b", 20, None), was: at(50) }]);
    assert_eq!(compared.later, [Shifted { alert: alert("a", 150, Some(190)), was: at(100) }]);
}

#[test]
fn short_alerts_a_moment_apart_are_one_event_and_each_counts_once() {
    let old = [alert("a", 100, Some(101)), alert("a", 130, Some(131))];
    let compared = compare(&old, &[alert("a", 128, Some(129))]);
    assert_eq!(compared.earlier, [Shifted { alert: alert("a", 128, Some(129)), was: at(130) }]);
    assert_eq!(compared.removed, [alert("a", 100, Some(101))]);
    assert_eq!(compare(&[alert("a", 0, Some(1))], &[alert("a", 62, Some(63))]).added.len(), 1);
}

#[test]
fn a_version_is_the_same_as_itself() {
    let alerts = [alert("a", 1, Some(2)), alert("a", 3, Some(4)), alert("b", 3, None)];
    let compared = compare(&alerts, &alerts);
    assert_eq!(compared, Compared { same: 3, ..Compared::default() });
}

/// A saturation each second.
fn saturations(values: impl Iterator<Item = f64>) -> Vec<PastReading> {
    let past = |(second, value): (u64, f64)| {
        let at = at(second.cast_signed());
        let reading = Reading {
            key: ReadingKey { boot: 1, lane: Lane::Live, sequence: second },
            device_time: at,
            sent_at: at,
            observed_until: Some(at),
            period_ms: 1_000,
            signal: Validity::Valid,
            observations: smallvec::smallvec![Observation {
                code: Code::SPO2,
                value: Value::Number(value),
                unit: Unit::Percent,
                validity: Validity::Valid,
            }],
            payload: None,
            decoder: None,
        };
        PastReading { device: DeviceId::new("d1").unwrap(), stream_sequence: second, reading }
    };
    (1..).zip(values).map(past).collect()
}

fn adult() -> Profile {
    Profile { age: AgeClass::Adult, ..Profile::default() }
}

fn set(limit: f64) -> SetLimit {
    SetLimit {
        rule: RuleId::new("spo2_low").unwrap(),
        limit: LimitValue::new(limit).unwrap(),
        clears_at: None,
        by: PersonId::new("ada").unwrap(),
        reason: "tried".into(),
        until: None,
    }
}

#[test]
fn advice_says_how_many_alerts_another_limit_would_have_raised() {
    let rules = RuleSet::for_care().unwrap();
    let wave = (0..3_600).map(|second| if second % 100 < 40 { 89.0 } else { 97.0 });
    let mut readings = saturations(wave);
    let advice = advise(&rules, &adult(), &set(88.0), &mut readings).unwrap();
    assert_eq!((advice.now, advice.then, advice.compared.removed.len()), (36, 0, 36));
    let advice = advise(&rules, &adult(), &set(93.0), &mut readings).unwrap();
    assert_eq!((advice.now, advice.then, advice.compared.same), (36, 36, 36));
    readings.reverse();
    assert_eq!(advise(&rules, &adult(), &set(93.0), &mut readings).unwrap(), advice, "whatever their order");
    let refused = advise(&rules, &adult(), &set(10.0), &mut readings).unwrap_err();
    assert!(matches!(refused, LimitRefused::BeyondBounds { .. }));
}

#[test]
fn two_sets_over_the_same_readings_differ_in_what_they_would_have_raised() {
    let old = RuleSet::bedside().unwrap();
    let text: Vec<_> = old
        .texts()
        .iter()
        .map(|(file, text)| (file.clone(), text.replace("condition_delay_s = 15", "condition_delay_s = 30")))
        .collect();
    let new = RuleSet::parse(&text).unwrap();
    let (mut with_old, mut with_new) = (Judged::new(&old), Judged::new(&new));
    let values = (0..300).map(|second| if (50..70).contains(&second) || second > 200 { 89.0 } else { 97.0 });
    for past in saturations(values) {
        let source = Evidence::of(&past.device, past.stream_sequence, &past.reading);
        for judged in [&mut with_old, &mut with_new] {
            judged.hear(&adult(), &SmolStr::default(), &source, &past.reading);
        }
    }
    let compared = compare(with_old.alerts(), with_new.alerts());
    assert_eq!((compared.removed.len(), compared.later.len(), compared.added.len()), (1, 1, 0), "{compared:?}");
}
