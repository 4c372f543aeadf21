//! One gateway's stream for thousands of devices.

use std::collections::BTreeMap;

use vigil::clinical::device::Registration;
use vigil::clinical::ids::{DeviceId, GatewayId, UnitId};
use vigil::proto::ingest_request::Kind;
use vigil::proto::ingest_response::Kind as Answer;
use vigil::proto::{self, Outcome, RefusalReason};

use super::devices::stream;
use super::harness::{PATIENCE, Site, asked, site};
use super::ward::{Voice, hello_of, register, spo2, status};

const DEVICES: usize = 5_000;
const CHATTY: &str = "crowd-0000";

fn name(at: usize) -> String {
    format!("crowd-{at:04}")
}

/// Registers the crowd in this process: over the wire it is the same call.
async fn register_crowd(site: &Site) {
    let handle = site.platform.engine().handle();
    handle.create_unit(UnitId::new("icu").unwrap()).await.unwrap();
    let register = |at: usize| {
        let handle = handle.clone();
        let device = DeviceId::new(&name(at)).unwrap();
        let registration = Registration {
            model: "oximeter".into(),
            firmware: "1".into(),
            unit: UnitId::new("icu").unwrap(),
            gateway: Some(GatewayId::new("east").unwrap()),
        };
        async move { handle.register_device(&device, registration).await.unwrap() }
    };
    for chunk in (0..DEVICES).collect::<Vec<_>>().chunks(500) {
        let registering: tokio::task::JoinSet<()> = chunk.iter().map(|at| register(*at)).collect();
        registering.join_all().await;
    }
}

/// A gateway with what it was told of each device.
struct Crowd {
    voice: Voice,
    /// As in a welcome: 0 for a lane without a reading.
    through: BTreeMap<String, u64>,
    exceptions: Vec<(String, Outcome)>,
    refusals: Vec<(String, RefusalReason)>,
}

impl Crowd {
    /// Opens a stream and says hello for the whole crowd and for one device more, in several messages.
    async fn greet(site: &Site, stranger: &str) -> Self {
        let (sender, answers) = stream(site, &site.gateway("east")).await;
        let voice = Voice { sender, answers };
        let mut names: Vec<String> = (0..DEVICES).map(name).collect();
        names.push(stranger.to_owned());
        let mut crowd = Self { voice, through: BTreeMap::new(), exceptions: Vec::new(), refusals: Vec::new() };
        for chunk in names.chunks(1_000) {
            let devices = chunk.iter().map(|device| hello_of(device)).collect();
            crowd.voice.sender.send(asked(Kind::Hello(proto::Hello { devices }))).await.unwrap();
        }
        crowd.hear_until(|crowd| crowd.through.len() == DEVICES && !crowd.refusals.is_empty()).await;
        crowd
    }

    /// Sends a reading of every device but the chatty one.
    async fn say_all(&self, sequence: u64) {
        let readings: Vec<_> = (1..DEVICES).map(|at| spo2(&name(at), sequence, 97.0)).collect();
        for chunk in readings.chunks(250) {
            self.voice.say(chunk.to_vec()).await;
        }
    }

    fn neighbours_are_at(&self, sequence: u64) -> bool {
        self.through.iter().all(|(device, through)| device == CHATTY || *through == sequence)
    }

