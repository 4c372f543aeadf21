//! Role x field.

use crate::access::{Field, Fields, Relation, Role, Verb, decide};
use crate::clinical::condition::ConditionKind::{Physiological, Technical};

const TEAM: Relation = Relation { team: true, asked: false, broke_glass: false };

fn shown(role: &str, verb: Verb) -> [bool; 10] {
    let fields = decide(&[role.parse::<Role>().unwrap()], TEAM, verb).fields().unwrap_or_default();
    Field::ALL.map(|field| fields.has(field))
}

#[test]
fn each_role_sees_exactly_these_fields_of_a_patient_for_whom_it_cares() {
    const Y: bool = true;
    const N: bool = false;
    // route, device, patient, place, finding, value, note, rhythm, trace, profile
    let table = [
        ("physician:cardiology", Verb::SeeAlert(Physiological), [Y, Y, Y, Y, Y, Y, Y, Y, Y, Y]),
        ("physician", Verb::SeeAlert(Physiological), [Y, Y, Y, Y, Y, Y, Y, Y, N, Y]),
        ("nurse", Verb::SeeAlert(Physiological), [Y, Y, Y, Y, Y, Y, Y, N, N, Y]),
        ("technician", Verb::SeeAlert(Physiological), [N, N, N, N, N, N, N, N, N, N]),
        ("technician", Verb::SeeAlert(Technical), [Y, Y, N, N, Y, Y, N, N, N, N]),
        ("technician", Verb::SeeDevice, [Y, Y, N, N, Y, Y, N, N, N, N]),
        ("sre", Verb::SeeAlert(Technical), [N, N, N, N, N, N, N, N, N, N]),
        ("sre", Verb::ReadStatus, [N, N, N, N, N, N, N, N, N, N]),
        ("compliance", Verb::SeePatient, [N, N, N, N, N, N, N, N, N, N]),
        ("compliance", Verb::ReadTrail, [N, N, N, N, N, N, N, N, N, N]),
        ("admin", Verb::SeeAlert(Physiological), [Y, Y, Y, Y, N, N, N, N, N, Y]),
        ("admin", Verb::SeePatient, [Y, Y, Y, Y, N, N, N, N, N, Y]),
    ];
    for (role, verb, expected) in table {
        assert_eq!(shown(role, verb), expected, "{role}: {}", verb.name());
    }
}

#[test]
fn what_may_not_be_shown_is_empty() {
    assert_eq!(Fields::EQUIPMENT.show(Field::Place, "bed 4".to_owned()), "");
    assert_eq!(Fields::BEDSIDE.show(Field::Place, "bed 4".to_owned()), "bed 4");
    assert_eq!(Fields::OVERSIGHT.show(Field::Value, Some(80.0)), None);
}

#[test]
fn the_number_on_record_gives_the_fields_back() {
    for fields in [Fields::NONE, Fields::OVERSIGHT, Fields::EQUIPMENT, Fields::BEDSIDE, Fields::CARDIOLOGY] {
        assert_eq!(Fields::from_bits(fields.bits()), fields);
    }
    assert_eq!(Fields::from_bits(u32::MAX), Fields::CARDIOLOGY, "unknown bits are dropped");
    assert_eq!(Fields::OVERSIGHT.to_string(), "route, device, patient, place, profile");
}
