//! Raw payloads over the wire: decoded, judged, receipted; what cannot be decoded is said and kept.

use vigil::proto::ingest_response::Kind as Answer;
use vigil::proto::{self, Outcome, RefusalReason};

use super::harness::{Site, site_with_decoders, with_token};
use super::ward::{Voice, admit, register_model, spo2, status};

/// A payload of a device, now.
fn payload(sequence: u64, content_type: &str, body: &[u8]) -> proto::Reading {
    let payload = proto::RawPayload { content_type: content_type.into(), body: body.to_vec() };
    proto::Reading { observations: Vec::new(), payload: Some(payload), ..spo2("", sequence, 0.0) }
}

fn plx(sequence: u64, percent: u8) -> proto::Reading {
    payload(sequence, "application/vnd.bluetooth.plx-continuous", &[0, percent, 0, 72, 0])
}

/// The exceptions of receipts up to `through`.
async fn exceptions(voice: &mut Voice, through: u64) -> Vec<proto::Exception> {
    let mut found = Vec::new();
    loop {
        let Answer::Receipts(receipts) = voice.next().await else { panic!("expected receipts") };
        for receipt in receipts.receipts {
            found.extend(receipt.exceptions);
            if receipt.through_sequence == through {
                return found;
            }
        }
    }
}

#[tokio::test]
async fn a_payload_is_decoded_and_what_it_says_raises_the_alert_of_its_rule() {
    let mut site = site_with_decoders().await;
    register_model(&mut site, "ox-1", "", ("plx", "1.0")).await;
    admit(&mut site, "p-1", "ox-1", "nurse-1").await;
    let (mut voice, _) = Voice::greet(&site, &site.device("ox-1"), &[""]).await;
    voice.say(vec![plx(1, 97), plx(2, 0), plx(3, 84)]).await;
    assert_eq!(exceptions(&mut voice, 3).await, []);
    let raised = wait_for_alerts(&mut site, 1).await;
    assert_eq!(raised[0].rule, "spo2_low");
    let status = status(&mut site).await;
    assert_eq!((status.readings_stored, status.readings_quarantined), (3, 0));
}

#[tokio::test]
async fn an_undecodable_payload_is_receipted_as_such_counted_and_an_alert() {
    let mut site = site_with_decoders().await;
    register_model(&mut site, "ox-1", "", ("plx", "1.0")).await;
    admit(&mut site, "p-1", "ox-1", "nurse-1").await;
    let (mut voice, _) = Voice::greet(&site, &site.device("ox-1"), &[""]).await;
    let long = payload(2, "application/vnd.bluetooth.plx-continuous", &[0; 9]);
    voice.say(vec![plx(1, 97), long, payload(3, "text/plain", b"97"), plx(4, 96)]).await;
    let found = exceptions(&mut voice, 4).await;
    let found: Vec<_> = found.iter().map(|e| (e.sequence, e.outcome(), e.reason.as_str())).collect();
    let undecodable = Outcome::QuarantinedUndecodable;
    assert_eq!(
        found,
        [
            (2, undecodable, "the payload has 9 bytes; allowed: 5"),
            (
                3,
                undecodable,
                "the decoder does not read this content type; allowed: application/vnd.bluetooth.plx-continuous"
            ),
        ]
    );
    let status = status(&mut site).await;
    assert_eq!((status.readings_stored, status.readings_quarantined, status.readings_undecodable), (2, 2, 2));
    assert_eq!(wait_for_alerts(&mut site, 1).await[0].rule, "payload_undecodable");
}

#[tokio::test]
async fn other_decoders_over_kept_payloads_say_which_values_and_alerts_would_change() {
    let mut site = site_with_decoders().await;
    register_model(&mut site, "ox-1", "", ("plx", "1.0")).await;
    admit(&mut site, "p-1", "ox-1", "nurse-1").await;
    let (mut voice, _) = Voice::greet(&site, &site.device("ox-1"), &[""]).await;
    voice.say(vec![plx(1, 97), plx(2, 84), payload(3, "text/plain", b"97")]).await;
    exceptions(&mut voice, 3).await;
    wait_for_alerts(&mut site, 1).await;
    drop(voice);
    let stopped = site.stop_and_audit().await;
    let decoders = |file: &str| format!("{}/config/devices{file}", env!("CARGO_MANIFEST_DIR"));
    let redecode = |file: &str| stopped.vigil_json(&["devices", "redecode", "--decoders", &decoders(file), "--json"]);
    let same = redecode("");
    assert_eq!((&same["payloads"], &same["same"], &same["lost"]), (&3.into(), &3.into(), &0.into()), "{same}");
    let none = redecode("/oxyhome.toml");
    assert_eq!((&none["lost"], &none["values_changed"]["spo2"]), (&2.into(), &2.into()), "{none}");
}

