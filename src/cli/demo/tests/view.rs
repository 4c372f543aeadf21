use crate::cli::demo::view::{Size, render, summary_line};
use crate::cli::demo::ward::{Feed, WardState};
use crate::cli::simulate::Glimpse;
use crate::clinical::codes::Code;
use crate::proto;
use crate::time::Timestamp;

const NOW: Timestamp = Timestamp(1_800_000_000_000_000);
const WIDE: Size = Size { columns: 200, rows: 40 };

fn ward() -> WardState {
    let beds = (1..=3).map(|at| (format!("sim-patient-{at}"), format!("bed-{at}")));
    WardState::new("Vigil demo".to_owned(), beds)
}

fn glimpse(patient: &str) -> Glimpse {
    let values = vec![(Code::HEART_RATE, Some(72.0)), (Code::SPO2, Some(97.0)), (Code::RESP_RATE, None)];
    Glimpse { patient: patient.to_owned(), at: NOW, signal_valid: true, values }
}

fn alert(id: &str, priority: proto::Priority, state: proto::ResponseState) -> proto::Alert {
    proto::Alert {
        id: id.to_owned(),
        patient: id.split('~').next().unwrap().to_owned(),
        bed: "bed-2".to_owned(),
        rule: "asystole".to_owned(),
        text: "Asystole: no beat for 4 s".to_owned(),
        priority: priority as i32,
        state: state as i32,
        present: true,
        raised_at_us: NOW.plus_ms(-65_000).micros(),
        deadline_us: NOW.plus_ms(41_500).micros(),
        people: vec!["dr-demo".to_owned()],
        round: 1,
        step: 2,
        ..proto::Alert::default()
    }
}

fn update(what: &str, alert: proto::Alert) -> proto::AlertUpdate {
    let fact = proto::AlertFact {
        at_us: NOW.micros(),
        what: what.to_owned(),
        rule: alert.rule.clone(),
        onset_us: 5,
        step: 1,
        people: alert.people.clone(),
        ..proto::AlertFact::default()
    };
    proto::AlertUpdate { position: 1, fact: Some(fact), alert: Some(alert) }
}

fn row<'a>(screen: &'a str, of: &str) -> &'a str {
    screen.lines().find(|line| line.contains(of)).unwrap()
}

#[test]
fn current_values_are_shown_with_their_age() {
    let mut ward = ward();
    ward.glimpse(&glimpse("sim-patient-1"), NOW.plus_ms(-400));
    let screen = render(&ward, NOW, WIDE, false);
    let row = row(&screen, "sim-patient-1");
    for shown in ["bed-1", "72", "97", "ok", "0.4 s", "--"] {
        assert!(row.contains(shown), "{row}");
    }
}

#[test]
fn a_stale_value_is_never_shown_as_current() {
    let mut ward = ward();
    ward.glimpse(&glimpse("sim-patient-1"), NOW.plus_ms(-12_000));
    let screen = render(&ward, NOW, WIDE, false);
    let row = row(&screen, "sim-patient-1");
    assert!(!row.contains("72") && !row.contains("97") && !row.contains("ok"), "{row}");
    assert!(row.contains("12 s OLD"), "{row}");
    // A value that stopped coming while others go on is not shown either.
    let mut other = glimpse("sim-patient-1");
    other.values.truncate(1);
    ward.glimpse(&other, NOW);
    let screen = render(&ward, NOW, WIDE, false);
    let row = self::row(&screen, "sim-patient-1");
    assert!(row.contains("72") && !row.contains("97"), "{row}");
}

#[test]
fn a_patient_without_a_reading_says_so() {
    assert!(row(&render(&ward(), NOW, WIDE, false), "sim-patient-3").contains("no reading"));
}

#[test]
fn an_alert_says_priority_in_words_and_marks_owner_and_countdown_without_colour() {
    let mut ward = ward();
    ward.list(vec![
        alert("sim-patient-1~1", proto::Priority::Medium, proto::ResponseState::Waiting),
        alert("sim-patient-2~3", proto::Priority::High, proto::ResponseState::Waiting),
        alert("sim-patient-3~1", proto::Priority::High, proto::ResponseState::Acknowledged),
    ]);
    let screen = render(&ward, NOW, WIDE, false);
    let high = row(&screen, "sim-patient-2~3");
    for shown in
        ["!!! HIGH", "bed-2", "Asystole", "65 s ago", "waits for dr-demo (round 1 step 2)", "next step in 42 s"]
    {
        assert!(high.contains(shown), "{shown}: {high}");
    }
    let answered = row(&screen, "sim-patient-3~1");
    assert!(answered.contains("expires in 42 s") && answered.contains("acknowledged by dr-demo"), "{answered}");
    let order: Vec<usize> = ["sim-patient-2~3", "sim-patient-1~1", "sim-patient-3~1"]
        .iter()
        .map(|id| screen.lines().position(|line| line.contains(id)).unwrap())
        .collect();
    assert!(order.is_sorted(), "unanswered first, then by priority: {order:?}");
    assert!(!screen.contains('\x1b'));
    assert!(render(&ward, NOW, WIDE, true).contains("\x1b[1;31m !!! HIGH"));
}

#[test]
fn alerts_of_a_lost_feed_say_how_old_they_are() {
    let mut ward = ward();
    ward.list(Vec::new());
    ward.feed_lost(NOW.plus_ms(-7_000));
    assert_eq!(ward.feed, Feed::LostAt(NOW.plus_ms(-7_000)));
    let screen = render(&ward, NOW, WIDE, false);
    assert!(screen.contains("AS OF 7 s AGO: the alert service cannot be reached"), "{screen}");
    assert!(summary_line(&ward, NOW).contains("AS OF 7 s AGO"));
}

#[test]
fn the_screen_keeps_within_the_terminal_and_says_what_it_leaves_out() {
    let mut ward = ward();
    ward.footer = vec!["Ctrl-C stops".to_owned()];
    let open = |at| alert(&format!("sim-patient-{at}~1"), proto::Priority::High, proto::ResponseState::Waiting);
    ward.list((0..50).map(open).collect());
    for at in 0..60 {
        ward.glimpse(&glimpse(&format!("sim-patient-{at}")), NOW);
    }
    for (columns, rows) in [(80, 24), (40, 10), (200, 60)] {
        let screen = render(&ward, NOW, Size { columns, rows }, false);
        assert!(screen.lines().count() <= rows);
        assert!(screen.lines().all(|line| line.chars().count() <= columns));
        assert!(screen.contains("more"), "{screen}");
        assert!(screen.ends_with("Ctrl-C stops"));
    }
}

#[test]
fn updates_move_alerts_in_and_out_and_are_counted() {
    let mut ward = ward();
    let high = alert("sim-patient-2~3", proto::Priority::High, proto::ResponseState::Waiting);
    let line = ward.update(&update("raised", high.clone())).unwrap();
    assert!(line.contains("!!! HIGH") && line.contains("raised"), "{line}");
    ward.update(&update("step_entered", high.clone())).unwrap();
    assert_eq!(ward.alerts.len(), 1);
    let closed = proto::Alert { closed: "ended_unanswered".to_owned(), ..high };
    let line = ward.update(&update("closed", closed)).unwrap();
    assert!(line.contains("ended unanswered"), "{line}");
    assert!(ward.alerts.is_empty());
    assert_eq!((ward.tally.raised, ward.tally.steps), ([0, 0, 1], 1));
    assert_eq!(ward.tally.onsets, [("sim-patient-2".to_owned(), "asystole".to_owned(), 5)]);
}
