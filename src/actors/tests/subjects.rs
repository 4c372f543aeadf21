//! Alerts whose subject is a device or a unit, and what goes on while an actor is parked.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::scene::{FINE, LOW, PATIENCE, Sender, Ward, until};
use crate::actors::handle::{AlertView, Answered};
use crate::clinical::alert::{AlertEvent, CloseCause, Command, RoundCause, Verb};
use crate::clinical::device::{DEVICE_WITHOUT_PATIENT, SILENCE_MS_MIN};
use crate::clinical::ids::{AlertId, Subject};
use crate::clinical::subject_book::{PLATFORM_WAS_DOWN, UNWATCHED};
use crate::faults::{Action, Armed, Point, arm};

/// A device that belongs to nobody is reported almost at once.
async fn ward(name: &str) -> Ward {
    let ward = Ward::open_with(name, |options| options.unclaimed_after_ms = 50).await;
    ward.set_care_team(600_000).await;
    ward.admit().await;
    ward
}

async fn alerts_of(ward: &Ward, subject: &Subject) -> Vec<Arc<AlertView>> {
    ward.handle().alerts(None, Some(subject), true).await.0
}

async fn is_open(ward: &Ward, subject: &Subject, rule: &str) -> bool {
    let of_rule = |view: &Arc<AlertView>| view.alert.condition.key.rule.as_str() == rule && view.alert.closed.is_none();
    alerts_of(ward, subject).await.iter().any(of_rule)
}

