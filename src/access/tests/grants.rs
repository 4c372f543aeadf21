//! Assignments and broken glass.

use crate::access::{BreakGlass, CareOf, GrantCommand, GrantEvent, Grants, Verdict};
use crate::clinical::ids::{PatientId, PersonId, UnitId};
use crate::time::Timestamp;

const NOW: Timestamp = Timestamp(1_000_000_000);

fn person(id: &str) -> PersonId {
    PersonId::new(id).unwrap()
}

fn patient(id: &str) -> PatientId {
    PatientId::new(id).unwrap()
}

fn glass(minutes: u32, reason: &str) -> GrantCommand {
    GrantCommand::Break { patient: patient("p-1"), reason: reason.into(), minutes, review_within_ms: 72 * 3_600_000 }
}

/// Carries a command out.
fn given(grants: &mut Grants, by: &str, command: GrantCommand, now: Timestamp) -> GrantEvent {
    let event = grants.decide(&person(by), command, now).unwrap().expect("it changes something");
    grants.evolve(&event, now);
    event
}

fn review(ordinal: u32) -> GrantCommand {
    GrantCommand::Review { ordinal, verdict: Verdict::Justified, note: "a real emergency".into() }
}

#[test]
fn broken_glass_ends_by_itself() {
    let mut grants = Grants::default();
    given(&mut grants, "kim", glass(30, "collapsed in the corridor"), NOW);
    let (kim, p1) = (person("kim"), patient("p-1"));
    assert!(grants.has_broken_glass(&kim, &p1, NOW));
    assert!(grants.has_broken_glass(&kim, &p1, NOW.plus_ms(30 * 60_000 - 1)));
    assert!(!grants.has_broken_glass(&kim, &p1, NOW.plus_ms(30 * 60_000)));
    assert!(!grants.has_broken_glass(&person("lee"), &p1, NOW), "for nobody else");
    assert!(!grants.has_broken_glass(&kim, &patient("p-2"), NOW), "for no other patient");
}

#[test]
fn broken_glass_can_be_mended_before_its_time_by_who_broke_it() {
    let mut grants = Grants::default();
    given(&mut grants, "kim", glass(30, "collapsed in the corridor"), NOW);
    assert!(grants.decide(&person("lee"), GrantCommand::EndBreak(1), NOW).is_err());
    given(&mut grants, "kim", GrantCommand::EndBreak(1), NOW.plus_ms(1));
    assert!(!grants.has_broken_glass(&person("kim"), &patient("p-1"), NOW.plus_ms(1)));
    let again = grants.decide(&person("kim"), GrantCommand::EndBreak(1), NOW.plus_ms(2));
    assert_eq!(again, Ok(None));
}

#[test]
fn break_glass_needs_a_reason_and_an_end() {
    let grants = Grants::default();
    for refused in [glass(30, ""), glass(30, "  short "), glass(0, "a good reason"), glass(481, "a good reason")] {
        assert!(grants.decide(&person("kim"), refused.clone(), NOW).is_err(), "{refused:?}");
    }
}

#[test]
fn every_broken_glass_waits_for_a_review_by_its_due_date() {
    let mut grants = Grants::default();
    given(&mut grants, "kim", glass(30, "collapsed in the corridor"), NOW);
    given(&mut grants, "lee", glass(30, "the team was elsewhere"), NOW.plus_ms(5));
    let due: Vec<_> = grants.broken().iter().map(|broken| (broken.ordinal, broken.review_due)).collect();
    assert_eq!(due, [(1, NOW.plus_ms(72 * 3_600_000)), (2, NOW.plus_ms(72 * 3_600_000 + 5))]);
    given(&mut grants, "cora", review(1), NOW.plus_ms(10));
    let waiting: Vec<_> = grants.broken().iter().map(|broken| (broken.ordinal, broken.review.is_some())).collect();
    assert_eq!(waiting, [(2, false), (1, true)]);
}

#[test]
fn nobody_reviews_their_own_break_glass_nor_twice() {
    let mut grants = Grants::default();
    given(&mut grants, "cora", glass(30, "collapsed in the corridor"), NOW);
    assert!(grants.decide(&person("cora"), review(1), NOW).is_err());
    given(&mut grants, "carl", review(1), NOW);
    assert!(grants.decide(&person("carl"), review(1), NOW).is_err());
    assert!(grants.decide(&person("carl"), review(7), NOW).is_err());
}

#[test]
fn assigning_twice_is_once() {
    let mut grants = Grants::default();
    let icu = CareOf::Unit(UnitId::new("icu").unwrap());
    let assign = GrantCommand::Assign(person("kim"), icu.clone());
    given(&mut grants, "ada", assign.clone(), NOW);
    assert_eq!(grants.decide(&person("ada"), assign, NOW), Ok(None));
    assert!(grants.has_unit(&person("kim"), &UnitId::new("icu").unwrap()));
    given(&mut grants, "ada", GrantCommand::Unassign(person("kim"), icu), NOW);
    assert_eq!(grants, Grants::default(), "nothing is left");
}

#[test]
fn events_that_fit_nothing_change_nothing() {
    let mut grants = Grants::default();
    grants.evolve(&GrantEvent::Ended(3), NOW);
    grants.evolve(&GrantEvent::Unassigned(person("kim"), CareOf::Patient(patient("p-1"))), NOW);
    assert_eq!(grants, Grants::default());
}

#[test]
fn of_two_the_longer_one_counts() {
    let mut grants = Grants::default();
    given(&mut grants, "kim", glass(60, "collapsed in the corridor"), NOW);
    given(&mut grants, "kim", glass(5, "and now once more"), NOW);
    let broken: Option<&BreakGlass> = grants.break_glass_of(&person("kim"), &patient("p-1"), NOW);
    assert_eq!(broken.map(|broken| broken.ordinal), Some(1));
}