#[tokio::test]
async fn a_field_that_is_missing_is_said_in_the_receipt_and_the_rest_counts() {
    let mut site = site_with_decoders().await;
    register_model(&mut site, "con-1", "", ("oxyhome", "3.0")).await;
    let (mut voice, _) = Voice::greet(&site, &site.device("con-1"), &[""]).await;
    let body = br#"{"flow":{"measured_ml_min":1990,"set_ml_min":2000},"mains":true,"battery":{"seconds":-1}}"#;
    voice.say(vec![payload(1, "application/json", body)]).await;
    let found = exceptions(&mut voice, 1).await;
    assert_eq!(found[0].outcome(), Outcome::ObservationsRejected);
    assert_eq!(found[0].reason, "oxygen_purity is missing: the payload has nothing at /purity");
    assert_eq!(status(&mut site).await.readings_stored, 1);
}

#[tokio::test]
async fn the_hello_says_which_firmware_runs_and_its_decoder_reads() {
    let mut site = site_with_decoders().await;
    register_model(&mut site, "pm-1", "", ("cardia-p", "1.4")).await;
    let sample = |name: &str| std::fs::read(format!("config/devices/samples/cardia-p/{name}")).unwrap();
    let (mut voice, _) = Voice::greet_as(&site, &site.device("pm-1"), ("cardia-p", "2.1")).await;
    voice.say(vec![payload(1, "application/json", &sample("2.1/daily.json"))]).await;
    assert_eq!(exceptions(&mut voice, 1).await, []);
    voice.say(vec![payload(2, "application/vnd.cardia.report", &sample("1.4/daily.bin"))]).await;
    let found = exceptions(&mut voice, 2).await;
    assert_eq!(found[0].outcome(), Outcome::QuarantinedUndecodable, "a payload of the wrong firmware");
}

#[tokio::test]
async fn a_name_of_a_firmware_that_is_no_name_is_refused_in_band() {
    let mut site = site_with_decoders().await;
    register_model(&mut site, "ox-1", "", ("plx", "1.0")).await;
    let (sender, mut answers) = super::devices::stream(&site, &site.device("ox-1")).await;
    let device = proto::DeviceHello { firmware: "1\n".into(), boot: 1, ..proto::DeviceHello::default() };
    let hello = proto::Hello { devices: vec![device] };
    sender.send(super::harness::asked(proto::ingest_request::Kind::Hello(hello))).await.unwrap();
    let welcome = answers.message().await.unwrap().unwrap();
    assert!(matches!(welcome.kind, Some(Answer::Welcome(welcome)) if welcome.devices.is_empty()));
    let Some(Answer::Refusals(refusals)) = answers.message().await.unwrap().unwrap().kind else {
        panic!("expected a refusal")
    };
    assert!(refusals.refusals[0].detail.contains("at most 64 bytes"), "{refusals:?}");
    assert_eq!(refusals.refusals[0].reason(), RefusalReason::Invalid);
}

/// As the nurse sees them who cares for the patient.
async fn wait_for_alerts(site: &mut Site, count: usize) -> Vec<proto::Alert> {
    let token = site.account("nurse-1", "nurse");
    let mut alerts = proto::alert_service_client::AlertServiceClient::new(site.people().await);
    let until = tokio::time::Instant::now() + super::harness::PATIENCE;
    loop {
        let found = alerts.list(with_token(&token, proto::ListAlertsRequest::default())).await.unwrap();
        let found = found.into_inner().alerts;
        if found.len() >= count {
            return found;
        }
        assert!(tokio::time::Instant::now() < until, "no alert comes: {found:?}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