/// Crashes of the actor until it is parked: the first as it hears a reading, the others as it recovers.
fn crash_until_parked(on_receipt: Point, in_recovery: Point, key: &str) -> Vec<Armed> {
    let again = (0..8).map(|_| arm(in_recovery, Some(key), 1, Action::Error));
    std::iter::once(arm(on_receipt, Some(key), 1, Action::Panic)).chain(again).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_sends_without_a_patient_is_reported_to_its_unit_until_it_is_assigned() {
    let ward = ward("unclaimed").await;
    let subject = Subject::Device(ward.device());
    let mut sender = Sender::new(&ward, &[FINE, LOW, FINE]);
    sender.run(&ward.handle()).await;
    until("it is reported", async || is_open(&ward, &subject, DEVICE_WITHOUT_PATIENT).await).await;
    ward.until_paged().await;
    let alert = alerts_of(&ward, &subject).await[0].clone();
    assert_eq!((&alert.unit, alert.id.to_string()), (&ward.unit(), format!("device~{}~1", ward.device())));
    ward.assign().await;
    until("it is handed over", async || !is_open(&ward, &subject, DEVICE_WITHOUT_PATIENT).await).await;
    let history = ward.handle().history(&alert.id).await.unwrap();
    let last = history.last().map(|(_, event)| event.clone());
    assert_eq!(last, Some(AlertEvent::Closed { ordinal: 1, cause: CloseCause::HandedOver }));
    let account = ward.account().await;
    assert!(account.sums.holds() && account.sums.own.values().all(|own| own.pending == 0), "{:?}", account.sums);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_lost_with_a_keeper_or_with_the_power_is_told_again_and_raised_once() {
    for (point, nth) in [(Point::KeeperOnChange, 1), (Point::KeeperInRecovery, 1)] {
        let mut ward = ward(&format!("keeper-{point:?}").to_lowercase()).await;
        let subject = Subject::Device(ward.device());
        let armed = arm(point, Some(ward.device().as_str()), nth, Action::Panic);
        Sender::new(&ward, &[FINE, FINE]).run(&ward.handle()).await;
        until("it is reported", async || is_open(&ward, &subject, DEVICE_WITHOUT_PATIENT).await).await;
        assert!(armed.has_fired());
        ward.lose_power().await;
        // At once, without polling: the engine has started only when open alerts live again.
        assert!(is_open(&ward, &subject, DEVICE_WITHOUT_PATIENT).await);
        assert_eq!(alerts_of(&ward, &subject).await.len(), 1);
        let account = ward.account().await;
        assert!(account.sums.holds(), "{:?}", account.sums);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alert_of_a_device_is_answered_like_any_other() {
    let ward = ward("answered-device").await;
    let subject = Subject::Device(ward.device());
    Sender::new(&ward, &[FINE, FINE]).run(&ward.handle()).await;
    ward.until_paged().await;
    let seen_version = alerts_of(&ward, &subject).await[0].alert.version;
    let command = Command { ordinal: 1, verb: Verb::Accept, by: ward.person(), reason: "".into(), seen_version };
    let Answered::Done(view) = ward.handle().answer(&subject, command).await.unwrap() else { panic!("stale") };
    assert_eq!(view.alert.owner(), Some(&ward.person()));
    until("the page is taken back", async || ward.handle().inbox(&ward.person()).await.unwrap().is_empty()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_parked_patient_is_reported_and_its_alerts_go_on_until_it_is_started_again() {
    let ward = Ward::open("parked-patient").await;
    ward.set_care_team(1_000).await;
    ward.enrol().await;
    let (patient, unit) = (Subject::Patient(ward.patient()), Subject::Unit(ward.unit()));
    Sender::new(&ward, &[LOW]).run(&ward.handle()).await;
    ward.until_paged().await;
    let crashes = crash_until_parked(Point::PatientOnReceipt, Point::PatientInRecovery, ward.patient().as_str());
    Sender::new(&ward, &[LOW, FINE, FINE]).run(&ward.handle()).await;
    until("the unit is told", async || is_open(&ward, &unit, UNWATCHED).await).await;
    assert_eq!(ward.handle().status().actors_parked, 1);
    drop(crashes);
    // Deadlines go on.
    let rounds = async || {
        let facts = ward.facts().await;
        let repeats =
            |fact: &&AlertEvent| matches!(fact, AlertEvent::RoundBegan { cause: RoundCause::LadderRepeats, .. });
        facts.iter().filter(repeats).count()
    };
    let before = rounds().await;
    until("the ladder goes on", async || rounds().await > before).await;
    // Answers too.
    let seen_version = alerts_of(&ward, &patient).await[0].alert.version;
    let command = Command { ordinal: 1, verb: Verb::Acknowledge, by: ward.person(), reason: "a".into(), seen_version };
    let answered = ward.handle().answer(&patient, command).await.unwrap();
    assert!(matches!(answered, Answered::Done(view) if view.alert.owner() == Some(&ward.person())));
    // What was not judged meanwhile is judged then.
    ward.handle().restart_actor(&patient).await.unwrap();
    until("nothing is pending", async || ward.handle().status().readings_pending == 0).await;
    until("it is watched again", async || !is_open(&ward, &unit, UNWATCHED).await).await;
    assert!(ward.handle().restart_actor(&patient).await.is_err(), "it is not parked any more");
    let answered = AlertId { subject: patient, ordinal: 1 };
    assert!(
        ward.handle()
            .history(&answered)
            .await
            .unwrap()
            .iter()
            .any(|(_, fact)| { matches!(fact, AlertEvent::Acknowledged { .. }) })
    );
    ward.account().await.expect(3, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_parked_patient_is_tried_again_at_the_next_start_and_reported_no_more() {
    let mut ward = Ward::open("parked-over-restart").await;
    ward.set_care_team(600_000).await;
    ward.enrol().await;
    let unit = Subject::Unit(ward.unit());
    let crashes = crash_until_parked(Point::PatientOnReceipt, Point::PatientInRecovery, ward.patient().as_str());
    Sender::new(&ward, &[FINE, LOW]).run(&ward.handle()).await;
    until("the unit is told", async || is_open(&ward, &unit, UNWATCHED).await).await;
    drop(crashes);
    ward.lose_power().await;
    until("it is watched again", async || !is_open(&ward, &unit, UNWATCHED).await).await;
    ward.until_paged().await;
    ward.account().await.expect(2, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unit_is_told_once_that_the_platform_was_down() {
    let mut ward = Ward::open("was-down").await;
    ward.set_care_team(600_000).await;
    ward.enrol().await;
    let unit = Subject::Unit(ward.unit());
    ward.lose_power().await;
    assert!(alerts_of(&ward, &unit).await.is_empty(), "nobody was waited for in vain");
    // Longer than a device that has sent nothing yet is waited for.
    ward.be_down_for_ms(SILENCE_MS_MIN + 500).await;
    until("the unit is told", async || is_open(&ward, &unit, PLATFORM_WAS_DOWN).await).await;
    let told = alerts_of(&ward, &unit).await;
    assert_eq!(told.len(), 1);
    until("it is over, and signalled", async || alerts_of(&ward, &unit).await[0].alert.latched()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crashing_device_holds_its_senders_up_for_no_longer_than_a_moment_and_is_reported_once_parked() {
    let ward = Ward::open("parked-device").await;
    ward.set_care_team(600_000).await;
    ward.enrol().await;
    let (device, unit) = (Subject::Device(ward.device()), Subject::Unit(ward.unit()));
    let crashes = crash_until_parked(Point::DeviceOnReceipt, Point::DeviceInRecovery, ward.device().as_str());
    let mut sender = Sender::new(&ward, &[FINE, LOW]);
    let started = Instant::now();
    while !is_open(&ward, &unit, UNWATCHED).await {
        assert!(started.elapsed() < PATIENCE, "nobody is told");
        let said = Instant::now();
        sender.say(&ward.handle()).await;
        // Two waits of a quarter of a second, on a machine that is busy.
        assert!(said.elapsed() < Duration::from_secs(3), "{:?}", said.elapsed());
        sender.listen().await;
    }
    drop(crashes);
    ward.handle().restart_actor(&device).await.unwrap();
    sender.disconnect();
    sender.run(&ward.handle()).await;
    until("it is watched again", async || !is_open(&ward, &unit, UNWATCHED).await).await;
    ward.until_paged().await;
    ward.account().await.expect(2, 1);
}
