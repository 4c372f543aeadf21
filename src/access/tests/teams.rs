//! Who is on a care team.

use std::sync::Arc;

use crate::access::{CareOf, CareTeams, GrantEvent, Grants, Relation};
use crate::clinical::ids::{PatientId, PersonId, RotationId, UnitId};
use crate::clinical::oncall::{Assignment, Override, Roster, RosterCommand};
use crate::time::Timestamp;

const NOW: Timestamp = Timestamp(0);

fn person(id: &str) -> PersonId {
    PersonId::new(id).unwrap()
}

fn unit(id: &str) -> UnitId {
    UnitId::new(id).unwrap()
}

fn granted(event: &GrantEvent) -> CareTeams {
    let mut grants = Grants::default();
    grants.evolve(event, NOW);
    let mut teams = CareTeams::default();
    teams.set_ladder(unit("icu"), [person("kim")].into());
    teams.set_grants(grants);
    teams
}

#[test]
fn a_ladder_makes_the_care_team_of_its_unit_and_of_no_other() {
    let teams = granted(&GrantEvent::Ended(1));
    let p1 = PatientId::new("p-1").unwrap();
    let of = |name: &str, lies_in: Option<&UnitId>| teams.relation(&person(name), &p1, lies_in, NOW);
    assert!(of("kim", Some(&unit("icu"))).team);
    assert_eq!(of("kim", Some(&unit("ward-9"))), Relation::NONE);
    assert_eq!(of("kim", None), Relation::NONE);
    assert_eq!(of("lee", Some(&unit("icu"))), Relation::NONE);
}

#[test]
fn a_new_ladder_replaces_the_old_one() {
    let mut teams = granted(&GrantEvent::Ended(1));
    teams.set_ladder(unit("icu"), [person("lee")].into());
    assert!(!teams.on_unit(&person("kim"), &unit("icu"), NOW));
    assert!(teams.on_unit(&person("lee"), &unit("icu"), NOW));
}

#[test]
fn an_assignment_to_a_patient_follows_the_patient() {
    let p1 = PatientId::new("p-1").unwrap();
    let teams = granted(&GrantEvent::Assigned(person("cara"), CareOf::Patient(p1.clone())));
    for lies_in in [Some(unit("icu")), Some(unit("ward-9")), None] {
        assert!(teams.relation(&person("cara"), &p1, lies_in.as_ref(), NOW).team);
    }
    let other = PatientId::new("p-2").unwrap();
    assert_eq!(teams.relation(&person("cara"), &other, Some(&unit("icu")), NOW), Relation::NONE);
}

/// An ICU with one rotation of two, and a charge nurse with every other role.
fn roster() -> Roster {
    let roles = ["backup", "charge-nurse", "physician", "code-team", "supervisor", "technician"];
    let roles = roles.map(|role| format!("{role} = [\"person:charge\"]\n")).concat();
    let person = |id| format!("[[person]]\nid = \"{id}\"\ncontacts = [\"webhook:https://pager.example/{id}\"]\n");
    let people = ["ana", "bo", "dan", "charge"].map(person).concat();
    let site = format!(
        "{people}[[rotation]]\nid = \"nurses\"\nzone = \"UTC\"\n[[rotation.layer]]\nstart = \"1970-01-01 00:00\"\n\
         turn = \"daily\"\npeople = [\"ana\", \"bo\"]\n[[unit]]\nid = \"icu\"\nsetting = \"bedside\"\n[unit.roles]\n\
         primary = [\"rotation:nurses\"]\n{roles}"
    );
    let policies = include_str!("../../../config/care/policies.toml");
    let files = vec![("policies.toml".into(), policies.into()), ("site.toml".into(), site)];
    changed(Roster::default(), &RosterCommand::AdoptPlan { files })
}

fn changed(mut roster: Roster, command: &RosterCommand) -> Roster {
    for event in roster.decide(command, NOW).unwrap() {
        roster.evolve(&event, NOW);
    }
    roster
}

fn with(roster: Roster) -> CareTeams {
    let mut teams = granted(&GrantEvent::Ended(1));
    teams.set_roster(Arc::new(roster));
    teams
}

#[test]
fn a_care_plan_makes_the_care_team_of_its_units_whoever_is_on_shift() {
    let teams = with(roster());
    let icu = |who: &str| teams.on_unit(&person(who), &unit("icu"), NOW);
    assert!(icu("ana") && icu("bo") && icu("charge"), "roles, and rotations with a role");
    assert!(!icu("dan"), "a person of the plan without a role in the unit");
    assert!(!icu("kim"), "the ladder of a unit that the plan knows asks nobody");
}

#[test]
fn an_override_puts_somebody_on_the_care_team_for_as_long_as_it_holds() {
    let rotation = RotationId::new("nurses").unwrap();
    let (from, to) = (NOW.plus_ms(60_000), NOW.plus_ms(120_000));
    let set = Override { number: 0, rotation, add: Some(person("dan")), remove: None, from, to };
    let teams = with(changed(roster(), &RosterCommand::Override(set)));
    let dan = |at| teams.on_unit(&person("dan"), &unit("icu"), at);
    assert!(!dan(NOW) && dan(from) && !dan(to));
}

#[test]
fn a_nurses_patients_for_a_shift_are_theirs_in_that_unit_and_until_the_shift_ends() {
    let (p1, p2) = (PatientId::new("p-1").unwrap(), PatientId::new("p-2").unwrap());
    let (from, to) = (NOW, NOW.plus_ms(8 * 3_600_000));
    let assignment = Assignment { unit: unit("icu"), person: person("dan"), patients: vec![p1.clone()], from, to };
    let teams = with(changed(roster(), &RosterCommand::AssignPatients(assignment)));
    let dan = |patient, lies_in: &str, at| teams.relation(&person("dan"), patient, Some(&unit(lies_in)), at).team;
    assert!(dan(&p1, "icu", from));
    assert!(!dan(&p1, "ward-9", from) && !dan(&p2, "icu", from) && !dan(&p1, "icu", to));
}
