//! From reading to receipt, and what is refused on the way.

use std::time::Duration;

use tonic::Code;
use vigil::proto::ingest_request::Kind;
use vigil::proto::ingest_response::Kind as Answer;
use vigil::proto::{self, RefusalReason};

use super::harness::{end_of, site, site_with};
use super::ward::{Voice, register, spo2, status};

#[tokio::test]
async fn readings_are_receipted_and_a_new_stream_is_told_so() {
    let mut site = site().await;
    register(&mut site, "ox-1", "").await;
    let device = site.device("ox-1");
    let (mut voice, welcome) = Voice::greet(&site, &device, &[""]).await;
    assert_eq!(welcome.credit, site.config.limits.stream_credit);
    assert_eq!(welcome.devices[0].device, "ox-1");
    voice.say((1..=3).map(|sequence| spo2("", sequence, 97.0)).collect()).await;
    voice.expect_receipt("ox-1", 3).await;
    let (_voice, welcome) = Voice::greet(&site, &device, &["ox-1"]).await;
    let durable: Vec<_> = welcome.devices[0].durable.iter().map(|at| (at.boot, at.sequence)).collect();
    assert_eq!(durable, [(1, 3)]);
    assert_eq!(status(&mut site).await.readings_stored, 3);
}

#[tokio::test]
async fn a_missing_sequence_is_asked_for_once_and_repeats_change_nothing() {
    let mut site = site().await;
    register(&mut site, "ox-1", "").await;
    let (mut voice, _) = Voice::greet(&site, &site.device("ox-1"), &[""]).await;
    voice.say(vec![spo2("", 1, 97.0)]).await;
    voice.expect_receipt("ox-1", 1).await;
    voice.say(vec![spo2("", 3, 97.0), spo2("", 4, 97.0)]).await;
    match voice.next().await {
        Answer::ResumeFrom(resume) => assert_eq!((resume.boot, resume.sequence), (1, 2)),
        other => panic!("expected resume_from, got {other:?}"),
    }
    voice.say((2..=4).map(|sequence| spo2("", sequence, 97.0)).collect()).await;
    voice.expect_receipt("ox-1", 4).await;
    assert_eq!(status(&mut site).await.readings_stored, 4);
}

#[tokio::test]
async fn a_client_that_has_said_everything_gets_its_last_receipt_before_the_end() {
    let mut site = site().await;
    register(&mut site, "ox-1", "").await;
    let (mut voice, _) = Voice::greet(&site, &site.device("ox-1"), &[""]).await;
    voice.say((1..=50).map(|sequence| spo2("", sequence, 97.0)).collect()).await;
    let (closed, _) = tokio::sync::mpsc::channel(1);
    drop(std::mem::replace(&mut voice.sender, closed));
    voice.expect_receipt("ox-1", 50).await;
    assert_eq!(voice.next_or_end().await, None);
}

#[tokio::test]
async fn a_drain_gives_the_last_receipts_then_says_so_then_ends() {
    let mut site = site().await;
    register(&mut site, "ox-1", "").await;
    let (mut voice, _) = Voice::greet(&site, &site.device("ox-1"), &[""]).await;
    voice.say(vec![spo2("", 1, 97.0)]).await;
    voice.expect_receipt("ox-1", 1).await;
    voice.say(vec![spo2("", 2, 97.0)]).await;
    let stopping = tokio::spawn(site.platform.stop(Duration::from_secs(10)));
    let mut answers = Vec::new();
    while let Some(answer) = voice.next_or_end().await {
        answers.push(answer);
    }
    assert!(matches!(answers.last(), Some(Answer::Draining(_))), "{answers:?}");
    stopping.await.unwrap();
}

#[tokio::test]
async fn data_of_another_device_ends_the_stream_and_stores_nothing() {
    let mut site = site().await;
    register(&mut site, "ox-1", "").await;
    register(&mut site, "ox-2", "").await;
    let (mut voice, _) = Voice::greet(&site, &site.device("ox-1"), &[""]).await;
    voice.say(vec![spo2("ox-2", 1, 50.0)]).await;
    assert_eq!(end_of(&mut voice.answers).await.unwrap_err().code(), Code::PermissionDenied);
    assert_eq!(status(&mut site).await.readings_stored, 0);
}

#[tokio::test]
async fn one_device_never_ends_the_stream_of_its_gateway() {
    let mut site = site().await;
    register(&mut site, "ox-1", "east").await;
    register(&mut site, "ox-2", "west").await;
    let gateway = site.gateway("east");
    let (mut voice, welcome) = Voice::greet(&site, &gateway, &["ox-1", "ox-2", "ox-3"]).await;
    assert_eq!(welcome.devices.len(), 1);
    let Answer::Refusals(refusals) = voice.next().await else { panic!("expected refusals") };
    let mut refused: Vec<_> = refusals.refusals.iter().map(|r| (r.device.as_str(), r.reason())).collect();
    refused.sort_by_key(|(device, _)| *device);
    assert_eq!(refused, [("ox-2", RefusalReason::NotYours), ("ox-3", RefusalReason::NotRegistered)]);
    voice.say(vec![spo2("ox-2", 1, 50.0), spo2("ox-1", 1, 97.0), spo2("ox-3", 1, 50.0)]).await;
    voice.expect_receipt("ox-1", 1).await;
    voice.say(vec![spo2("ox-9", 1, 50.0)]).await;
    assert_eq!(voice.expect_refusal(RefusalReason::NotYours).await.device, "ox-9");
    voice.send(Kind::Keepalive(proto::Keepalive::default())).await;
    voice.say(vec![spo2("ox-1", 2, 97.0)]).await;
    voice.expect_receipt("ox-1", 2).await;
    assert_eq!(status(&mut site).await.readings_stored, 2);
}

