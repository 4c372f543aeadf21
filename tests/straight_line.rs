//! One reading, in a straight line: the newcomer's tour, over the wire, from a device's first word to a closed alert.
//!
//! The numbers are those of "One reading, in a straight line" in `ARCHITECTURE.md`.

#[allow(dead_code, reason = "the harness of tests/api, of which this tour needs a part")]
#[path = "api/harness.rs"]
mod harness;

use std::time::Duration;

use harness::{PATIENCE, Site, asked, now, site_with_rules, with_token};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;
use tonic::transport::Channel;
use vigil::clinical::codes::Code;
use vigil::proto::admin_service_client::AdminServiceClient;
use vigil::proto::alert_service_client::AlertServiceClient;
use vigil::proto::ingest_request::Kind;
use vigil::proto::ingest_response::Kind as Answer;
use vigil::proto::ingest_service_client::IngestServiceClient;
use vigil::proto::{self, IngestRequest, IngestResponse, ResponseState};

/// An asystole is four seconds without a beat, by the device's own clock; it latches.
const ASYSTOLE: &str = r#"
[[rule]]
id = "asystole"
version = 1
kind = "physiological"
priority = "high"
latching = true
text = "Asystole: no beat for 4 s"
source = "PhysioNet/CinC Challenge 2015: no beat for at least 4 s"
[rule.no_beat]
for_ms = 4000
decided_by = "watch"
"#;

/// How long the people of the first step have, and of the second.
const STEPS_MS: [u32; 2] = [1_000, 600_000];

/// The device's end of an ingest stream.
struct Monitor {
    sender: mpsc::Sender<IngestRequest>,
    answers: Streaming<IngestResponse>,
    /// When the recording begins, by the device's clock.
    anchor_us: i64,
    sequence: u64,
}

impl Monitor {
    async fn next(&mut self) -> Answer {
        let message = tokio::time::timeout(PATIENCE, self.answers.message()).await.expect("no answer comes");
        message.unwrap().expect("the stream ended").kind.unwrap()
    }

    /// Sends one reading: the device has watched until `watched_s`, and saw a beat then or did not.
    async fn say(&mut self, watched_s: i64, beat: bool) {
        self.sequence += 1;
        let at = self.anchor_us + watched_s * 1_000_000;
        let annotation = proto::Observation {
            code: Code::BEAT_TYPE.0,
            value: Some(proto::observation::Value::Text("N".into())),
            validity: proto::Validity::Valid.into(),
            ..proto::Observation::default()
        };
        let reading = proto::Reading {
            boot: 7,
            lane: proto::Lane::Live.into(),
            sequence: self.sequence,
            device_time_us: at,
            sent_at_us: now().micros(),
            observed_until_us: Some(at),
            period_ms: 60_000,
            observations: if beat { vec![annotation] } else { Vec::new() },
            ..proto::Reading::default()
        };
        let readings = proto::Readings { readings: vec![reading] };
        self.sender.send(asked(Kind::Readings(readings))).await.unwrap();
    }

    /// Waits for the receipt of everything said so far.
    async fn receipted(&mut self) {
        loop {
            let Answer::Receipts(receipts) = self.next().await else { panic!("expected a receipt") };
            let receipt = receipts.receipts.last().unwrap();
            assert_eq!((receipt.boot, receipt.lane()), (7, proto::Lane::Live));
            assert!(receipt.through_sequence <= self.sequence && receipt.exceptions.is_empty(), "{receipt:?}");
            if receipt.through_sequence == self.sequence {
                return;
            }
        }
    }
}

/// The next fact of this kind about any alert, with the alert after it.
async fn fact(news: &mut Streaming<proto::AlertUpdate>, what: &str) -> (proto::AlertFact, proto::Alert) {
    let found = async {
        loop {
            let update = news.message().await.unwrap().expect("the watch ended");
            let fact = update.fact.unwrap();
            if fact.what == what {
                return (fact, update.alert.unwrap());
            }
        }
    };
    tokio::time::timeout(PATIENCE, found).await.unwrap_or_else(|_| panic!("{what} does not come"))
}

