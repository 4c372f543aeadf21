//! The verbs, exactly.

use super::scene::{Scene, condition, latching, person};
use crate::clinical::alert::terms::REPEAT_MS;
use crate::clinical::alert::{AlertEvent, CloseCause, Effect, Refused, Response, Verb};
use crate::clinical::condition::Condition;
use crate::clinical::condition::Priority::{High, Medium};

fn asystole() -> Condition {
    condition("asystole", High)
}

fn to(name: &str) -> Verb {
    Verb::Escalate { to: Some(person(name)) }
}

const NEXT: Verb = Verb::Escalate { to: None };

// Acknowledge, accept.

#[test]
fn acknowledge_silences_owns_and_withdraws_pages() {
    let mut scene = Scene::waiting(&asystole());
    scene.asks("ana", Verb::Acknowledge).then(&["acknowledged"]);
    assert!(matches!(scene.alert().response, Response::Answered { silenced: true, .. }));
    assert_eq!((scene.owner(), scene.alert().version), (Some("ana"), 2));
    assert_eq!(scene.effects(), [Effect::WithdrawPages { ordinal: 1 }]);
}

#[test]
fn accept_owns_and_leaves_the_signals_on() {
    let mut scene = Scene::waiting(&asystole());
    scene.asks("ana", Verb::Accept).then(&["accepted"]);
    assert!(matches!(scene.alert().response, Response::Answered { silenced: false, .. }));
    assert_eq!(scene.alert().deadline(), scene.now.plus_ms(600_000));
    assert_eq!(scene.effects(), [Effect::WithdrawPages { ordinal: 1 }]);
}

#[test]
fn answer_before_the_care_team_said_who_is_as_good() {
    Scene::raised(&asystole()).asks("ana", Verb::Acknowledge).then(&["acknowledged"]);
}

#[test]
fn same_answer_by_the_same_person_again_is_no_event() {
    for (verb, other) in [(Verb::Acknowledge, Verb::Accept), (Verb::Accept, Verb::Acknowledge)] {
        let mut scene = Scene::waiting(&asystole());
        scene.asks_having_seen(1, "ana", verb.clone()).asks_having_seen(1, "ana", verb).then(&[]);
        scene.asks_having_seen(1, "ana", other).refused(&Refused::Stale { current: 2 });
    }
}

#[test]
fn owner_who_answers_the_present_version_renews() {
    let mut scene = Scene::acknowledged(&asystole());
    scene.passes_ms(300_000).asks("ana", Verb::Acknowledge).then(&["acknowledged"]);
    assert_eq!(scene.alert().deadline(), scene.now.plus_ms(600_000));
    assert_eq!(scene.alert().version, 2, "neither phase nor owner changed");
}

#[test]
fn owner_may_change_between_accept_and_acknowledge() {
    let mut scene = Scene::acknowledged(&asystole());
    scene.asks("ana", Verb::Accept).then(&["accepted"]);
    assert_eq!(scene.alert().version, 3);
}

#[test]
fn another_person_may_take_over() {
    let mut scene = Scene::acknowledged(&asystole());
    scene.asks("bo", Verb::Accept).then(&["accepted"]);
    assert_eq!((scene.owner(), scene.alert().version), (Some("bo"), 3));
}

// Stale.

#[test]
fn command_of_a_stale_version_is_refused_with_the_current_one() {
    for verb in [Verb::Acknowledge, Verb::Accept, Verb::Reject, NEXT, to("cy"), Verb::Reset] {
        let mut scene = Scene::acknowledged(&asystole());
        scene.asks_having_seen(1, "bo", verb).refused(&Refused::Stale { current: 2 });
    }
}

#[test]
fn version_counts_neither_folds_nor_steps_nor_repeats() {
    let mut scene = Scene::raised(&asystole());
    scene.team_says(&["ana"], 60_000, false).sets_in(&asystole()).falls_due().team_says(&["bo"], 60_000, true);
    scene.asks("cy", Verb::Comment).asks("ana", Verb::Reject).asks("cy", to("dan")).falls_due();
    assert_eq!((scene.alert().round, scene.alert().version), (2, 1));
}

