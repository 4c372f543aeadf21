//! Hand over, snooze, dispose; several who must accept; how long an answer holds.

use super::scene::{Scene, condition, person};
use crate::clinical::alert::{CloseCause, Effect, Refused, Response, Term, Verb, Verdict};
use crate::clinical::condition::Priority::{High, Low, Medium};

fn to(name: &str) -> Verb {
    Verb::HandOver { to: person(name) }
}

// Hand over.

#[test]
fn giver_stays_responsible_until_the_hand_over_is_accepted() {
    let mut scene = Scene::acknowledged(&condition("spo2_low", Medium));
    scene.asks("ana", to("bo")).then(&["offered"]);
    assert_eq!(scene.owner(), Some("ana"));
    assert_eq!(scene.effects(), [Effect::PageByName { ordinal: 1, round: 1, step: 1, person: person("bo") }]);
    scene.asks("bo", Verb::Accept).then(&["accepted", "handed over"]);
    assert_eq!((scene.owner(), scene.alert().hand_over.as_ref()), (Some("bo"), None));
}

#[test]
fn hand_over_that_is_rejected_leaves_the_giver() {
    let mut scene = Scene::acknowledged(&condition("spo2_low", Medium));
    scene.asks("ana", to("bo")).asks("bo", Verb::Reject).then(&["rejected"]);
    assert_eq!((scene.owner(), scene.alert().hand_over.as_ref()), (Some("ana"), None));
    scene.asks("bo", Verb::Accept).then(&["accepted"]);
}

#[test]
fn hand_over_that_nobody_answers_expires_with_the_givers_answer() {
    let mut scene = Scene::acknowledged(&condition("spo2_low", Medium));
    scene.asks("ana", to("bo")).falls_due().then(&["answer expired", "round: expired"]);
}

#[test]
fn hand_over_of_an_alert_that_waits_pages_and_leaves_the_ladder_going() {
    let mut scene = Scene::waiting(&condition("asystole", High));
    let deadline = scene.alert().deadline();
    scene.asks("ana", to("bo")).then(&["offered"]);
    assert_eq!((scene.waits_for(), scene.alert().deadline()), (vec!["ana", "bo"], deadline));
    scene.asks("bo", Verb::Acknowledge).then(&["acknowledged", "handed over"]);
}

#[test]
fn only_the_owner_hands_an_owned_alert_over_and_to_somebody_else() {
    let mut scene = Scene::acknowledged(&condition("spo2_low", Medium));
    scene.asks("bo", to("cy")).refused(&Refused::NotNow("only its owner hands an alert over: escalate it instead"));
    let refusal = "an alert is handed over to somebody else: accept it to own it";
    scene.asks("ana", to("ana")).refused(&Refused::NotNow(refusal));
}

#[test]
fn hand_over_again_is_no_event() {
    let mut scene = Scene::acknowledged(&condition("spo2_low", Medium));
    scene.asks("ana", to("bo")).passes_ms(500).asks("ana", to("bo")).then(&[]);
}

// Snooze.

#[test]
fn snooze_silences_signals_only_and_the_ladder_goes_on() {
    let mut scene = Scene::waiting(&condition("spo2_low", Medium));
    let (deadline, version) = (scene.alert().deadline(), scene.alert().version);
    scene.asks("ana", Verb::Snooze { ms: 900_000 }).then(&["snoozed"]);
    assert!(scene.alert().is_silenced(scene.now));
    assert!(!scene.alert().is_silenced(scene.now.plus_ms(900_000)));
    assert_eq!((scene.alert().deadline(), scene.alert().version), (deadline, version));
    assert!(matches!(scene.alert().response, Response::Waiting { .. }));
    scene.falls_due().then(&["step due"]);
}

#[test]
fn snooze_is_at_most_60_minutes_for_low_15_for_medium_and_refused_for_high() {
    for (priority, ms_max) in [(Low, 3_600_000), (Medium, 900_000)] {
        let mut scene = Scene::waiting(&condition("x", priority));
        scene.asks("ana", Verb::Snooze { ms: ms_max + 1 });
        assert!(matches!(scene.refused, Some(Refused::NotNow(_))));
        scene.asks("ana", Verb::Snooze { ms: 0 });
        assert!(matches!(scene.refused, Some(Refused::NotNow(_))));
        scene.asks("ana", Verb::Snooze { ms: ms_max }).then(&["snoozed"]);
        scene.passes_ms(1_000).asks("ana", Verb::Snooze { ms: ms_max }).then(&[]);
    }
    let refusal = Refused::NotNow("a high alert cannot be snoozed: acknowledge it");
    Scene::waiting(&condition("asystole", High)).asks("ana", Verb::Snooze { ms: 60_000 }).refused(&refusal);
}

