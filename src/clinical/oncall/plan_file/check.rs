//! What can be checked only once every file is read: names that are there twice, and names that are not there.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::read::{Place, Reading};
use crate::clinical::condition::{ConditionKind, Priority};
use crate::clinical::oncall::plan::{Plan, Unit};
use crate::clinical::oncall::policy::{Delay, Policy, Target};
use crate::clinical::rules::Mistake;

/// Notes every reference to what is not there.
pub(super) fn references(reading: &Reading, mistakes: &RefCell<Vec<Mistake>>) {
    let note = |place: &Place, what: String| {
        mistakes.borrow_mut().push(Mistake { file: place.file.clone(), line: place.line, what });
    };
    let plan = &reading.plan;
    twice("person", plan.people.iter().map(|person| person.id.to_string()), &reading.people_at, &note);
    twice("rotation", plan.rotations.iter().map(|rotation| rotation.id.to_string()), &reading.rotations_at, &note);
    twice("calendar", plan.calendars.iter().map(|(id, _)| id.to_string()), &reading.calendars_at, &note);
    twice("unit", plan.units.iter().map(|unit| unit.id.to_string()), &reading.units_at, &note);
    twice("policy", plan.policies.iter().map(|policy| policy.id.to_string()), &reading.policies_at, &note);
    twice("policy for", plan.policies.iter().map(for_whom), &reading.policies_at, &note);
    for (target, place) in &reading.targets {
        match target {
            Target::Person(id) if plan.person(id).is_none() => note(place, format!("there is no person `{id}`")),
            Target::Rotation(id) if plan.rotation(id).is_none() => note(place, format!("there is no rotation `{id}`")),
            _ => {}
        }
    }
    for (calendar, place) in &reading.calendars {
        if !plan.calendars.iter().any(|(id, _)| id.as_str() == calendar) {
            note(place, format!("there is no calendar `{calendar}`"));
        }
    }
    people_in_rotations_can_be_reached(reading, &note);
    plan.units.iter().zip(&reading.units_at).for_each(|(unit, place)| units_are_served(plan, unit, place, &note));
    let clinics_without_days = plan.calendars.iter().zip(&reading.calendars_at);
    for ((id, calendar), place) in clinics_without_days {
        if !calendar.hours.days.contains(&true) {
            note(place, format!("the calendar `{id}` has no working day"));
        }
    }
}

fn for_whom(policy: &Policy) -> String {
    let Policy { setting, kind, priority, lethal, .. } = policy;
    format!("{setting:?}, {kind:?}, {priority:?}{}", if *lethal { ", lethal" } else { "" })
}

fn twice(what: &str, names: impl Iterator<Item = String>, places: &[Place], note: &impl Fn(&Place, String)) {
    let mut first: BTreeMap<String, &Place> = BTreeMap::new();
    for (name, place) in names.zip(places) {
        match first.get(&name) {
            Some(other) => {
                note(place, format!("the {what} `{name}` is there already, at {}:{}", other.file, other.line));
            }
            None => {
                first.insert(name, place);
            }
        }
    }
}

/// Somebody without a contact cannot take turns: nobody would hear of the page.
fn people_in_rotations_can_be_reached(reading: &Reading, note: &impl Fn(&Place, String)) {
    let plan = &reading.plan;
    for (rotation, place) in plan.rotations.iter().zip(&reading.rotations_at) {
        for person in rotation.people().filter_map(|id| plan.person(id)).filter(|person| person.contacts.is_empty()) {
            let (person, rotation) = (&person.id, &rotation.id);
            note(place, format!("`{person}` has no contact, and cannot be in the rotation `{rotation}`"));
        }
    }
}

/// Every alert that can arise in a unit has its policy, and every role that such a policy pages is filled.
fn units_are_served(plan: &Plan, unit: &Unit, place: &Place, note: &impl Fn(&Place, String)) {
    for kind in [ConditionKind::Physiological, ConditionKind::Technical] {
        for priority in [Priority::High, Priority::Medium, Priority::Low] {
            if plan.policy(unit.setting, kind, priority, false).is_none() {
                let (id, setting) = (&unit.id, unit.setting);
                note(place, format!("no policy is for {kind:?} {priority:?} alerts of `{id}` ({setting:?})"));
            }
        }
    }
    let mut missing = Vec::new();
    for policy in plan.policies.iter().filter(|policy| policy.setting == unit.setting) {
        let targets = policy.steps.iter().flat_map(|step| &step.targets).chain(&policy.fallback);
        for target in targets {
            if let Target::Role(role) = target
                && !unit.roles.iter().any(|(name, _)| name == role)
                && !missing.contains(role)
            {
                note(
                    place,
                    format!("the policy `{}` pages the role `{role}`, which `{}` does not fill", policy.id, unit.id),
                );
                missing.push(role.clone());
            }
        }
        let by_calendar = policy.steps.iter().map(|step| step.delay).chain([policy.answer]);
        if unit.calendar.is_none() && by_calendar.into_iter().any(|delay| delay == Delay::NextWorkingDay) {
            note(
                place,
                format!("the policy `{}` goes by working days, and `{}` has no `calendar`", policy.id, unit.id),
            );
        }
    }
}
