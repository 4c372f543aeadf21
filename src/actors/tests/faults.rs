//! A panic or an error of an actor at any point between admission and effect (I1, I2, I3, I9).

use tokio::time::Instant;

use super::scene::{FINE, LOW, PATIENCE, Sender, Ward, until};
use crate::clinical::ids::Subject;
use crate::faults::{Action, Armed, Point, arm};

/// Whose actor passes the point.
fn key(ward: &Ward, point: Point) -> String {
    let name = format!("{point:?}");
    match name.as_str() {
        device if device.starts_with("Device") => ward.device().to_string(),
        team if team.starts_with("CareTeam") => ward.unit().to_string(),
        person if person.starts_with("Person") => ward.person().to_string(),
        _ => ward.patient().to_string(),
    }
}

/// Arms the point for the breaching reading; points of recovery need another fault before them.
fn arm_for(ward: &Ward, point: Point, breach: u64, action: Action) -> Vec<Armed> {
    let mut armed = Vec::new();
    let cause = match point {
        Point::DeviceInRecovery => Some(Point::DeviceAfterHandOver),
        Point::PatientInRecovery | Point::PatientInCatchUp => Some(Point::PatientOnReceipt),
        Point::CareTeamInRecovery => Some(Point::CareTeamOnAsk),
        _ => None,
    };
    let passes_each_reading = |point: Point| {
        matches!(
            point,
            Point::DeviceOnReceipt
                | Point::DeviceBeforeAppend
                | Point::DeviceBeforeHandOver
                | Point::DeviceAfterHandOver
                | Point::PatientOnReceipt
                | Point::PatientBeforeConsume
                | Point::PatientBeforeAppend
                | Point::PatientAfterAppend
        )
    };
    for point in [Some(point), cause].into_iter().flatten() {
        let nth = if passes_each_reading(point) { breach } else { 1 };
        armed.push(arm(point, Some(&key(ward, point)), nth, action));
    }
    armed
}

async fn one_fault(point: Point, is_last: bool, action: Action) {
    let name = format!("{point:?}-{action:?}-{is_last}").to_lowercase();
    let ward = Ward::open(&name).await;
    ward.set_care_team(600_000).await;
    ward.enrol().await;
    let (percents, breach) = if is_last { ([FINE, FINE, LOW], 3) } else { ([FINE, LOW, LOW], 2) };
    let armed = arm_for(&ward, point, breach, action);
    let mut sender = Sender::new(&ward, &percents);
    sender.run(&ward.handle()).await;
    ward.until_paged().await;
    assert!(armed.iter().all(Armed::has_fired), "{name}: not every fault fired");
    let account = ward.account().await;
    account.expect(3, 1);
    assert_eq!(account.pages, 1, "{name}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_at_any_point_loses_and_doubles_nothing_where_the_breach_is_last() {
    for point in Point::ALL {
        one_fault(point, true, Action::Panic).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_at_any_point_loses_and_doubles_nothing_where_readings_follow_the_breach() {
    for point in Point::ALL {
        one_fault(point, false, Action::Panic).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_at_any_point_loses_and_doubles_nothing() {
    for point in Point::ALL {
        one_fault(point, true, Action::Error).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_loss_of_power_at_any_point_loses_and_doubles_nothing() {
    for point in Point::ALL {
        let name = format!("{point:?}-power").to_lowercase();
        let mut ward = Ward::open(&name).await;
        ward.set_care_team(600_000).await;
        ward.enrol().await;
        let armed = arm_for(&ward, point, 3, Action::Panic);
        let mut sender = Sender::new(&ward, &[FINE, FINE, LOW]);
        let started = Instant::now();
        while !armed[0].has_fired() {
            assert!(started.elapsed() < PATIENCE, "{name}: the fault does not fire");
            sender.say(&ward.handle()).await;
            sender.listen().await;
        }
        ward.lose_power().await;
        drop(armed);
        sender.disconnect();
        sender.run(&ward.handle()).await;
        ward.until_paged().await;
        let account = ward.account().await;
        account.expect(3, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_assignment_that_is_lost_with_its_patients_actor_is_found_without_another_reading() {
    let ward = Ward::open("lost-assignment").await;
    ward.set_care_team(600_000).await;
    ward.admit().await;
    let armed = arm(Point::PatientOnReceipt, Some(ward.patient().as_str()), 1, Action::Panic);
    ward.assign().await;
    assert!(armed.has_fired());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recovery_goes_on_where_an_actor_crashes_while_it_recovers() {
    let mut ward = Ward::open("crash-in-recovery").await;
    ward.set_care_team(600_000).await;
    ward.enrol().await;
    Sender::new(&ward, &[FINE, LOW]).run(&ward.handle()).await;
    ward.until_paged().await;
    let (device, patient) = (ward.device(), ward.patient());
    let armed = [
        arm(Point::DeviceInRecovery, Some(device.as_str()), 1, Action::Panic),
        arm(Point::PatientInRecovery, Some(patient.as_str()), 1, Action::Error),
    ];
    ward.lose_power().await;
    assert!(armed.iter().all(Armed::has_fired));
    // At once, without polling: the engine has started only when open alerts live again.
    let (alerts, _) = ward.handle().alerts(None, Some(&Subject::Patient(patient.clone())), false).await;
    assert_eq!(alerts.len(), 1);
    ward.account().await.expect(2, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_consumed_anew_after_a_panic_hides_nothing_that_is_pending() {
    let ward = Ward::open("pending").await;
    ward.enrol().await;
    let armed = arm(Point::PatientOnReceipt, Some(ward.patient().as_str()), 20, Action::Panic);
    Sender::new(&ward, &[FINE; 20]).run(&ward.handle()).await;
    until("nothing is pending", async || ward.handle().status().readings_pending == 0 && armed.has_fired()).await;
    // The patient's actor crashes until it is parked.
    let _parked: Vec<_> = (0..8)
        .map(|_| arm(Point::PatientOnReceipt, Some(ward.patient().as_str()), 1, Action::Panic))
        .chain((0..8).map(|_| arm(Point::PatientInRecovery, Some(ward.patient().as_str()), 1, Action::Panic)))
        .collect();
    let mut sender = Sender::new(&ward, &[FINE; 25]);
    sender.run(&ward.handle()).await;
    until("the patient is parked", async || ward.handle().status().actors_parked == 1).await;
    // The 5 new ones, and of the others those whose marks were lost with the actor.
    let pending = ward.handle().status().readings_pending;
    assert!((5..=25).contains(&pending), "{pending}");
}
