//! The state table of `oncall.md`, cell by cell: condition \ response.

use super::scene::{Scene, condition, latching, technical};
use crate::clinical::alert::{AlertEvent, CloseCause, Effect, Verb};
use crate::clinical::condition::Priority::{High, Low, Medium};
use crate::time::Timestamp;

// Sets in.

#[test]
fn first_onset_raises_an_alert_with_its_first_deadline() {
    let asystole = condition("asystole", High);
    let mut scene = Scene::raised(&asystole);
    scene.then(&["raised"]);
    assert_eq!(
        scene.events,
        [AlertEvent::Raised { ordinal: 1, condition: asystole, deadline: Timestamp(0).plus_ms(2_000) }]
    );
    assert_eq!(scene.effects(), [Effect::AskCareTeam { ordinal: 1, round: 1, step: 1 }]);
    assert_eq!(scene.book.next_deadline(), Some(Timestamp(0).plus_ms(2_000)));
    assert_eq!((scene.alert().version, scene.alert().round, scene.alert().step()), (1, 1, 1));
}

#[test]
fn onset_while_waiting_is_folded_and_keeps_step_and_deadline() {
    let mut scene = Scene::waiting(&condition("asystole", High));
    let (deadline, version) = (scene.alert().deadline(), scene.alert().version);
    scene.passes_ms(30_000).sets_in(&condition("asystole", High)).then(&["folded"]);
    assert_eq!((scene.alert().deadline(), scene.alert().step()), (deadline, 1));
    assert_eq!((scene.alert().folds, scene.alert().version), (1, version));
    assert!(scene.effects().is_empty());
}

#[test]
fn onset_of_a_high_physiological_condition_after_an_answer_begins_a_round() {
    let asystole = latching(condition("asystole", High));
    let mut scene = Scene::acknowledged(&asystole);
    scene.ends(&asystole).passes_ms(1_000).sets_in(&asystole).then(&["folded", "round: set in anew"]);
    assert_eq!(scene.owner(), None);
    assert_eq!(scene.effects(), [Effect::AskCareTeam { ordinal: 1, round: 2, step: 1 }]);
    scene.team_says(&["bo"], 60_000, false);
    assert_eq!(scene.waits_for(), ["bo", "ana"], "whoever is relieved is paged with the new round");
}

#[test]
fn onset_of_any_other_condition_after_an_answer_is_folded() {
    for other in [condition("spo2_low", Medium), technical(condition("silence", High)), condition("pause2", Low)] {
        let mut scene = Scene::acknowledged(&other);
        scene.sets_in(&other).then(&["folded"]);
        assert_eq!(scene.owner(), Some("ana"));
    }
}

