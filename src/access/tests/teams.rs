//! Who is on a care team.

use crate::access::{CareOf, CareTeams, GrantEvent, Grants, Relation};
use crate::clinical::ids::{PatientId, PersonId, UnitId};
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
    assert!(!teams.on_unit(&person("kim"), &unit("icu")));
    assert!(teams.on_unit(&person("lee"), &unit("icu")));
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