    async fn hear_until(&mut self, enough: impl Fn(&Self) -> bool) {
        let until = tokio::time::Instant::now() + 3 * PATIENCE;
        while !enough(self) {
            assert!(tokio::time::Instant::now() < until, "still waiting after {} devices", self.through.len());
            match self.voice.next().await {
                Answer::Welcome(welcome) => {
                    for device in welcome.devices {
                        self.through.insert(device.device, device.durable.iter().map(|at| at.sequence).sum());
                    }
                }
                Answer::Receipts(receipts) => {
                    for receipt in receipts.receipts {
                        let what = receipt.exceptions.iter().map(proto::Exception::outcome);
                        self.exceptions.extend(what.map(|outcome| (receipt.device.clone(), outcome)));
                        self.through.insert(receipt.device, receipt.through_sequence);
                    }
                }
                Answer::Refusals(refusals) => {
                    self.refusals.extend(refusals.refusals.into_iter().map(|r| (r.device.clone(), r.reason())));
                }
                // Of the chatty one: what it sent after it was refused came before it heard of it.
                Answer::ResumeFrom(resume) => assert_eq!(resume.device, CHATTY),
                other @ Answer::Draining(_) => panic!("unexpected {other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn five_thousand_devices_share_a_stream_and_none_disturbs_the_others() {
    let mut site = site().await;
    register_crowd(&site).await;
    register(&mut site, "stranger", "west").await;
    let mut crowd = Crowd::greet(&site, "stranger").await;
    assert_eq!(crowd.refusals, [("stranger".to_owned(), RefusalReason::NotYours)]);
    crowd.say_all(1).await;
    crowd.hear_until(|crowd| crowd.neighbours_are_at(1)).await;

    // One says other things of a sequence than before, one sends what nobody let it, one floods.
    crowd.voice.say(vec![spo2(&name(7), 1, 50.0), spo2("stranger", 1, 97.0)]).await;
    let begun = tokio::time::Instant::now();
    for first in (1..20_000).step_by(200) {
        crowd.voice.say((first..first + 200).map(|sequence| spo2(CHATTY, sequence, 97.0)).collect()).await;
    }
    crowd.say_all(2).await;
    crowd.hear_until(|crowd| crowd.neighbours_are_at(2)).await;
    let chatty_most = 1_024 + u64::from(site.config.limits.device_rate) * (begun.elapsed().as_secs() + 1);
    assert_eq!(crowd.exceptions, [(name(7), Outcome::QuarantinedConflict)]);
    assert!(crowd.refusals[1..].iter().all(|refusal| *refusal == (CHATTY.to_owned(), RefusalReason::Rate)));
    assert!(crowd.refusals.len() > 1, "the flood is refused");

    // Each device is told where it stands, whoever else is on the stream.
    let heard = crowd.through[CHATTY];
    drop(crowd);
    let again = Crowd::greet(&site, "stranger").await;
    assert!(again.neighbours_are_at(2));
    let chatty = again.through[CHATTY];
    assert!((heard.max(1_000)..=chatty_most).contains(&chatty), "{chatty} of at most {chatty_most}");
    let stored = status(&mut site).await.readings_stored;
    assert_eq!(stored, 2 * (DEVICES as u64 - 1) + chatty, "each counts once");
    assert_eq!(again.refusals, [("stranger".to_owned(), RefusalReason::NotYours)]);
}

#[tokio::test]
async fn a_device_whose_hello_is_no_hello_does_not_end_the_stream_of_its_gateway() {
    let mut site = site().await;
    register(&mut site, "ox-1", "east").await;
    let (sender, answers) = stream(&site, &site.gateway("east")).await;
    let mut voice = Voice { sender, answers };
    let lane_missing = proto::LanePosition { boot: 1, lane: 0, sequence: 1 };
    let devices = vec![
        hello_of("not a name"),
        proto::DeviceHello { pending: vec![lane_missing], ..hello_of("ox-2") },
        hello_of("ox-1"),
    ];
    voice.send(Kind::Hello(proto::Hello { devices })).await;
    assert!(matches!(voice.next().await, Answer::Welcome(welcome) if welcome.devices.len() == 1));
    let Answer::Refusals(refusals) = voice.next().await else { panic!("expected refusals") };
    let found: Vec<_> = refusals.refusals.iter().map(|r| (r.device.as_str(), r.reason())).collect();
    assert_eq!(found, [("", RefusalReason::Invalid), ("ox-2", RefusalReason::Invalid)]);
    voice.say(vec![spo2("ox-1", 1, 97.0)]).await;
    voice.expect_receipt("ox-1", 1).await;
}