#[test]
fn another_condition_raises_an_alert_of_its_own() {
    let mut scene = Scene::waiting(&condition("asystole", High));
    scene.sets_in(&condition("spo2_low", Medium)).then(&["raised"]);
    assert_eq!(scene.book.open().iter().map(|alert| alert.ordinal).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn alert_after_a_closed_one_has_the_next_ordinal() {
    let low = condition("spo2_low", Medium);
    let mut scene = Scene::waiting(&low);
    scene.ends(&low).sets_in(&low).then(&["raised"]);
    assert_eq!((scene.book.open()[0].ordinal, scene.book.last_ordinal()), (2, 2));
}

// Deadline passes.

#[test]
fn deadline_of_a_step_makes_the_next_step_due() {
    let mut scene = Scene::waiting(&condition("asystole", High));
    scene.falls_due().then(&["step due"]);
    assert_eq!(scene.effects(), [Effect::AskCareTeam { ordinal: 1, round: 1, step: 2 }]);
    assert_eq!(scene.alert().deadline(), scene.now.plus_ms(2_000));
}

#[test]
fn deadline_of_the_last_step_begins_the_ladder_again() {
    let mut scene = Scene::raised(&condition("asystole", High));
    scene.team_says(&["ana"], 60_000, true).falls_due().then(&["round: repeats"]);
    assert_eq!(scene.effects(), [Effect::AskCareTeam { ordinal: 1, round: 2, step: 1 }]);
    assert_eq!(scene.alert().version, 1, "a page of the round before can still be answered");
}

#[test]
fn deadline_of_a_step_is_void_once_somebody_answered() {
    let mut scene = Scene::acknowledged(&condition("asystole", High));
    scene.passes_ms(60_000).ticks().then(&[]);
    assert_eq!(scene.owner(), Some("ana"));
}

// `until` passes.

#[test]
fn answer_expires_into_a_round_while_the_condition_is_present() {
    for (priority, answer_ms) in [(High, 600_000), (Medium, 1_800_000), (Low, 28_800_000)] {
        let mut scene = Scene::acknowledged(&condition("spo2_low", priority));
        assert_eq!(scene.alert().deadline(), scene.now.plus_ms(answer_ms));
        scene.passes_ms(answer_ms - 1).ticks().then(&[]);
        scene.passes_ms(1).ticks().then(&["answer expired", "round: expired"]);
        assert_eq!(scene.owner(), None);
        scene.team_says(&["bo"], 60_000, false);
        assert_eq!(scene.waits_for(), ["bo", "ana"], "whoever is on call now is paged too");
    }
}

#[test]
fn answer_expires_into_a_round_while_latched() {
    let asystole = latching(condition("asystole", High));
    let mut scene = Scene::acknowledged(&asystole);
    scene.ends(&asystole).falls_due().then(&["answer expired", "round: expired"]);
}

#[test]
fn acceptance_expires_like_an_acknowledgement() {
    let mut scene = Scene::waiting(&condition("asystole", High));
    scene.asks("ana", Verb::Accept).passes_ms(600_000).ticks().then(&["answer expired", "round: expired"]);
}

// Priority rises.

#[test]
fn rise_of_priority_while_waiting_begins_a_round() {
    let mut scene = Scene::waiting(&condition("news2", Medium));
    scene.sets_in(&condition("news2", High)).then(&["folded", "round: priority rose"]);
    assert_eq!((scene.alert().priority, scene.alert().version), (High, 2));
    assert_eq!(scene.effects(), [Effect::AskCareTeam { ordinal: 1, round: 2, step: 1 }]);
}

#[test]
fn rise_of_priority_after_an_answer_begins_one_round() {
    let mut scene = Scene::acknowledged(&condition("news2", Low));
    scene.sets_in(&condition("news2", High)).then(&["folded", "round: priority rose"]);
    assert_eq!(scene.owner(), None);
}

#[test]
fn fall_of_priority_changes_nothing_until_the_next_round() {
    let mut scene = Scene::waiting(&condition("news2", High));
    scene.sets_in(&condition("news2", Medium)).then(&["folded"]);
    assert_eq!(scene.alert().priority, High);
    scene.asks("ana", Verb::Acknowledge).falls_due().then(&["answer expired", "round: expired"]);
    assert_eq!(scene.alert().priority, Medium);
}

#[test]
fn fall_of_priority_does_not_weaken_an_alert_that_nobody_answered() {
    let mut scene = Scene::raised(&condition("news2", High));
    scene.team_says(&["ana"], 60_000, true).sets_in(&condition("news2", Medium));
    scene.falls_due().then(&["round: repeats"]);
    assert_eq!(scene.alert().priority, High);
}

// Ends.

#[test]
fn end_while_waiting_closes_as_ended_unanswered() {
    let low = condition("spo2_low", Medium);
    for mut scene in [Scene::raised(&low), Scene::waiting(&low)] {
        scene.ends(&low).then(&["cleared", "closed"]).then_closed(CloseCause::EndedUnanswered);
    }
}

#[test]
fn end_after_an_answer_closes_as_ended() {
    let low = condition("spo2_low", Medium);
    Scene::acknowledged(&low).ends(&low).then(&["cleared", "closed"]).then_closed(CloseCause::Ended);
}

#[test]
fn end_of_a_latching_condition_while_waiting_leaves_the_ladder_going() {
    let asystole = latching(condition("asystole", High));
    let mut scene = Scene::waiting(&asystole);
    let deadline = scene.alert().deadline();
    scene.ends(&asystole).then(&["cleared"]);
    assert!(scene.alert().latched());
    assert_eq!(scene.alert().deadline(), deadline);
    scene.falls_due().then(&["step due"]);
}

#[test]
fn end_of_a_latching_condition_after_an_answer_stays_until_reset() {
    let asystole = latching(condition("asystole", High));
    let mut scene = Scene::acknowledged(&asystole);
    scene.ends(&asystole).then(&["cleared"]);
    assert_eq!(scene.owner(), Some("ana"));
    scene.asks("ana", Verb::Reset).then(&["reset", "closed"]).then_closed(CloseCause::Reset);
}

#[test]
fn end_of_a_condition_that_is_gone_already_is_no_event() {
    let asystole = latching(condition("asystole", High));
    let mut scene = Scene::waiting(&asystole);
    scene.ends(&asystole).ends(&asystole).then(&[]);
    Scene::empty().ends(&asystole).then(&[]);
}

#[test]
fn alert_stays_latching_once_any_of_its_onsets_latched() {
    let mut scene = Scene::waiting(&latching(condition("news2", High)));
    scene.sets_in(&condition("news2", Medium)).ends(&condition("news2", Medium)).then(&["cleared"]);
    assert!(scene.alert().latched());
}

// Reset.

#[test]
fn reset_while_waiting_closes_once_the_condition_has_gone() {
    let asystole = latching(condition("asystole", High));
    let mut scene = Scene::waiting(&asystole);
    scene.ends(&asystole).asks("ana", Verb::Reset).then(&["reset", "closed"]).then_closed(CloseCause::Reset);
}

// Discharged, died, re-attributed.

#[test]
fn withdrawal_closes_every_alert_whatever_its_state() {
    let mut scene = Scene::acknowledged(&condition("asystole", High));
    scene.sets_in(&condition("spo2_low", Medium)).withdraw().then(&["closed", "closed"]);
    assert!(scene.events.iter().all(|e| matches!(e, AlertEvent::Closed { cause: CloseCause::Withdrawn, .. })));
    assert!(scene.book.open().is_empty());
}

// Kinds.

#[test]
fn technical_alerts_use_the_same_table() {
    let silence = technical(condition("silence", Medium));
    let mut scene = Scene::waiting(&silence);
    scene.falls_due().then(&["step due"]);
    scene.ends(&silence).then(&["cleared", "closed"]).then_closed(CloseCause::EndedUnanswered);
}
