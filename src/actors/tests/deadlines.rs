//! I4: every open alert has an owner or a durable next deadline.

use super::scene::{FINE, LOW, Sender, Ward, until};
use crate::actors::handle::Answered;
use crate::clinical::alert::{AlertEvent, Command, RoundCause, Verb};
use crate::clinical::ids::Subject;
use crate::faults::{Action, Point, arm};

fn repeats(facts: &[AlertEvent]) -> Vec<i64> {
    let lateness = facts.iter().filter_map(|fact| match fact {
        AlertEvent::RoundBegan { cause: RoundCause::LadderRepeats, lateness_ms, .. } => Some(*lateness_ms),
        _ => None,
    });
    lateness.collect()
}

fn steps(facts: &[AlertEvent], on_fallback: bool) -> usize {
    facts
        .iter()
        .filter(|fact| matches!(fact, AlertEvent::StepEntered { fallback, .. } if *fallback == on_fallback))
        .count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_ladder_repeats_while_nobody_answers() {
    let ward = Ward::open("repeats").await;
    ward.set_care_team(1_000).await;
    ward.enrol().await;
    Sender::new(&ward, &[FINE, LOW]).run(&ward.handle()).await;
    until("the ladder has repeated twice", async || repeats(&ward.facts().await).len() >= 2).await;
    until("each round pages", async || steps(&ward.facts().await, false) >= 3).await;
    let account = ward.account().await;
    account.expect(2, 1);
    assert!(account.pages >= 3, "each round pages anew");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadline_outlives_the_process_and_fires_late_with_its_lateness() {
    let mut ward = Ward::open("outlives").await;
    ward.set_care_team(1_000).await;
    ward.enrol().await;
    Sender::new(&ward, &[LOW]).run(&ward.handle()).await;
    until("the step is entered", async || steps(&ward.facts().await, false) >= 1).await;
    let before = repeats(&ward.facts().await).len();
    // The process is gone for longer than the step lasts.
    ward.be_down_for_ms(1_500).await;
    until("the deadline fires", async || repeats(&ward.facts().await).len() > before).await;
    let late = repeats(&ward.facts().await)[before];
    assert!(late >= 400, "the lateness is on record: {late} ms");
    ward.account().await.expect(1, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unit_without_a_ladder_goes_to_the_fallback_at_once() {
    let ward = Ward::open("unknown-unit").await;
    ward.enrol().await;
    Sender::new(&ward, &[LOW]).run(&ward.handle()).await;
    ward.until_paged().await;
    let facts = ward.facts().await;
    assert_eq!(steps(&facts, true), 1);
    assert!(facts.iter().any(|fact| matches!(fact, AlertEvent::NoOneOnCall { .. })), "{facts:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_care_team_that_is_parked_leaves_the_alert_to_the_fallback_by_its_deadline() {
    let ward = Ward::open("parked").await;
    ward.enrol().await;
    let unit = ward.unit();
    // It crashes when it is asked, then more often than its intensity allows.
    let asked = arm(Point::CareTeamOnAsk, Some(unit.as_str()), 1, Action::Error);
    let armed: Vec<_> = (0..8).map(|_| arm(Point::CareTeamInRecovery, Some(unit.as_str()), 1, Action::Error)).collect();
    Sender::new(&ward, &[LOW]).run(&ward.handle()).await;
    ward.until_paged().await;
    assert!(asked.has_fired() && armed[0].has_fired());
    let facts = ward.facts().await;
    assert_eq!(steps(&facts, true), 1, "{facts:?}");
    let silent = |fact: &AlertEvent| matches!(fact, AlertEvent::StepEntered { policy_version: 0, fallback: true, .. });
    assert!(facts.iter().any(silent), "{facts:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_to_whom_an_owner_escalates_finds_the_page_and_whoever_accepts_takes_it_back() {
    let ward = Ward::open("passed-on").await;
    ward.set_care_team(600_000).await;
    ward.enrol().await;
    Sender::new(&ward, &[LOW]).run(&ward.handle()).await;
    until("the step is entered", async || steps(&ward.facts().await, false) == 1).await;
    let (handle, other) = (ward.handle(), ward.options.fallback[0].clone());
    let answer = async |by, verb, seen_version| {
        let command = Command { ordinal: 1, verb, by, reason: "a test".into(), seen_version };
        match handle.answer(&Subject::Patient(ward.patient()), command).await.unwrap() {
            Answered::Done(view) => view.alert.version,
            Answered::Stale(view) => panic!("version {} is current", view.alert.version),
        }
    };
    let version = answer(ward.person(), Verb::Accept, 1).await;
    until("the owner's page is taken back", async || handle.inbox(&ward.person()).await.unwrap().is_empty()).await;
    let version = answer(ward.person(), Verb::Escalate { to: Some(other.clone()) }, version).await;
    until("the other is paged", async || handle.inbox(&other).await.unwrap().len() == 1).await;
    answer(other.clone(), Verb::Accept, version).await;
    until("that page is taken back", async || handle.inbox(&other).await.unwrap().is_empty()).await;
}