#[test]
fn rise_of_priority_ends_a_snooze() {
    let mut scene = Scene::waiting(&condition("news2", Low));
    scene.asks("ana", Verb::Snooze { ms: 3_600_000 }).sets_in(&condition("news2", High));
    assert!(!scene.alert().is_silenced(scene.now));
}

// Dispose.

#[test]
fn verdict_is_kept_once_and_may_change() {
    let mut scene = Scene::waiting(&condition("spo2_low", Medium));
    let verdict = |verdict| Verb::Dispose { verdict };
    scene.asks("ana", verdict(Verdict::False)).then(&["disposed"]);
    scene.asks("ana", verdict(Verdict::False)).then(&[]);
    scene.asks("bo", verdict(Verdict::NotActionable)).then(&["disposed"]);
    assert_eq!(scene.alert().verdict, Some((person("bo"), Verdict::NotActionable)));
    assert!(matches!(scene.alert().response, Response::Waiting { .. }), "a verdict is no answer");
}

#[test]
fn closed_alert_can_be_disposed_and_commented_and_nothing_else() {
    let low = condition("spo2_low", Medium);
    let mut scene = Scene::waiting(&low);
    scene.ends(&low).then_closed(CloseCause::EndedUnanswered);
    scene.asks("ana", Verb::Dispose { verdict: Verdict::True }).then(&["disposed"]);
    scene.asks("ana", Verb::Comment).then(&["commented"]);
    scene.asks("ana", Verb::Accept).refused(&Refused::NoSuchAlert);
    assert!(scene.book.open().is_empty());
}

// Several must accept.

#[test]
fn ladder_stops_once_as_many_have_accepted_as_must() {
    let mut scene = Scene::raised(&condition("asystole", High));
    scene.accepts(2).team_says(&["ana", "bo", "cy"], 60_000, false);
    scene.asks("ana", Verb::Accept).then(&["joined"]).asks("ana", Verb::Accept).then(&[]);
    assert_eq!(scene.owner(), None);
    assert!(scene.effects().is_empty(), "the others stay paged");
    scene.asks("bo", Verb::Acknowledge).then(&["acknowledged"]);
    assert_eq!(scene.owner(), Some("bo"));
}

#[test]
fn ladder_goes_on_while_too_few_have_accepted() {
    let mut scene = Scene::raised(&condition("asystole", High));
    scene.accepts(2).team_says(&["ana", "bo"], 60_000, false).asks("ana", Verb::Accept);
    scene.falls_due().then(&["step due"]);
    scene.accepts(1).team_says(&["cy"], 60_000, true).asks("cy", Verb::Accept).then(&["accepted"]);
}

#[test]
fn more_than_were_paged_need_not_accept() {
    let mut scene = Scene::raised(&condition("asystole", High));
    scene.accepts(3).team_says(&["ana"], 60_000, false).asks("ana", Verb::Accept).then(&["accepted"]);
}

// How long an answer holds.

#[test]
fn answer_holds_as_long_as_the_care_team_says() {
    let mut scene = Scene::raised(&condition("cied_eri", Medium));
    scene.answers_hold(Term::Ms(86_400_000)).team_says(&["ana"], 3_600_000, false).asks("ana", Verb::Acknowledge);
    assert_eq!(scene.alert().deadline(), scene.now.plus_ms(86_400_000));
}

#[test]
fn answer_to_a_low_alert_expires_with_the_shift() {
    let mut scene = Scene::raised(&condition("worklist", Low));
    let shift_ends = scene.now.plus_ms(3 * 3_600_000);
    scene.answers_hold(Term::Until(shift_ends)).team_says(&["ana"], 60_000, true).asks("ana", Verb::Acknowledge);
    assert_eq!(scene.alert().deadline(), shift_ends);
    scene.falls_due().then(&["answer expired", "round: expired"]).team_says(&["bo"], 60_000, true);
    assert_eq!(scene.waits_for(), ["bo", "ana"], "whoever is on call now is paged too");
    scene.asks("bo", Verb::Acknowledge);
    assert_eq!(scene.alert().deadline(), scene.now.plus_ms(8 * 3_600_000), "the shift that was meant is over");
}