#[test]
fn command_to_an_alert_that_is_closed_finds_none() {
    let mut scene = Scene::waiting(&asystole());
    scene.ends(&asystole());
    for verb in [Verb::Acknowledge, Verb::Snooze { ms: 60_000 }, Verb::Reset] {
        scene.asks("ana", verb).refused(&Refused::NoSuchAlert);
    }
}

// Reject.

#[test]
fn reject_makes_the_next_step_due_at_once() {
    let mut scene = Scene::waiting(&asystole());
    scene.asks("ana", Verb::Reject).then(&["rejected", "step due"]);
    assert_eq!(scene.effects(), [Effect::AskCareTeam { ordinal: 1, round: 1, step: 2 }]);
}

#[test]
fn reject_of_the_last_step_begins_the_ladder_again() {
    let mut scene = Scene::raised(&asystole());
    scene.team_says(&["ana"], 60_000, true).asks("ana", Verb::Reject).then(&["rejected", "round: repeats"]);
}

#[test]
fn reject_again_is_no_event() {
    let mut scene = Scene::waiting(&asystole());
    scene.asks("ana", Verb::Reject).asks("ana", Verb::Reject).then(&[]);
    scene.team_says(&["bo"], 60_000, false).asks("ana", Verb::Reject).then(&[]);
    assert_eq!((scene.alert().step(), scene.waits_for()), (2, vec!["bo"]));
}

#[test]
fn reject_of_each_step_by_the_same_person_moves_the_ladder_each_time() {
    let mut scene = Scene::waiting(&asystole());
    scene.asks("ana", Verb::Reject).team_says(&["ana"], 60_000, false);
    scene.asks("ana", Verb::Reject).then(&["rejected", "step due"]);
    assert_eq!(scene.alert().step(), 3);
}

#[test]
fn reject_by_somebody_of_an_earlier_step_takes_no_time_from_the_present_one() {
    let mut scene = Scene::raised(&asystole());
    scene.team_says(&["ana", "bo"], 60_000, false).falls_due().team_says(&["cy"], 60_000, false);
    let deadline = scene.alert().deadline();
    scene.asks("bo", Verb::Reject).then(&["rejected"]);
    assert_eq!((scene.alert().step(), scene.alert().deadline()), (2, deadline));
}

#[test]
fn owner_cannot_reject() {
    let mut scene = Scene::acknowledged(&asystole());
    scene.asks("ana", Verb::Reject).refused(&Refused::NotNow("you own this alert: escalate it to pass it on"));
}

// Escalate.

#[test]
fn escalation_to_a_person_pages_them_now_and_moves_no_deadline() {
    let mut scene = Scene::waiting(&asystole());
    let deadline = scene.alert().deadline();
    scene.passes_ms(10_000).asks("ana", to("bo")).then(&["escalated"]);
    assert_eq!(scene.effects(), [Effect::PageByName { ordinal: 1, round: 1, step: 1, person: person("bo") }]);
    assert_eq!((scene.alert().deadline(), scene.waits_for()), (deadline, vec!["ana", "bo"]));
}

#[test]
fn person_named_while_the_care_team_is_asked_is_not_forgotten() {
    let mut scene = Scene::raised(&asystole());
    scene.asks("ana", to("bo")).team_says(&["cy"], 60_000, false);
    assert_eq!(scene.waits_for(), ["cy", "bo"]);
}

#[test]
fn escalation_to_the_next_step_makes_it_due_at_once() {
    let mut scene = Scene::waiting(&asystole());
    scene.asks("cy", NEXT).then(&["escalated", "step due"]);
    assert_eq!(scene.alert().step(), 2);
}

#[test]
fn escalation_while_the_care_team_is_asked_skips_no_step() {
    let mut scene = Scene::raised(&asystole());
    scene.asks("cy", NEXT).then(&["escalated"]);
    assert_eq!(scene.alert().step(), 1);
}

