//! The rules that live with a device.

use super::*;

fn purity(sequence: u64, percent: f64) -> Reading {
    let code = Code::by_name("oxygen_purity").unwrap().code;
    let observation =
        Observation { code, value: Value::Number(percent), unit: Unit::Percent, validity: Validity::Valid };
    Reading { observations: smallvec![observation], ..reading(sequence, 0.0) }
}

/// A registered concentrator under the rules for care.
fn concentrator() -> Held {
    let mut held = Held::registered();
    held.rules = RuleSet::for_care().unwrap();
    held
}

/// What was found: `+rule` for an onset, `-rule` for an end, with whom it was handed to.
fn found(held: &Held) -> Vec<String> {
    let of = |event: &DeviceEvent| {
        let DeviceEvent::Condition { hand_over, change } = event else { return None };
        let whom = hand_over.as_ref().map_or("nobody", |link| link.patient.as_str());
        Some(match change {
            ConditionChange::Began(condition) => format!("+{} {whom}", condition.key.rule),
            ConditionChange::Ended(rule, _) => format!("-{rule} {whom}"),
        })
    };
    held.events.iter().filter_map(of).collect()
}

#[test]
fn a_concentrator_of_nobody_still_reports_its_purity() {
    let mut held = concentrator();
    held.receive(purity(1, 93.0), at(1));
    held.receive(purity(2, 65.0), at(2));
    held.receive(purity(3, 93.0), at(3));
    assert_eq!(found(&held), ["+purity_very_low nobody", "-purity_very_low nobody"]);
    assert_eq!(held.state.own_changes().len(), 2, "its own alert book is told");
}

#[test]
fn the_stream_records_which_rules_judge_once_something_concerns_them() {
    let mut held = concentrator();
    held.receive(reading(1, 97.0), at(1));
    assert_eq!(held.state.rules_in_force(), None, "no rule of devices is about saturation");
    held.receive(purity(2, 93.0), at(2));
    held.receive(purity(3, 93.0), at(3));
    let hash = held.rules.hash();
    assert_eq!(held.state.rules_in_force(), Some((hash, 1)));
    let adopted = held.events.iter().filter(|event| matches!(event, DeviceEvent::RulesAdopted { .. })).count();
    assert_eq!(adopted, 1);
    held.rules = RuleSet::oxygen().unwrap();
    held.receive(purity(4, 93.0), at(4));
    assert_eq!(held.state.rules_in_force(), Some((held.rules.hash(), 1)));
}

#[test]
fn what_is_the_case_sets_in_anew_for_the_next_patient() {
    let mut held = concentrator();
    held.receive(purity(1, 65.0), at(1));
    let event = held.state.assign(&patient("p1"), None, None, at(2)).unwrap().unwrap();
    held.apply(event, at(2));
    held.receive(purity(3, 65.0), at(3));
    held.receive(purity(4, 65.0), at(4));
    assert_eq!(found(&held), ["+purity_very_low nobody"], "sequence 2 is missing: nothing was taken");
    held.receive(purity(2, 65.0), at(3));
    held.receive(purity(3, 65.0), at(4));
    assert_eq!(found(&held), ["+purity_very_low nobody", "+purity_very_low p1"]);
}

#[test]
fn what_was_observed_for_a_former_patient_is_no_finding_of_the_present_one() {
    let mut held = concentrator();
    let event = held.state.assign(&patient("p1"), None, None, at(0)).unwrap().unwrap();
    held.apply(event, at(0));
    held.receive(purity(1, 93.0), at(1));
    let event = held.state.unassign(None, at(10)).unwrap();
    held.apply(event, at(10));
    let event = held.state.assign(&patient("p2"), None, None, at(10)).unwrap().unwrap();
    held.apply(event, at(10));
    held.receive(purity(2, 60.0), at(20));
    assert_eq!(found(&held), Vec::<String>::new(), "it was observed at second 2");
}

#[test]
fn a_home_monitor_that_does_not_transmit_is_found_by_receipt_time() {
    let mut held = concentrator();
    let event = held.state.assign(&patient("p1"), None, None, at(0)).unwrap().unwrap();
    held.apply(event, at(0));
    // A home monitor sends once a day.
    let daily = Reading { period_ms: 86_400_000 * 7, ..purity(1, 93.0) };
    held.receive(daily, at(1));
    let day = 86_400;
    assert!(held.tick(at(9 * day)).is_empty());
    assert!(held.state.due(UNCLAIMED_MS, &held.rules).is_some_and(|due| due == at(1 + 10 * day)));
    held.tick(at(1 + 10 * day));
    held.tick(at(2 + 10 * day));
    assert_eq!(found(&held), ["+cied_no_transmission p1"], "said once");
    let late = Reading { sent_at: at(11 * day), ..purity(2, 93.0) };
    held.receive(late, at(11 * day));
    assert_eq!(found(&held)[1..], ["-cied_no_transmission p1"]);
}

#[test]
fn a_state_that_was_stored_in_between_judges_the_same() {
    let mut held = concentrator();
    for (sequence, percent) in (1..=6).zip([93.0, 80.0, 65.0, 65.0, 93.0, 84.0]) {
        let stored = serde_json::to_string(&held.state).unwrap();
        held.state = serde_json::from_str(&stored).unwrap();
        held.receive(purity(sequence, percent), at(sequence));
    }
    let expected = ["+purity_low", "+purity_very_low", "-purity_very_low", "-purity_low", "+purity_falling"];
    let without_whom: Vec<_> = found(&held).iter().map(|one| one.replace(" nobody", "")).collect();
    let mut sorted = (without_whom, expected.map(str::to_owned).to_vec());
    sorted.0.sort();
    sorted.1.sort();
    assert_eq!(sorted.0, sorted.1);
}
