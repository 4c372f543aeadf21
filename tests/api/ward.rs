//! A registered, assigned device with its stream, and the people who answer for its patient.

use tokio::sync::mpsc;
use tonic::Streaming;
use tonic::transport::Channel;
use vigil::clinical::codes::Code;
use vigil::pki::Issued;
use vigil::proto;
use vigil::proto::admin_service_client::AdminServiceClient;
use vigil::proto::ingest_request::Kind;
use vigil::proto::ingest_response::Kind as Answer;
use vigil::proto::{IngestRequest, IngestResponse};

use super::devices::stream;
use super::harness::{PATIENCE, Site, asked, now, with_token};

/// Registers a device, for itself or for a gateway.
pub async fn register(site: &mut Site, device: &str, gateway: &str) {
    register_model(site, device, gateway, ("oximeter", "1")).await;
}

/// Registers a device of a model with a firmware.
pub async fn register_model(site: &mut Site, device: &str, gateway: &str, (model, firmware): (&str, &str)) {
    let (token, mut admin) = admin(site).await;
    admin.create_unit(with_token(&token, proto::CreateUnitRequest { unit: "icu".into() })).await.unwrap();
    let request = proto::RegisterDeviceRequest {
        device: device.into(),
        model: model.into(),
        firmware: firmware.into(),
        unit: "icu".into(),
        gateway: gateway.into(),
    };
    admin.register_device(with_token(&token, request)).await.unwrap();
}

/// Admits a patient to the ICU, to whom the device is assigned, cared for by one person.
pub async fn admit(site: &mut Site, patient: &str, device: &str, person: &str) {
    admit_to(site, patient, device, "icu", person).await;
}

/// Admits a patient to a unit, to whom the device is assigned; `person` is the unit's care team, empty: there is none.
pub async fn admit_to(site: &mut Site, patient: &str, device: &str, unit: &str, person: &str) {
    let (token, mut admin) = admin(site).await;
    if !person.is_empty() {
        let steps = vec![proto::CareStep { people: vec![person.into()], delay_ms: 600_000 }];
        let team = Some(proto::CareTeam { unit: unit.into(), steps });
        admin.set_care_team(with_token(&token, proto::SetCareTeamRequest { team })).await.unwrap();
    }
    // A bed is one patient's.
    let bed = if patient == "p-1" { "4" } else { patient };
    let request =
        proto::AdmitPatientRequest { patient: patient.into(), unit: unit.into(), bed: bed.into(), profile: None };
    admin.admit_patient(with_token(&token, request)).await.unwrap();
    let request =
        proto::AssignDeviceRequest { device: device.into(), patient: patient.into(), from_us: 0, until_us: 0 };
    admin.assign_device(with_token(&token, request)).await.unwrap();
}

/// The engine's figures.
pub async fn status(site: &mut Site) -> proto::StatusResponse {
    let (token, mut admin) = admin(site).await;
    admin.status(with_token(&token, proto::StatusRequest {})).await.unwrap().into_inner()
}

pub async fn admin(site: &mut Site) -> (String, AdminServiceClient<Channel>) {
    // A new account each time: a token is shown only once.
    let name = format!("ada-{}", site.accounts.iter().count());
    (site.account(&name, "admin"), AdminServiceClient::new(site.people().await))
}

/// One stream, with expectations.
pub struct Voice {
    pub sender: mpsc::Sender<IngestRequest>,
    pub answers: Streaming<IngestResponse>,
}

impl Voice {
    /// Opens a stream and says hello.
    pub async fn greet(site: &Site, issued: &Issued, devices: &[&str]) -> (Self, proto::Welcome) {
        Self::say_hello(site, issued, devices.iter().map(|device| hello_of(device)).collect()).await
    }

    /// Opens a stream and says hello for the device of the certificate, with its model and firmware.
    pub async fn greet_as(site: &Site, issued: &Issued, (model, firmware): (&str, &str)) -> (Self, proto::Welcome) {
        let hello = proto::DeviceHello { model: model.into(), firmware: firmware.into(), ..hello_of("") };
        Self::say_hello(site, issued, vec![hello]).await
    }

    pub async fn say_hello(site: &Site, issued: &Issued, devices: Vec<proto::DeviceHello>) -> (Self, proto::Welcome) {
        let (sender, answers) = stream(site, issued).await;
        let mut voice = Self { sender, answers };
        voice.send(Kind::Hello(proto::Hello { devices })).await;
        match voice.next().await {
            Answer::Welcome(welcome) => (voice, welcome),
            other => panic!("expected a welcome, got {other:?}"),
        }
    }

    pub async fn send(&self, kind: Kind) {
        self.sender.send(asked(kind)).await.unwrap();
    }

    pub async fn say(&self, readings: Vec<proto::Reading>) {
        self.send(Kind::Readings(proto::Readings { readings })).await;
    }

    /// The next answer.
    pub async fn next(&mut self) -> Answer {
        self.next_or_end().await.expect("the stream ended")
    }

    /// The next answer; `None` at a clean end.
    pub async fn next_or_end(&mut self) -> Option<Answer> {
        let message = tokio::time::timeout(PATIENCE, self.answers.message()).await.expect("no answer comes");
        message.unwrap().map(|answer| answer.kind.unwrap())
    }

    /// Waits until everything of a device's live lane up to `through` is receipted; nothing else may come.
    pub async fn expect_receipt(&mut self, device: &str, through: u64) {
        loop {
            match self.next().await {
                Answer::Receipts(receipts) => {
                    let mut mine = receipts.receipts.iter().filter(|receipt| receipt.device == device);
                    if let Some(receipt) = mine.next_back()
                        && receipt.through_sequence >= through
                    {
                        assert_eq!(receipt.through_sequence, through);
                        return;
                    }
                }
                other => panic!("expected a receipt, got {other:?}"),
            }
        }
    }

    /// The next answer must be one refusal.
    pub async fn expect_refusal(&mut self, reason: proto::RefusalReason) -> proto::Refusal {
        loop {
            match self.next().await {
                Answer::Receipts(_) => {}
                Answer::Refusals(refusals) => {
                    assert_eq!(refusals.refusals.len(), 1, "{refusals:?}");
                    assert_eq!(refusals.refusals[0].reason(), reason);
                    return refusals.refusals[0].clone();
                }
                other => panic!("expected a refusal, got {other:?}"),
            }
        }
    }
}

/// What a device says at first: it has its first reading still.
pub fn hello_of(device: &str) -> proto::DeviceHello {
    proto::DeviceHello {
        device: device.to_owned(),
        boot: 1,
        pending: vec![proto::LanePosition { boot: 1, lane: proto::Lane::Live.into(), sequence: 1 }],
        ..proto::DeviceHello::default()
    }
}

/// A saturation of a device, now.
pub fn spo2(device: &str, sequence: u64, percent: f64) -> proto::Reading {
    let at = now().micros();
    proto::Reading {
        device: device.into(),
        boot: 1,
        lane: proto::Lane::Live.into(),
        sequence,
        device_time_us: at,
        sent_at_us: at,
        period_ms: 1_000,
        observations: vec![proto::Observation {
            code: Code::SPO2.0,
            value: Some(proto::observation::Value::Number(percent)),
            unit: "%".into(),
            validity: proto::Validity::Valid.into(),
        }],
        ..proto::Reading::default()
    }
}