/// Waits until a person's inbox holds pages for exactly these (round, step).
async fn inbox(alerts: &mut AlertServiceClient<Channel>, token: &str, expected: &[(u32, u32)]) {
    let mut seen = Vec::new();
    let polled = async {
        loop {
            let pages = alerts.inbox(with_token(token, proto::InboxRequest {})).await.unwrap().into_inner().pages;
            seen = pages.iter().map(|page| (page.round, page.step)).collect();
            if seen == expected {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let came = tokio::time::timeout(PATIENCE, polled).await.is_ok();
    assert!(came, "expected pages {expected:?}, found {seen:?}");
}

fn answer(alert: &proto::Alert, version: u32) -> proto::AnswerRequest {
    proto::AnswerRequest { id: alert.id.clone(), version, reason: "on my way".into(), ..Default::default() }
}

/// An administrator says who answers for a unit, and makes a bed with a monitor in it.
async fn make_ready(site: &mut Site) {
    let token = site.account("ada", "admin");
    let mut admin = AdminServiceClient::new(site.people().await);
    let steps = [("kim", STEPS_MS[0]), ("lee", STEPS_MS[1])]
        .map(|(person, delay_ms)| proto::CareStep { people: vec![person.into()], delay_ms });
    let team = Some(proto::CareTeam { unit: "icu".into(), steps: steps.into() });
    let set = admin.set_care_team(with_token(&token, proto::SetCareTeamRequest { team })).await.unwrap().into_inner();
    assert_eq!(set.policy_version, 1);
    let monitor = proto::RegisterDeviceRequest {
        device: "monitor-1".into(),
        model: "monitor".into(),
        firmware: "1".into(),
        unit: "icu".into(),
        gateway: String::new(),
    };
    admin.register_device(with_token(&token, monitor)).await.unwrap();
    let bed = proto::AdmitPatientRequest { patient: "p-1".into(), unit: "icu".into(), bed: "4".into(), profile: None };
    admin.admit_patient(with_token(&token, bed)).await.unwrap();
    let from_now =
        proto::AssignDeviceRequest { device: "monitor-1".into(), patient: "p-1".into(), from_us: 0, until_us: 0 };
    admin.assign_device(with_token(&token, from_now)).await.unwrap();
}

#[tokio::test]
async fn one_reading_in_a_straight_line() {
    let mut site = site_with_rules(ASYSTOLE, |_| {}).await;
    let (kim, lee) = (site.account("kim", "nurse"), site.account("lee", "physician"));
    make_ready(&mut site).await;
    let mut alerts = AlertServiceClient::new(site.people().await);
    let all = proto::WatchAlertsRequest::default();
    let mut news = alerts.watch(with_token(&kim, all)).await.unwrap().into_inner();

    // 1. A device connects with a certificate that names it, says hello, and is told what is durable: nothing yet.
    let channel = site.connect(&site.device("monitor-1")).await.unwrap();
    let (sender, receiver) = mpsc::channel(64);
    let answers = IngestServiceClient::new(channel).stream(ReceiverStream::new(receiver)).await.unwrap().into_inner();
    let mut monitor = Monitor { sender, answers, anchor_us: now().plus_ms(-60_000).micros(), sequence: 0 };
    let live = proto::LanePosition { boot: 7, lane: proto::Lane::Live.into(), sequence: 1 };
    let hello = proto::DeviceHello { boot: 7, pending: vec![live], ..proto::DeviceHello::default() };
    monitor.sender.send(asked(Kind::Hello(proto::Hello { devices: vec![hello] }))).await.unwrap();
    let Answer::Welcome(welcome) = monitor.next().await else { panic!("expected a welcome") };
    assert_eq!(welcome.devices[0].device, "monitor-1");
    assert_eq!(welcome.devices[0].durable[0].sequence, 0);
    // 2. The welcome says how many readings may be under way without a receipt: admission comes before any mailbox.
    assert_eq!(welcome.credit, site.config.limits.stream_credit);

    // 3. to 5. Beats, a second apart. The device's actor takes them in sequence, the writer makes them durable, and only
    // then a receipt says so. The patient's actor has judged them: nothing is wrong.
    for second in 0..4 {
        monitor.say(second, true).await;
    }
    monitor.receipted().await;
    let quiet = alerts.list(with_token(&kim, proto::ListAlertsRequest::default())).await.unwrap().into_inner();
    assert_eq!(quiet.alerts, []);

    // The same sequence once more changes nothing, and is receipted once more.
    monitor.sequence -= 1;
    monitor.say(3, true).await;
    monitor.receipted().await;

    // 4. No beat after second 3. That alone proves nothing: the network may be slow. An asystole is determined when the
    // device says that it has watched its signal for 4 s without one, which it does here, at second 7.
    monitor.say(6, false).await;
    monitor.say(7, false).await;
    monitor.receipted().await;
    let (raised, alert) = fact(&mut news, "raised").await;
    assert_eq!(
        (raised.rule.as_str(), alert.id.as_str(), alert.priority()),
        ("asystole", "p-1~1", proto::Priority::High)
    );
    assert_eq!(raised.onset_us, monitor.anchor_us + 7_000_000, "by the device's clock");
    // 6. From its first event on the alert has a deadline (I4): by then somebody is made responsible.
    assert!(raised.deadline_us > 0);
    assert_eq!(alert.version, 1);

    // The care team says who is responsible now; that is journaled, and the person is paged.
    let (entered, alert) = fact(&mut news, "step_entered").await;
    assert_eq!((entered.step, entered.people.as_slice()), (1, &["kim".to_owned()][..]));
    assert_eq!((alert.state(), alert.unit.as_str(), alert.bed.as_str()), (ResponseState::Waiting, "icu", "4"));
    inbox(&mut alerts, &kim, &[(1, 1)]).await;

    // 8. Kim does not answer. At the deadline, a timer that is an input as any other, the ladder goes on to Lee.
    let (due, _) = fact(&mut news, "step_due").await;
    assert_eq!((due.round, due.step), (1, 2));
    let (entered, alert) = fact(&mut news, "step_entered").await;
    assert_eq!((entered.step, entered.people.as_slice()), (2, &["lee".to_owned()][..]));
    inbox(&mut alerts, &lee, &[(1, 2)]).await;

    // 7. Lee answers. Somebody who saw another version of the alert is shown the current one instead, and nothing is
    // done; with the right one the answer is committed, the ladder stops, and the pages that wait are taken back.
    let outdated = answer(&alert, alert.version + 1);
    let stale = alerts.acknowledge(with_token(&lee, outdated)).await.unwrap().into_inner();
    assert!(!stale.done);
    assert_eq!(stale.alert.unwrap().version, alert.version);
    let acknowledged = alerts.acknowledge(with_token(&lee, answer(&alert, alert.version))).await.unwrap().into_inner();
    let alert = acknowledged.alert.unwrap();
    assert!(acknowledged.done);
    assert_eq!((alert.state(), alert.people.as_slice()), (ResponseState::Acknowledged, &["lee".to_owned()][..]));
    assert_eq!(fact(&mut news, "acknowledged").await.0.by, "lee");
    inbox(&mut alerts, &kim, &[]).await;
    inbox(&mut alerts, &lee, &[]).await;

    // The heart beats again. An asystole is not over because it has passed: it latches, until a person resets it.
    for second in 8..12 {
        monitor.say(second, true).await;
    }
    monitor.receipted().await;
    let (_, alert) = fact(&mut news, "condition_cleared").await;
    assert_eq!(alert.closed, "");
    let reset = alerts.reset(with_token(&lee, answer(&alert, alert.version))).await.unwrap().into_inner();
    assert!(reset.done);
    let (_, alert) = fact(&mut news, "closed").await;
    assert_eq!(alert.closed, "reset");
    let open = alerts.list(with_token(&kim, proto::ListAlertsRequest::default())).await.unwrap().into_inner();
    assert_eq!(open.alerts, []);

    // All of it stands in the journal, once each, in this order.
    let history = proto::HistoryRequest { id: alert.id };
    let history = alerts.history(with_token(&kim, history)).await.unwrap().into_inner();
    let what: Vec<_> = history.facts.iter().map(|fact| fact.what.as_str()).collect();
    assert_eq!(
        what,
        ["raised", "step_entered", "step_due", "step_entered", "acknowledged", "condition_cleared", "reset", "closed"]
    );

    // A device that comes back is told what is durable: 4 beats, 2 readings without, 4 beats.
    drop(monitor);
    let channel = site.connect(&site.device("monitor-1")).await.unwrap();
    let (sender, receiver) = mpsc::channel(64);
    let mut answers =
        IngestServiceClient::new(channel).stream(ReceiverStream::new(receiver)).await.unwrap().into_inner();
    let hello = proto::DeviceHello { boot: 7, ..proto::DeviceHello::default() };
    sender.send(asked(Kind::Hello(proto::Hello { devices: vec![hello] }))).await.unwrap();
    let welcome = answers.message().await.unwrap().unwrap().kind.unwrap();
    let Answer::Welcome(welcome) = welcome else { panic!("expected a welcome") };
    assert_eq!(welcome.devices[0].durable[0].sequence, 10);
}
