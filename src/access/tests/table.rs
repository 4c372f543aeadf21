//! Role x relation x verb, written out, so that a change of the decision is a change of this page.

use crate::access::{Decision, Fields, Relation, Role, Verb, decide, may_ask};
use crate::clinical::condition::ConditionKind::{Physiological, Technical};

const TEAM: Relation = Relation { team: true, ..Relation::NONE };
const ASKED: Relation = Relation { asked: true, ..Relation::NONE };
const GLASS: Relation = Relation { broke_glass: true, ..Relation::NONE };
const RELATIONS: [Relation; 4] = [Relation::NONE, TEAM, ASKED, GLASS];

/// `-` forbidden, `0` absent, `y` allowed without a field; else the fields: `O`versight, `E`quipment, `B`edside,
/// `C`linical, `K` cardiology.
fn letter(decision: Decision) -> char {
    match decision {
        Decision::Forbid(_) => '-',
        Decision::Absent => '0',
        Decision::Allow(Fields::NONE) => 'y',
        Decision::Allow(Fields::OVERSIGHT) => 'O',
        Decision::Allow(Fields::EQUIPMENT) => 'E',
        Decision::Allow(Fields::BEDSIDE) => 'B',
        Decision::Allow(Fields::CLINICAL) => 'C',
        Decision::Allow(Fields::CARDIOLOGY) => 'K',
        Decision::Allow(other) => panic!("a set of fields that no role has: {other}"),
    }
}

fn row(role: &str, verb: Verb) -> String {
    let roles = [role.parse::<Role>().unwrap()];
    RELATIONS.map(|relation| letter(decide(&roles, relation, verb))).iter().collect()
}

/// Each cell: no relation, on the care team, asked, broke the glass.
#[test]
fn each_role_sees_and_does_exactly_this_for_each_relation() {
    const ROLES: [&str; 7] = ["physician:cardiology", "physician", "nurse", "technician", "sre", "compliance", "admin"];
    let table: [(Verb, [&str; 7]); 14] = [
        (Verb::SeeAlert(Physiological), ["0KKK", "0CCC", "0BBB", "00B0", "----", "----", "OOBO"]),
        (Verb::SeeAlert(Technical), ["0KKK", "0CCC", "0BBB", "EEEE", "----", "----", "OOBO"]),
        (Verb::AnswerAlert(Physiological), ["0KKK", "0CCC", "0BBB", "0000", "----", "----", "----"]),
        (Verb::AnswerAlert(Technical), ["0KKK", "0CCC", "0BBB", "EEEE", "----", "----", "----"]),
        (Verb::SeePatient, ["0KKK", "0CCC", "0BBB", "----", "----", "----", "OOOO"]),
        (Verb::SeeDevice, ["0KKK", "0CCC", "0BBB", "EEEE", "----", "----", "OOOO"]),
        (Verb::ReadInbox, ["yyyy", "yyyy", "yyyy", "yyyy", "----", "----", "yyyy"]),
        (Verb::Administer, ["----", "----", "----", "----", "----", "----", "yyyy"]),
        (Verb::ReadStatus, ["----", "----", "----", "----", "yyyy", "----", "yyyy"]),
        (Verb::RestartActor, ["----", "----", "----", "----", "yyyy", "----", "yyyy"]),
        (Verb::BreakGlass, ["yyyy", "yyyy", "yyyy", "----", "----", "----", "----"]),
        (Verb::ReadTrail, ["----", "----", "----", "----", "----", "yyyy", "----"]),
        (Verb::Review, ["----", "----", "----", "----", "----", "yyyy", "----"]),
        (Verb::ManageKeys, ["----", "----", "----", "----", "----", "----", "yyyy"]),
    ];
    assert_eq!(table.map(|(verb, _)| verb), Verb::ALL, "every verb has its row");
    for (verb, expected) in table {
        for (role, expected) in ROLES.iter().zip(expected) {
            assert_eq!(row(role, verb), expected, "{role}: {}", verb.name());
        }
    }
}

#[test]
fn nobody_without_a_role_is_answered_anything() {
    for (verb, relation) in Verb::ALL.iter().flat_map(|verb| Relation::all().map(|relation| (*verb, relation))) {
        assert!(matches!(decide(&[], relation, verb), Decision::Forbid(_)), "{}", verb.name());
    }
}

#[test]
fn a_second_role_only_ever_adds() {
    let all: Vec<Role> = ["physician:cardiology", "physician", "nurse", "technician", "sre", "compliance", "admin"]
        .map(|role| role.parse().unwrap())
        .to_vec();
    for verb in Verb::ALL {
        for relation in Relation::all() {
            for (a, b) in all.iter().flat_map(|a| all.iter().map(move |b| (a, b))) {
                let one = decide(std::slice::from_ref(a), relation, verb);
                let both = decide(&[a.clone(), b.clone()], relation, verb);
                assert_eq!(both.fields(), decide(&[b.clone(), a.clone()], relation, verb).fields());
                if let Some(fields) = one.fields() {
                    assert_eq!(both.fields().map(|both| both.union(fields)), both.fields(), "{a} and {b}");
                }
            }
        }
    }
}

#[test]
fn whoever_could_be_answered_may_ask_and_nobody_else() {
    for role in ["physician", "nurse", "technician", "sre", "compliance", "admin"] {
        let roles = [role.parse::<Role>().unwrap()];
        for verb in Verb::ALL {
            let answered = Relation::all().iter().any(|relation| decide(&roles, *relation, verb).fields().is_some());
            assert_eq!(may_ask(&roles, verb).is_ok(), answered, "{role}: {}", verb.name());
        }
    }
}
