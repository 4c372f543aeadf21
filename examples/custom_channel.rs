//! A notification channel of the host's own: here it prints, in a hospital it may send an SMS. The ladder pages a nurse by
//! it, and goes on if the nurse is not reached.
//!
//! `cargo run --example custom_channel [FOLDER]`

use std::collections::BTreeSet;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use smol_str::SmolStr;
use tokio::sync::mpsc;
use vigil::Vigil;
use vigil::actors::handle::{Admission, CareStep, DeviceHello};
use vigil::channels::{Channel, Message, Outcome, SendFuture};
use vigil::clinical::codes::Code;
use vigil::clinical::device::{Announcement, Registration};
use vigil::clinical::ids::{ChannelId, DeviceId, PatientId, PersonId, UnitId};
use vigil::clinical::patient::Profile;
use vigil::clinical::reading::{Lane, Observation, Reading, ReadingKey, Validity, Value};
use vigil::clinical::rules::RuleSet;
use vigil::clinical::units::Unit;
use vigil::clock::Clock;

/// Sends a line per page; what it was given before it knows by the key.
pub struct Pager {
    lines: mpsc::UnboundedSender<String>,
    known: Mutex<BTreeSet<SmolStr>>,
}

impl Channel for Pager {
    fn id(&self) -> ChannelId {
        ChannelId::new("pager").expect("pager is an identifier")
    }

    fn check(&self, address: &str) -> Result<(), String> {
        if address.is_empty() { Err("it is empty; allowed: a number of a pager".to_owned()) } else { Ok(()) }
    }

    /// Everybody has a pager here, whether the care plan says so or not.
    fn address_of(&self, person: &PersonId) -> Option<SmolStr> {
        Some(person.as_str().into())
    }

    fn send<'a>(&'a self, page: &'a Message, address: &'a str) -> SendFuture<'a> {
        Box::pin(async move {
            let is_new = self.known.lock().map_or(true, |mut known| known.insert(page.key.clone()));
            if page.repeat && !is_new {
                return Outcome::Sent;
            }
            let Message { priority, title, text, .. } = page;
            // The other side has taken it, or this is not delivered: it will be tried again.
            match self.lines.send(format!("to {address}: {priority:?} {title}. {text}")) {
                Ok(()) => Outcome::Sent,
                Err(_) => Outcome::Failed { why: "nobody reads the pager".into(), wait: None },
            }
        })
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let default = || std::env::temp_dir().join(format!("vigil-channel-{}", std::process::id()));
    let folder = std::env::args().nth(1).map_or_else(default, PathBuf::from);
    println!("{}", run(&folder).await?);
    Ok(())
}

/// Runs the platform in `folder` until the pager has got a page; says it.
pub async fn run(folder: &Path) -> Result<String, Box<dyn Error>> {
    let (lines, mut paged) = mpsc::unbounded_channel();
    let rules = RuleSet::bedside().map_err(|mistakes| format!("{mistakes:?}"))?;
    let pager = Pager { lines, known: Mutex::default() };
    let builder = Vigil::builder().data_dir(folder.join("data")).rules(rules).fallback(["charge-nurse"]);
    let vigil = builder.channel(pager).start().await?;
    let sent = send_readings(&vigil).await;
    let page = tokio::time::timeout(Duration::from_secs(30), paged.recv()).await;
    vigil.stop(Duration::from_secs(10)).await;
    sent?;
    Ok(page?.ok_or("the pager is gone")?)
}

/// Twenty seconds, by the device's clock, of a saturation that is too low.
pub async fn send_readings(vigil: &Vigil) -> Result<(), Box<dyn Error>> {
    let device = enrol(vigil).await?;
    let announced = Announcement::default();
    let hello = DeviceHello { device, boot: 1, pending: Vec::new(), last_receipt: None, announced };
    let mut oximeter = vigil.join(hello).await?;
    let now = Clock::system().now();
    for second in 1..=20_u32 {
        let at = now.plus_ms(1_000 * i64::from(second) - 20_000);
        oximeter
            .send(Reading {
                key: ReadingKey { boot: 1, lane: Lane::Live, sequence: u64::from(second) },
                device_time: at,
                sent_at: at,
                observed_until: Some(at),
                period_ms: 1_000,
                signal: Validity::Valid,
                observations: [low()].into_iter().collect(),
                payload: None,
                decoder: None,
            })
            .await?;
    }
    Ok(())
}

fn low() -> Observation {
    Observation { code: Code::SPO2, value: Value::Number(80.0), unit: Unit::Percent, validity: Validity::Valid }
}

async fn enrol(vigil: &Vigil) -> Result<DeviceId, Box<dyn Error>> {
    let handle = vigil.handle();
    let (device, patient, unit) = (DeviceId::new("ox-1")?, PatientId::new("p-1")?, UnitId::new("icu")?);
    let steps = vec![CareStep { people: vec![PersonId::new("nurse-1")?], delay_ms: 60_000 }];
    handle.set_care_team(unit.clone(), steps).await?;
    let registration =
        Registration { model: "oximeter".into(), firmware: "1".into(), unit: unit.clone(), gateway: None };
    handle.register_device(&device, registration).await?;
    let admission = Admission { unit, bed: "bed-4".into(), profile: Profile::default() };
    handle.admit_patient(&PersonId::new("admin-1")?, patient.clone(), admission).await?;
    handle.assign_device(device.clone(), patient, None, None).await?;
    Ok(device)
}
