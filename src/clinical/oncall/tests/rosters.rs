//! "Who now", by step, kind and priority.

use super::scene::{Site, at, patient, person, unit};
use crate::clinical::alert::Term;
use crate::clinical::condition::ConditionKind::{Physiological, Technical};
use crate::clinical::condition::Priority::{High, Low, Medium};
use crate::clinical::oncall::{Assignment, Maintenance, Question, RosterCommand, RosterRefused};

const NOON: &str = "2026-03-02T11:00:00Z";

fn assign(nurse: &str, patients: &[&str], from: &str, to: &str) -> RosterCommand {
    RosterCommand::AssignPatients(Assignment {
        unit: unit("icu"),
        person: person(nurse),
        patients: patients.iter().map(|id| patient(id)).collect(),
        from: at(from),
        to: at(to),
    })
}

#[test]
fn each_step_pages_whom_the_policy_names_now() {
    let site = Site::new();
    let icu = unit("icu");
    assert_eq!(site.people_of(&icu, Physiological, High, 1), ["nurse-c"]);
    assert_eq!(site.people_of(&icu, Physiological, High, 2), ["charge"]);
    assert_eq!(site.people_of(&icu, Physiological, High, 3), ["charge", "dr-x"]);
    assert_eq!(site.people_of(&icu, Technical, Medium, 2), ["tech"]);
}

#[test]
fn what_may_be_lethal_pages_the_whole_unit_but_technicians() {
    let site = Site::new();
    let icu = unit("icu");
    let question = Question { unit: &icu, patient: None, kind: Physiological, priority: High, lethal: true, step: 1 };
    let resolved = site.roster.resolve(&question, site.now).expect("a policy");
    assert_eq!(resolved.people, ["nurse-c", "charge", "dr-x"].map(person));
    assert_eq!((resolved.delay_ms, resolved.last), (60_000, false));
}

#[test]
fn a_patients_nurse_is_primary_for_the_shift() {
    let mut site = Site::new();
    let icu = unit("icu");
    site.command(assign("nurse-a", &["p1", "p2"], NOON, "2026-03-02T18:00:00Z")).expect("an assignment");
    let who = |site: &Site, id: &str, rfc3339: &str| {
        let id = patient(id);
        let question =
            Question { unit: &icu, patient: Some(&id), kind: Physiological, priority: High, lethal: false, step: 1 };
        site.roster.resolve(&question, at(rfc3339)).expect("a policy").people[0].to_string()
    };
    assert_eq!(who(&site, "p1", NOON), "nurse-a");
    assert_eq!(who(&site, "p3", NOON), "nurse-c", "assigned to nobody: the rotation");
    assert_eq!(who(&site, "p1", "2026-03-02T18:00:00Z"), "nurse-c", "after the shift: the rotation");
    site.command(assign("nurse-b", &["p1"], "2026-03-02T15:00:00Z", "2026-03-02T18:00:00Z")).expect("an assignment");
    assert_eq!(who(&site, "p1", "2026-03-02T14:59:59Z"), "nurse-a");
    assert_eq!(who(&site, "p1", "2026-03-02T15:00:00Z"), "nurse-b", "one nurse at a time");
    assert_eq!(who(&site, "p2", "2026-03-02T15:00:00Z"), "nurse-a");
}

#[test]
fn an_assignment_longer_than_a_shift_is_refused() {
    let mut site = Site::new();
    let wrong = assign("nurse-a", &["p1"], NOON, "2026-03-09T18:00:00Z");
    assert!(matches!(site.command(wrong), Err(RosterRefused::Invalid(_))));
}

#[test]
fn low_alerts_are_due_and_answers_to_them_expire_with_the_shift() {
    let site = Site::new();
    let icu = unit("icu");
    let question = Question { unit: &icu, patient: None, kind: Physiological, priority: Low, lethal: false, step: 1 };
    let resolved = site.roster.resolve(&question, site.now).expect("a policy");
    // nurse-c's turn ends at 07:00 in Zurich on the next day: 19 hours after noon.
    assert_eq!(resolved.delay_ms, 19 * 3_600_000);
    assert_eq!(resolved.answer, Term::Until(at("2026-03-03T06:00:00Z")));
}

#[test]
fn cied_red_is_answered_within_the_hour_and_holds_for_a_day() {
    let site = Site::new();
    let clinic = unit("clinic");
    let question =
        Question { unit: &clinic, patient: None, kind: Physiological, priority: Medium, lethal: false, step: 1 };
    // By night too.
    let resolved = site.roster.resolve(&question, at("2026-03-08T02:00:00Z")).expect("a policy");
    assert_eq!((resolved.delay_ms, resolved.answer), (3_600_000, Term::Ms(86_400_000)));
}

#[test]
fn cied_yellow_is_due_by_the_next_working_day() {
    let site = Site::new();
    let clinic = unit("clinic");
    let question =
        Question { unit: &clinic, patient: None, kind: Physiological, priority: Low, lethal: false, step: 1 };
    let friday_evening = at("2026-03-06T19:00:00Z");
    let resolved = site.roster.resolve(&question, friday_evening).expect("a policy");
    assert_eq!(friday_evening.plus_ms(i64::from(resolved.delay_ms)), at("2026-03-09T16:00:00Z"), "Monday, 17:00");
}

#[test]
fn a_shorter_policy_repeats_its_last_step() {
    let site = Site::new();
    assert_eq!(site.people_of(&unit("icu"), Physiological, High, 9), ["charge"]);
}

#[test]
fn a_unit_that_no_plan_knows_has_no_answer() {
    let site = Site::new();
    let other = unit("other");
    let question = Question { unit: &other, patient: None, kind: Technical, priority: High, lethal: false, step: 1 };
    assert_eq!(site.roster.resolve(&question, site.now), None);
}

#[test]
fn maintenance_lasts_four_hours_at_most_and_has_a_reason() {
    let mut site = Site::new();
    let set = |reason: &str, until: &str| {
        RosterCommand::SetMaintenance(Maintenance {
            unit: unit("icu"),
            reason: reason.into(),
            by: person("tech"),
            from: at(NOON),
            until: at(until),
        })
    };
    assert!(matches!(site.command(set("pump", "2026-03-02T15:00:01Z")), Err(RosterRefused::Invalid(_))));
    assert!(matches!(site.command(set(" ", "2026-03-02T12:00:00Z")), Err(RosterRefused::Invalid(_))));
    site.command(set("pump", "2026-03-02T15:00:00Z")).expect("four hours");
    assert!(site.roster.standing().maintenance_of(&unit("icu"), at("2026-03-02T14:59:59Z")).is_some());
    assert!(site.roster.standing().maintenance_of(&unit("icu"), at("2026-03-02T15:00:00Z")).is_none());
}

#[test]
fn the_same_plan_again_changes_nothing() {
    let mut site = Site::new();
    let files = site.roster.plan().texts().to_vec();
    assert_eq!(site.command(RosterCommand::AdoptPlan { files }), Ok(Vec::new()));
    assert_eq!(site.roster.version(), 1);
}