#[tokio::test]
async fn a_device_nobody_registered_is_told_so_and_can_be_registered_meanwhile() {
    let mut site = site().await;
    let (mut voice, welcome) = Voice::greet(&site, &site.device("ox-1"), &[""]).await;
    assert!(welcome.devices.is_empty());
    voice.expect_refusal(RefusalReason::NotRegistered).await;
    register(&mut site, "ox-1", "").await;
    let hello = proto::DeviceHello { boot: 1, ..proto::DeviceHello::default() };
    voice.send(Kind::Hello(proto::Hello { devices: vec![hello] })).await;
    assert!(matches!(voice.next().await, Answer::Welcome(welcome) if welcome.devices.len() == 1));
}

#[tokio::test]
async fn too_fast_a_device_is_refused_once_and_goes_on_where_it_was_refused() {
    let mut site = site_with(|config| {
        config.limits.device_rate = 20;
        config.limits.device_burst = 2;
    })
    .await;
    register(&mut site, "ox-1", "").await;
    let (mut voice, _) = Voice::greet(&site, &site.device("ox-1"), &[""]).await;
    voice.say((1..=5).map(|sequence| spo2("", sequence, 97.0)).collect()).await;
    let refusal = voice.expect_refusal(RefusalReason::Rate).await;
    assert_eq!((refusal.from_sequence, refusal.lane()), (3, proto::Lane::Live));
    assert!((1..=51).contains(&refusal.retry_after_ms), "{}", refusal.retry_after_ms);
    let mut refused = true;
    while refused {
        tokio::time::sleep(Duration::from_millis(refusal.retry_after_ms.into())).await;
        voice.say(vec![spo2("", 3, 97.0)]).await;
        refused = loop {
            match voice.next().await {
                Answer::Refusals(_) => break true,
                Answer::Receipts(receipts) if receipts.receipts.iter().any(|r| r.through_sequence == 3) => break false,
                Answer::Receipts(_) => {}
                other => panic!("unexpected {other:?}"),
            }
        };
    }
    assert!(status(&mut site).await.readings_refused >= 3);
}

#[tokio::test]
async fn what_is_wrong_in_form_is_refused_in_band_and_its_neighbours_count() {
    let mut site = site().await;
    register(&mut site, "ox-1", "").await;
    let (mut voice, _) = Voice::greet(&site, &site.device("ox-1"), &[""]).await;
    voice.say(vec![proto::Reading { lane: 0, ..spo2("", 1, 97.0) }]).await;
    let refusal = voice.expect_refusal(RefusalReason::Invalid).await;
    assert!(refusal.detail.contains("LANE_LIVE"), "{}", refusal.detail);
    let mut odd = spo2("", 1, f64::NAN);
    odd.observations.push(spo2("", 1, 97.0).observations.remove(0));
    voice.say(vec![odd]).await;
    match voice.next().await {
        Answer::Receipts(receipts) => {
            let exception = &receipts.receipts[0].exceptions[0];
            assert_eq!((exception.sequence, exception.outcome()), (1, proto::Outcome::ObservationsRejected));
        }
        other => panic!("expected a receipt, got {other:?}"),
    }
}

#[tokio::test]
async fn a_message_that_never_fits_is_refused_in_band() {
    let mut site = site_with(|config| config.limits.stream_credit = 4).await;
    register(&mut site, "ox-1", "").await;
    let (mut voice, welcome) = Voice::greet(&site, &site.device("ox-1"), &[""]).await;
    assert_eq!(welcome.credit, 4);
    voice.say((1..=5).map(|sequence| spo2("", sequence, 97.0)).collect()).await;
    let refusal = voice.expect_refusal(RefusalReason::Invalid).await;
    assert!(refusal.detail.contains("at most 4 readings"), "{}", refusal.detail);
    voice.say((1..=4).map(|sequence| spo2("", sequence, 97.0)).collect()).await;
    voice.expect_receipt("ox-1", 4).await;
}

#[tokio::test]
async fn a_declared_gap_is_receipted_as_missing() {
    let mut site = site().await;
    register(&mut site, "ox-1", "").await;
    let (mut voice, _) = Voice::greet(&site, &site.device("ox-1"), &[""]).await;
    let gap = proto::Reading { observations: Vec::new(), lost_through: 7, ..spo2("", 1, 0.0) };
    voice.say(vec![gap, spo2("", 8, 97.0)]).await;
    voice.expect_receipt("ox-1", 8).await;
    let status = status(&mut site).await;
    assert_eq!((status.readings_stored, status.readings_declared_missing), (1, 7));
}
