//! The rules of devices in the running platform.

use vigil::proto;
use vigil::proto::alert_service_client::AlertServiceClient;

use super::harness::{site_with_rules, with_token};
use super::subjects::alert_of;
use super::ward::{Voice, admin, admit, register, spo2};

const CONCENTRATOR: &str = include_str!("../../config/rules/oxygen/concentrator.toml");

fn purity(sequence: u64, percent: f64) -> proto::Reading {
    let mut reading = spo2("", sequence, percent);
    reading.observations[0].code = vigil::clinical::codes::Code::by_name("oxygen_purity").unwrap().code.0;
    reading
}

#[tokio::test]
async fn a_concentrator_of_nobody_reports_its_purity_and_its_patient_hears_of_it_after_the_assignment() {
    let mut site = site_with_rules(CONCENTRATOR, |_| {}).await;
    let tina = site.account("tina", "technician");
    register(&mut site, "ox-1", "").await;
    let (token, mut admin) = admin(&mut site).await;
    let steps = vec![proto::CareStep { people: vec!["tina".into()], delay_ms: 600_000 }];
    let team = Some(proto::CareTeam { unit: "icu".into(), steps });
    admin.set_care_team(with_token(&token, proto::SetCareTeamRequest { team })).await.unwrap();
    let (mut voice, _) = Voice::greet(&site, &site.device("ox-1"), &[""]).await;
    voice.say(vec![purity(1, 93.0), purity(2, 65.0)]).await;
    voice.expect_receipt("ox-1", 2).await;

    let mut alerts = AlertServiceClient::new(site.people().await);
    let alert = alert_of(&mut alerts, &tina, "device~ox-1", |alert| alert.rule == "purity_very_low").await;
    assert_eq!((alert.kind(), alert.priority()), (proto::ConditionKind::Technical, proto::Priority::High));
    assert_eq!((alert.unit.as_str(), alert.patient.as_str()), ("icu", ""));

    let kim = site.account("kim", "nurse");
    admit(&mut site, "p-1", "ox-1", "kim").await;
    voice.say(vec![purity(3, 65.0)]).await;
    voice.expect_receipt("ox-1", 3).await;
    let alert = alert_of(&mut alerts, &kim, "p-1", |alert| alert.rule == "purity_very_low").await;
    assert_eq!((alert.patient.as_str(), alert.device.as_str()), ("p-1", "ox-1"));

    // Its windows are read anew from the journal: it ends after a restart, and all of it replays to the same.
    let site = site.restarted_with_rules(CONCENTRATOR).await;
    let (mut voice, _) = Voice::greet(&site, &site.device("ox-1"), &[""]).await;
    voice.say(vec![purity(4, 93.0)]).await;
    voice.expect_receipt("ox-1", 4).await;
    let mut alerts = AlertServiceClient::new(site.people().await);
    alert_of(&mut alerts, &kim, "p-1", |alert| alert.id == "p-1~1" && !alert.present).await;
    site.stop_and_audit().await;
}
