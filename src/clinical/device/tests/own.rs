//! A device that belongs to nobody.

use super::*;
use crate::clinical::condition::Priority;
use crate::clinical::subject_book::Observed;

/// What its own alert book is told: `+rule` for an onset, `-rule` for an end, `handed over`.
fn told(held: &Held) -> Vec<String> {
    let tell = |change: &OwnChange| match change.observed(&held.id) {
        Observed::Began(condition) => format!("+{}", condition.key.rule),
        Observed::Ended { key, .. } => format!("-{}", key.rule),
        Observed::HandedOver => "handed over".to_owned(),
    };
    held.state.own_changes().iter().map(tell).collect()
}

/// One reading per second.
fn stream(held: &mut Held, sequences: impl Iterator<Item = u64>) {
    for sequence in sequences {
        held.receive(reading(sequence, 97.0), at(sequence));
        held.tick(at(sequence));
    }
}

#[test]
fn a_device_that_sends_readings_of_nobody_is_reported_within_30_s_and_until_it_is_assigned() {
    let mut held = Held::registered();
    stream(&mut held, 1..=20);
    assert!(told(&held).is_empty());
    stream(&mut held, 21..=30);
    assert_eq!(told(&held), ["+device_without_patient"], "said once");
    let event = held.state.assign(&patient("p1"), None, None, at(31)).unwrap().unwrap();
    held.apply(event, at(31));
    assert_eq!(told(&held), ["+device_without_patient", "handed over"]);
    stream(&mut held, 31..=80);
    assert_eq!(told(&held).len(), 2, "its conditions are its patient's now");
}

#[test]
fn one_that_stops_before_that_is_not_reported() {
    let mut held = Held::registered();
    stream(&mut held, 1..=5);
    let due = held.state.due(UNCLAIMED_MS, &held.rules).unwrap();
    assert!(held.tick(due).is_empty());
    assert_eq!(held.state.due(UNCLAIMED_MS, &held.rules), None);
}

#[test]
fn one_that_was_reported_and_stops_is_a_low_latched_alert_and_not_waited_for() {
    let mut held = Held::registered();
    stream(&mut held, 1..=25);
    let due = held.state.due(UNCLAIMED_MS, &held.rules).unwrap();
    assert_eq!(due, at(34));
    let events = held.tick(due);
    assert_eq!(told(&held)[1..], ["-device_without_patient", "+device_silent", "-device_silent"]);
    let silent = events.iter().find_map(|event| match event {
        DeviceEvent::Condition { change: ConditionChange::Began(condition), .. } => Some(condition),
        _ => None,
    });
    assert!(silent.is_some_and(|silent| silent.latching && silent.priority == Priority::Low));
    assert_eq!(held.state.due(UNCLAIMED_MS, &held.rules), None);
}

#[test]
fn what_its_book_has_is_told_no_more_and_each_change_names_the_one_before_it() {
    let mut held = Held::registered();
    stream(&mut held, 1..=25);
    held.tick(at(60));
    let links: Vec<_> = held.state.own_changes().iter().map(|change| (change.previous, change.source)).collect();
    assert_eq!(links[0].0, 0);
    assert!(links.windows(2).all(|pair| pair[1].0 == pair[0].1 && pair[0].1 < pair[1].1), "{links:?}");
    held.state.own_changes_are_kept(links[1].1);
    assert_eq!(held.state.own_changes().len(), links.len() - 2);
    held.state.own_changes_are_kept(u64::MAX);
    assert!(held.state.own_changes().is_empty());
}

#[test]
fn a_wrong_clock_is_found_anew_for_whoever_hears_of_it() {
    let mut held = Held::registered();
    let mut early = reading(1, 97.0);
    early.sent_at = early.sent_at.plus_ms(-3_600_000);
    held.receive(early.clone(), at(1));
    assert_eq!(told(&held), ["+device_clock"]);
    let event = held.state.assign(&patient("p1"), None, None, at(2)).unwrap().unwrap();
    held.apply(event, at(2));
    early.key.sequence = 2;
    held.receive(early, at(3));
    assert_eq!(told(&held), ["+device_clock", "handed over"]);
    let last = held.events.last();
    assert!(
        matches!(last, Some(DeviceEvent::Condition { hand_over: Some(link), change: ConditionChange::Began(_) })
        if link.patient == patient("p1")),
        "{last:?}"
    );
}

#[test]
fn a_device_that_is_taken_out_of_use_leaves_no_alert_of_its_own() {
    let mut held = Held::registered();
    stream(&mut held, 1..=25);
    for event in held.state.retire(at(26)).unwrap() {
        held.apply(event, at(26));
    }
    assert_eq!(told(&held).last().map(String::as_str), Some("handed over"));
    assert_eq!(held.state.due(UNCLAIMED_MS, &held.rules), None);
}
