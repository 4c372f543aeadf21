//! The ladder: the care team's answers, its silence, and lateness.

use super::scene::{FALLBACK, Scene, condition, person};
use crate::clinical::alert::terms::{SILENT_STEPS_MAX, STEP_MS_MIN};
use crate::clinical::alert::{AlertBook, AlertEvent, BookInput, Effect, Response, Verb};
use crate::clinical::condition::Condition;
use crate::clinical::condition::Priority::{High, Medium};

#[test]
fn answer_of_the_care_team_enters_the_step_and_pages_its_people() {
    let mut scene = Scene::raised(&condition("asystole", High));
    scene.passes_ms(5).team_says(&["ana", "bo"], 60_000, false).then(&["step entered"]);
    let AlertEvent::StepEntered { policy_version, deadline, lateness_ms, fallback, .. } = &scene.events[0] else {
        panic!("step entered")
    };
    assert_eq!((*policy_version, *lateness_ms, *fallback), (7, 0, false));
    assert_eq!(*deadline, scene.now.plus_ms(60_000));
    let paged = vec![person("ana"), person("bo")];
    assert_eq!(scene.effects(), [Effect::Page { ordinal: 1, round: 1, step: 1, people: paged }]);
}

#[test]
fn step_of_nobody_is_recorded_and_the_fallback_follows_at_once() {
    let mut scene = Scene::raised(&condition("asystole", High));
    scene.team_says(&[], 60_000, false).then(&["no one on call", "fallback entered"]);
    assert_eq!(scene.waits_for(), [FALLBACK]);
}

#[test]
fn care_team_that_is_silent_for_2_s_is_replaced_by_the_fallback() {
    let mut scene = Scene::raised(&condition("asystole", High));
    scene.passes_ms(1_999).ticks().then(&[]);
    scene.passes_ms(1).ticks().then(&["fallback entered"]);
    assert_eq!(scene.waits_for(), [FALLBACK]);
    scene.falls_due().then(&["step due"]);
    scene.team_says(&["bo"], 60_000, true).then(&["step entered"]);
}

#[test]
fn ladder_of_a_silent_care_team_repeats_for_ever() {
    let mut scene = Scene::raised(&condition("asystole", High));
    for _ in 0..4 * SILENT_STEPS_MAX {
        scene.falls_due();
        assert!(!scene.events.is_empty());
    }
    assert_eq!(scene.alert().round, 3);
}

#[test]
fn ladder_without_even_a_fallback_goes_on() {
    let scene = Scene::raised(&condition("asystole", High));
    let now = scene.now.plus_ms(2_000);
    let events = scene.book.decide(&BookInput::Tick { fallback: &[] }, now).expect("no command");
    assert!(matches!(events[..], [AlertEvent::NoOneOnCall { .. }, AlertEvent::StepEntered { .. }]));
    assert_eq!(events.iter().find_map(AlertBook::effect), None, "nobody to page");
}

#[test]
fn answer_for_another_round_or_step_or_a_closed_alert_is_void() {
    let mut scene = Scene::raised(&condition("asystole", High));
    scene.team_says_of(1, 2, &["ana"], 60_000, false).then(&[]);
    scene.team_says_of(2, 1, &["ana"], 60_000, false).then(&[]);
    scene.team_says(&["ana"], 60_000, false).then(&["step entered"]);
    scene.team_says(&["bo"], 60_000, false).then(&[]);
    scene.withdraw().team_says_of(1, 1, &["ana"], 60_000, false).then(&[]);
}

#[test]
fn answer_of_the_care_team_that_comes_after_a_person_answered_is_void() {
    let mut scene = Scene::raised(&condition("asystole", High));
    scene.asks("ana", Verb::Accept).team_says_of(1, 1, &["bo"], 60_000, false).then(&[]);
    assert_eq!(scene.owner(), Some("ana"));
}

#[test]
fn step_without_a_delay_has_the_default_of_its_priority_and_never_less_than_a_second() {
    for (priority, said_ms, due_ms) in [(High, 0, 60_000), (Medium, 0, 180_000), (High, 1, STEP_MS_MIN)] {
        let mut scene = Scene::raised(&condition("news2", priority));
        scene.team_says(&["ana"], said_ms, false);
        assert_eq!(scene.alert().deadline(), scene.now.plus_ms(due_ms));
    }
}

#[test]
fn lateness_of_whatever_a_deadline_leads_to_is_on_record() {
    let lateness = |event: &AlertEvent| match event {
        AlertEvent::StepDue { lateness_ms, .. }
        | AlertEvent::StepEntered { lateness_ms, .. }
        | AlertEvent::RoundBegan { lateness_ms, .. }
        | AlertEvent::AnswerExpired { lateness_ms, .. } => Some(*lateness_ms),
        _ => None,
    };
    let asystole = condition("asystole", High);
    let mut last_step = Scene::raised(&asystole);
    last_step.team_says(&["ana"], 60_000, true);
    for mut scene in [Scene::raised(&asystole), Scene::waiting(&asystole), last_step, Scene::acknowledged(&asystole)] {
        scene.now = scene.alert().deadline().plus_ms(7_500);
        scene.ticks();
        assert!(!scene.events.is_empty());
        assert!(scene.events.iter().all(|event| lateness(event) == Some(7_500)), "{:?}", scene.events);
        assert!(scene.alert().deadline() > scene.now, "a late deadline leads to one in the future");
    }
}

#[test]
fn late_answer_of_the_care_team_says_how_late() {
    let mut scene = Scene::raised(&condition("asystole", High));
    scene.passes_ms(2_300).team_says(&["ana"], 60_000, false);
    assert!(matches!(scene.events[..], [AlertEvent::StepEntered { lateness_ms: 300, .. }]));
}

#[test]
fn high_alert_that_nobody_answers_is_paged_for_ever() {
    let mut scene = Scene::raised(&condition("asystole", High));
    let mut pages = 0;
    for _ in 0..1_000 {
        let last = scene.alert().step() == 3;
        scene.team_says(&["ana"], 60_000, last);
        pages += scene.effects().iter().filter(|effect| matches!(effect, Effect::Page { .. })).count();
        scene.falls_due();
    }
    assert_eq!(pages, 1_000);
    assert!(matches!(scene.alert().response, Response::Waiting { .. }));
}

#[test]
fn a_delayed_signal_pages_when_its_time_is_over_and_not_if_it_has_gone() {
    let delayed = Condition { signal_delay_ms: 15_000, ..condition("spo2_low", Medium) };
    let mut scene = Scene::empty();
    scene.sets_in(&delayed).then(&["raised", "delayed"]);
    assert_eq!(AlertBook::effects(&scene.events), [], "nobody is asked yet");
    scene.passes_ms(14_999).ticks().then(&[]);
    scene.passes_ms(1).ticks().then(&["step due"]);
    assert_eq!(scene.effects(), [Effect::AskCareTeam { ordinal: 1, round: 1, step: 1 }]);
    scene.team_says(&["ana"], 60_000, false).then(&["step entered"]);
    let mut scene = Scene::empty();
    scene.sets_in(&delayed).ends(&delayed).then(&["cleared", "closed"]);
}
