//! The platform inside another tokio program: no network, no ports. A device of this process sends readings, a nurse of
//! this process is told of the alert and answers it.
//!
//! `cargo run --example embed [FOLDER]`

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Duration;

use vigil::Vigil;
use vigil::actors::handle::{Admission, CareStep, DeviceHello};
use vigil::clinical::alert::{AlertEvent, Command, Verb};
use vigil::clinical::codes::Code;
use vigil::clinical::device::{Announcement, Registration};
use vigil::clinical::ids::{DeviceId, PatientId, PersonId, UnitId};
use vigil::clinical::patient::Profile;
use vigil::clinical::reading::{Lane, Observation, Reading, ReadingKey, Validity, Value};
use vigil::clinical::rules::RuleSet;
use vigil::clinical::units::Unit;
use vigil::clock::Clock;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).map_or_else(new_folder, PathBuf::from);
    for line in run(&folder).await? {
        println!("{line}");
    }
    Ok(())
}

fn new_folder() -> PathBuf {
    std::env::temp_dir().join(format!("vigil-embed-{}", std::process::id()))
}

/// Runs the platform in `folder` until one alert is answered; says what happened.
pub async fn run(folder: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let rules = RuleSet::parse(&[("embed.toml".into(), RULES.into())]).map_err(|mistakes| format!("{mistakes:?}"))?;
    let vigil = Vigil::builder().data_dir(folder.join("data")).rules(rules).fallback(["nurse-1"]).start().await?;
    let mut said = Vec::new();
    let outcome = watch_one_alert(&vigil, &mut said).await;
    // What was receipted is durable, whatever happened.
    vigil.stop(Duration::from_secs(10)).await;
    outcome.map(|()| said)
}

async fn watch_one_alert(vigil: &Vigil, said: &mut Vec<String>) -> Result<(), Box<dyn Error>> {
    let (device, nurse) = (enrol(vigil).await?, PersonId::new("nurse-1")?);
    let handle = vigil.handle();
    let mut news = handle.watch(None).await?;

    let hello =
        DeviceHello { device, boot: 1, pending: Vec::new(), last_receipt: None, announced: Announcement::default() };
    let mut oximeter = vigil.join(hello).await?;
    let clock = Clock::system();
    for (sequence, percent) in [(1, 97.0), (2, 84.0)] {
        oximeter.send(saturation(&clock, sequence, percent)).await?;
    }
    for answer in oximeter.answers().await {
        said.push(format!("device: {answer:?}"));
    }

    while let Some(happened) = news.next().await {
        let happened = happened?;
        match &happened.event {
            AlertEvent::Raised { condition, .. } => said.push(format!("{}: {}", happened.view.id, condition.text)),
            AlertEvent::StepEntered { people, .. } => {
                said.push(format!("{}: paged {people:?}", happened.view.id));
                let command = Command {
                    ordinal: happened.view.id.ordinal,
                    verb: Verb::Acknowledge,
                    by: nurse.clone(),
                    reason: "at the bedside".into(),
                    seen_version: happened.view.alert.version,
                };
                handle.answer(&happened.view.id.subject, command).await?;
            }
            AlertEvent::Acknowledged { by, .. } => {
                said.push(format!("{}: acknowledged by {by}", happened.view.id));
                return Ok(());
            }
            _ => {}
        }
    }
    Err("the engine stopped".into())
}

/// Makes one patient with one oximeter known, and who answers for the unit.
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

fn saturation(clock: &Clock, sequence: u64, percent: f64) -> Reading {
    let at = clock.now();
    let observation =
        Observation { code: Code::SPO2, value: Value::Number(percent), unit: Unit::Percent, validity: Validity::Valid };
    Reading {
        key: ReadingKey { boot: 1, lane: Lane::Live, sequence },
        device_time: at,
        sent_at: at,
        observed_until: Some(at),
        period_ms: 1_000,
        signal: Validity::Valid,
        observations: [observation].into_iter().collect(),
        payload: None,
        decoder: None,
    }
}

const RULES: &str = r#"
[[rule]]
id = "spo2_low"
version = 1
kind = "physiological"
priority = "high"
text = "SpO2 {value} % < {limit} %"
source = "an example: no clinical claim"
[rule.limit]
code = "spo2"
below = 90
"#;
