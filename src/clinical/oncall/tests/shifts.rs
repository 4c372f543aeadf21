//! A shift changes hands: offered, and the giver's until it is taken.

use super::scene::{Site, at, patient, person, rotation, unit};
use crate::clinical::oncall::{Assignment, RosterCommand, RosterRefused, ShiftOffer};

fn offer(by: &str, to: &str) -> ShiftOffer {
    ShiftOffer { unit: unit("icu"), by: person(by), to: person(to), patient: None }
}

fn take(site: &mut Site, from: &str, taker: &str) -> Result<(), RosterRefused> {
    let (unit, from, by) = (unit("icu"), person(from), person(taker));
    site.command(RosterCommand::TakeShift { unit, from, by }).map(drop)
}

fn assign(site: &mut Site, nurse: &str, patients: &[&str]) {
    let patients = patients.iter().map(|id| patient(id)).collect();
    let (from, to) = (site.now.plus_ms(-3_600_000), site.now.plus_ms(4 * 3_600_000));
    let assignment = Assignment { unit: unit("icu"), person: person(nurse), patients, from, to };
    site.command(RosterCommand::AssignPatients(assignment)).unwrap();
}

fn nurse_of(site: &Site, id: &str) -> Option<String> {
    let found = site.roster.standing().nurse_of(&unit("icu"), &patient(id), site.now);
    found.map(|(nurse, _)| nurse.to_string())
}

#[test]
fn a_shift_is_the_givers_until_it_is_taken_and_then_all_of_it_is_the_takers() {
    let mut site = Site::new();
    assign(&mut site, "nurse-c", &["p-1", "p-2"]);
    site.command(RosterCommand::OfferShift(offer("nurse-c", "charge"))).unwrap();
    assert_eq!(nurse_of(&site, "p-1").as_deref(), Some("nurse-c"), "offered is not taken");
    assert_eq!(take(&mut site, "nurse-c", "dr-x"), Err(RosterRefused::NotFound("offer of a shift")));
    take(&mut site, "nurse-c", "charge").unwrap();
    assert_eq!(nurse_of(&site, "p-1").as_deref(), Some("charge"));
    assert_eq!(nurse_of(&site, "p-2").as_deref(), Some("charge"));
    assert_eq!(take(&mut site, "nurse-c", "charge"), Err(RosterRefused::NotFound("offer of a shift")), "once");
}

#[test]
fn what_is_left_of_a_turn_goes_with_the_shift_and_the_rotation_stays_as_it_is() {
    let mut site = Site::new();
    let on_call = |site: &Site| site.roster.on_call(&rotation("nurses"), site.now)[0].to_string();
    let giver = on_call(&site);
    let taker = if giver == "nurse-a" { "nurse-b" } else { "nurse-a" };
    site.command(RosterCommand::OfferShift(offer(&giver, taker))).unwrap();
    take(&mut site, &giver, taker).unwrap();
    assert_eq!(on_call(&site), taker);
    site.now = at("2026-03-05T11:00:00Z");
    assert_eq!(on_call(&site), giver, "three days later it is the giver's turn again");
}

#[test]
fn one_patient_can_be_handed_over_alone() {
    let mut site = Site::new();
    assign(&mut site, "nurse-c", &["p-1", "p-2"]);
    let one = ShiftOffer { patient: Some(patient("p-1")), ..offer("nurse-c", "charge") };
    site.command(RosterCommand::OfferShift(one)).unwrap();
    take(&mut site, "nurse-c", "charge").unwrap();
    assert_eq!(nurse_of(&site, "p-1").as_deref(), Some("charge"));
    assert_eq!(nurse_of(&site, "p-2").as_deref(), Some("nurse-c"));
}

#[test]
fn a_shift_that_nobody_has_or_nobody_can_take_is_refused() {
    let mut site = Site::new();
    for (by, to) in [("dr-x", "charge"), ("nurse-a", "nurse-a"), ("nurse-a", "zoe")] {
        assert!(site.command(RosterCommand::OfferShift(offer(by, to))).is_err(), "{by} to {to}");
    }
}
