//! A backlog, judged where it belongs.

use vigil::proto;
use vigil::proto::alert_service_client::AlertServiceClient;

use super::harness::{Site, now, site};
use super::subjects::alert_of;
use super::ward::{Voice, admit, hello_of, register, spo2};

/// A saturation of the past, from the backlog.
fn past(sequence: u64, seconds_ago: i64, percent: f64) -> proto::Reading {
    let at = now().plus_ms(-1_000 * seconds_ago).micros();
    let mut reading = spo2("", sequence, percent);
    reading.lane = proto::Lane::Backlog.into();
    reading.device_time_us = at;
    reading.observed_until_us = reading.observed_until_us.map(|_| at);
    reading
}

/// A patient of kim's, whose device belongs to them since ever.
async fn bedside() -> (Site, String, Voice) {
    let mut site = site().await;
    let kim = site.account("kim", "nurse");
    register(&mut site, "ox-1", "").await;
    admit(&mut site, "p-1", "ox-1", "kim").await;
    let (voice, _) = Voice::greet(&site, &site.device("ox-1"), &[""]).await;
    (site, kim, voice)
}

#[tokio::test]
async fn a_backlog_is_judged_as_it_would_have_been_and_what_is_over_pages_nobody() {
    let (site, kim, mut voice) = bedside().await;
    voice.say(vec![spo2("", 1, 97.0)]).await;
    voice.expect_receipt("ox-1", 1).await;
    voice.say(vec![past(1, 600, 97.0), past(2, 599, 80.0), past(3, 598, 97.0)]).await;
    let mut alerts = AlertServiceClient::new(site.people().await);
    let alert = alert_of(&mut alerts, &kim, "p-1", |alert| alert.rule == "spo2_low").await;
    assert_eq!((alert.found.as_str(), alert.listed, alert.present), ("retrospective", true, false));
    assert!(alert.people.is_empty(), "nobody is paged: {:?}", alert.people);
    let explanation = alert.explanation.unwrap();
    let reading = &explanation.readings[0];
    assert_eq!((reading.device.as_str(), reading.lane(), reading.sequence), ("ox-1", proto::Lane::Backlog, 2));
    assert_eq!((explanation.quantity.as_str(), explanation.unit.as_str()), ("spo2", "%"));
    assert_eq!((explanation.limit_from.as_str(), explanation.rules_sha256.len()), ("rule", 64));
    site.stop_and_audit().await;
}

#[tokio::test]
async fn a_backlog_that_is_not_over_pages_and_survives_a_restart() {
    let (site, kim, voice) = bedside().await;
    voice.say(vec![past(1, 60, 97.0), past(2, 59, 80.0)]).await;
    let mut alerts = AlertServiceClient::new(site.people().await);
    let alert = alert_of(&mut alerts, &kim, "p-1", |alert| alert.people == ["kim"]).await;
    assert_eq!((alert.found.as_str(), alert.listed, alert.present), ("retrospective", false, true));
    drop(voice);

    let site = site.restarted(|_| {}).await;
    let hello = proto::DeviceHello {
        pending: vec![proto::LanePosition { boot: 1, lane: proto::Lane::Backlog.into(), sequence: 3 }],
        ..hello_of("")
    };
    let (voice, _) = Voice::say_hello(&site, &site.device("ox-1"), vec![hello]).await;
    voice.say(vec![past(3, 58, 97.0)]).await;
    voice.say(vec![spo2("", 1, 97.0)]).await;
    let mut alerts = AlertServiceClient::new(site.people().await);
    alert_of(&mut alerts, &kim, "p-1", |alert| alert.closed == "ended_unanswered").await;
    drop(voice.answers);
    site.stop_and_audit().await;
}
