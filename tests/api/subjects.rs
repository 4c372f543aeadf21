//! Alerts of devices that belong to nobody, and actors that are started again.

use std::time::Duration;

use tonic::Code;
use tonic::transport::Channel;
use vigil::proto;
use vigil::proto::alert_service_client::AlertServiceClient;

use super::harness::{PATIENCE, Site, site, site_with, with_token};
use super::ward::{Voice, admin, admit, register, spo2};

/// The newest alert of a subject, once it is so.
pub async fn alert_of(
    alerts: &mut AlertServiceClient<Channel>,
    token: &str,
    subject: &str,
    so: impl Fn(&proto::Alert) -> bool,
) -> proto::Alert {
    let listed = async {
        loop {
            let request = proto::ListAlertsRequest { subject: subject.into(), closed_too: true, ..Default::default() };
            let listed = alerts.list(with_token(token, request)).await.unwrap().into_inner().alerts;
            if let Some(alert) = listed.into_iter().find(|alert| so(alert)) {
                return alert;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, listed).await.expect("there is no such alert")
}

async fn hasty_site() -> Site {
    site_with(|config| config.actors.unclaimed = Duration::from_millis(100)).await
}

#[tokio::test]
async fn a_device_without_a_patient_is_an_alert_of_its_unit_that_is_answered_and_handed_over() {
    let mut site = hasty_site().await;
    let tina = site.account("tina", "technician");
    register(&mut site, "ox-1", "").await;
    let (token, mut admin) = admin(&mut site).await;
    let steps = vec![proto::CareStep { people: vec!["tina".into()], delay_ms: 600_000 }];
    let team = Some(proto::CareTeam { unit: "icu".into(), steps });
    admin.set_care_team(with_token(&token, proto::SetCareTeamRequest { team })).await.unwrap();
    let (mut voice, _) = Voice::greet(&site, &site.device("ox-1"), &[""]).await;
    voice.say(vec![spo2("", 1, 80.0), spo2("", 2, 80.0)]).await;
    voice.expect_receipt("ox-1", 2).await;

    let mut alerts = AlertServiceClient::new(site.people().await);
    let alert = alert_of(&mut alerts, &tina, "device~ox-1", |alert| alert.people == ["tina"]).await;
    assert_eq!((alert.id.as_str(), alert.subject.as_str()), ("device~ox-1~1", "device~ox-1"));
    assert_eq!((alert.unit.as_str(), alert.patient.as_str()), ("icu", ""));
    assert_eq!((alert.rule.as_str(), alert.kind()), ("device_without_patient", proto::ConditionKind::Technical));
    let answer = proto::AnswerRequest { id: alert.id.clone(), version: alert.version, ..Default::default() };
    let accepted = alerts.accept(with_token(&tina, answer)).await.unwrap().into_inner();
    assert!(accepted.done && accepted.alert.unwrap().people == ["tina"]);

    admit(&mut site, "p-1", "ox-1", "tina").await;
    let closed = alert_of(&mut alerts, &tina, "device~ox-1", |alert| !alert.closed.is_empty()).await;
    assert_eq!(closed.closed, "handed_over");
    let history = proto::HistoryRequest { id: alert.id };
    let facts = alerts.history(with_token(&tina, history)).await.unwrap().into_inner().facts;
    let facts: Vec<_> = facts.iter().map(|fact| fact.what.as_str()).collect();
    assert_eq!(facts, ["raised", "step_entered", "accepted", "closed"]);
}

#[tokio::test]
async fn only_what_is_parked_is_started_again_and_only_by_whoever_runs_the_platform() {
    let mut site = site().await;
    register(&mut site, "ox-1", "").await;
    admit(&mut site, "p-1", "ox-1", "kim").await;
    let (nurse, sre) = (site.account("kim", "nurse"), site.account("rob", "sre"));
    let (_, mut admin) = admin(&mut site).await;
    let mut restart = async |token: &str, subject: &str| {
        let request = proto::RestartActorRequest { subject: subject.into() };
        admin.restart_actor(with_token(token, request)).await.unwrap_err().code()
    };
    assert_eq!(restart(&nurse, "p-1").await, Code::PermissionDenied);
    assert_eq!(restart(&sre, "p-1").await, Code::FailedPrecondition);
    assert_eq!(restart(&sre, "device~ox-1").await, Code::FailedPrecondition);
    assert_eq!(restart(&sre, "unit~icu").await, Code::NotFound);
    assert_eq!(restart(&sre, "ward~icu").await, Code::InvalidArgument);
}