#[test]
fn escalation_again_is_no_event_unless_it_is_meant_anew() {
    let mut scene = Scene::waiting(&asystole());
    scene.asks("cy", NEXT).team_says(&["bo"], 60_000, false);
    scene.passes_ms(REPEAT_MS - 1).asks("cy", NEXT).then(&[]);
    scene.passes_ms(1).asks("cy", NEXT).then(&["escalated", "step due"]);
}

#[test]
fn owner_who_escalates_to_a_person_stays_the_owner_until_somebody_accepts() {
    let mut scene = Scene::acknowledged(&asystole());
    let until = scene.alert().deadline();
    scene.asks("ana", to("bo")).then(&["escalated"]);
    assert_eq!((scene.owner(), scene.alert().deadline(), scene.alert().version), (Some("ana"), until, 2));
    assert_eq!(scene.effects(), [Effect::PageByName { ordinal: 1, round: 1, step: 1, person: person("bo") }]);
    scene.asks("bo", Verb::Accept).then(&["accepted"]);
    assert_eq!(scene.owner(), Some("bo"));
}

#[test]
fn owner_whose_escalation_is_rejected_stays_the_owner() {
    let mut scene = Scene::acknowledged(&asystole());
    scene.asks("ana", to("bo")).asks("bo", Verb::Reject).then(&["rejected"]);
    assert_eq!(scene.owner(), Some("ana"));
}

#[test]
fn owner_who_escalates_to_the_next_step_stays_the_owner_while_it_is_paged() {
    let mut scene = Scene::acknowledged(&asystole());
    scene.asks("ana", NEXT).then(&["escalated", "step due"]);
    assert_eq!(scene.alert().deadline(), scene.now.plus_ms(2_000));
    scene.team_says(&["bo"], 60_000, false).then(&["step entered"]);
    assert_eq!((scene.owner(), scene.alert().step()), (Some("ana"), 2));
    scene.falls_due().then(&["answer expired", "round: expired"]);
}

#[test]
fn owner_who_escalates_past_a_silent_care_team_reaches_the_fallback() {
    let mut scene = Scene::acknowledged(&asystole());
    scene.asks("ana", NEXT).falls_due().then(&["fallback entered"]);
    assert_eq!(scene.owner(), Some("ana"));
}

#[test]
fn owner_who_escalates_past_the_last_step_stays_the_owner_in_the_new_round() {
    let mut scene = Scene::raised(&asystole());
    scene.team_says(&["ana"], 60_000, true).asks("ana", Verb::Accept);
    scene.asks("ana", NEXT).then(&["escalated", "round: repeats"]);
    assert_eq!((scene.owner(), scene.alert().round), (Some("ana"), 2));
    scene.team_says(&["bo"], 60_000, true).then(&["step entered"]);
    assert_eq!(scene.owner(), Some("ana"));
}

#[test]
fn escalation_to_oneself_is_refused() {
    let mut scene = Scene::waiting(&asystole());
    scene.asks("ana", to("ana"));
    assert!(matches!(scene.refused, Some(Refused::NotNow(_))));
}

// Reset, comment.

#[test]
fn reset_is_refused_unless_latched_and_gone() {
    let refusal = Refused::NotNow("only a latched alert whose condition has gone can be reset");
    Scene::waiting(&asystole()).asks("ana", Verb::Reset).refused(&refusal);
    let mut present = Scene::waiting(&latching(asystole()));
    present.asks("ana", Verb::Reset).refused(&refusal);
    present.ends(&asystole()).sets_in(&asystole()).asks("ana", Verb::Reset).refused(&refusal);
    present.ends(&asystole()).asks("ana", Verb::Reset).then_closed(CloseCause::Reset);
}

#[test]
fn comment_changes_nothing_and_is_taken_at_any_version() {
    let mut scene = Scene::acknowledged(&condition("spo2_low", Medium));
    let before = scene.alert().clone();
    scene.asks_having_seen(1, "bo", Verb::Comment).then(&["commented"]);
    assert!(matches!(&scene.events[0], AlertEvent::Commented { text, .. } if text == "on my way"));
    assert_eq!(*scene.alert(), before);
}
