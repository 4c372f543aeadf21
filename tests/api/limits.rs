//! Limits that people set for patients.

use tonic::Code;
use vigil::proto;
use vigil::proto::alert_service_client::AlertServiceClient;

use super::harness::{site, with_token};
use super::subjects::alert_of;
use super::ward::{Voice, admin, admit, register, spo2};

fn limit(limit: f64) -> proto::SetLimitRequest {
    proto::SetLimitRequest {
        patient: "p-1".into(),
        rule: "spo2_low".into(),
        limit,
        reason: "chronic".into(),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_limit_of_a_patient_judges_within_its_bounds_is_shown_and_replays() {
    let mut site = site().await;
    let kim = site.account("kim", "nurse");
    register(&mut site, "ox-1", "").await;
    admit(&mut site, "p-1", "ox-1", "kim").await;
    let (token, mut admin) = admin(&mut site).await;
    let beyond = admin.set_limit(with_token(&token, limit(120.0))).await.unwrap_err();
    assert_eq!(beyond.code(), Code::InvalidArgument);
    assert!(beyond.message().contains("must lie from"), "{}", beyond.message());
    let nurse = admin.set_limit(with_token(&kim, limit(85.0))).await.unwrap_err();
    assert_eq!(nurse.code(), Code::PermissionDenied);
    let nobody = proto::SetLimitRequest { patient: "p-9".into(), ..limit(85.0) };
    assert_eq!(admin.set_limit(with_token(&token, nobody)).await.unwrap_err().code(), Code::NotFound);
    admin.set_limit(with_token(&token, limit(85.0))).await.unwrap();
    let get = proto::GetPatientRequest { patient: "p-1".into() };
    let patient = admin.get_patient(with_token(&token, get)).await.unwrap().into_inner();
    let set = &patient.limits[0];
    assert_eq!((set.rule.as_str(), set.limit, set.reason.as_str()), ("spo2_low", 85.0, "chronic"));
    assert!(set.by.starts_with("ada-"));

    let (mut voice, _) = Voice::greet(&site, &site.device("ox-1"), &[""]).await;
    voice.say(vec![spo2("", 1, 88.0), spo2("", 2, 84.0)]).await;
    voice.expect_receipt("ox-1", 2).await;
    let mut alerts = AlertServiceClient::new(site.people().await);
    let alert = alert_of(&mut alerts, &kim, "p-1", |alert| alert.rule == "spo2_low").await;
    assert_eq!((alert.value, alert.limit, alert.folds), (Some(84.0), Some(85.0), 0));
    let why = alert.explanation.unwrap();
    assert_eq!((why.limit_from.as_str(), &why.limit_by), ("patient", &set.by));
    assert_eq!(why.readings[0].sequence, 2);

    let ask = |limit: f64| proto::AdviseLimitRequest {
        patient: "p-1".into(),
        rule: "spo2_low".into(),
        limit,
        ..Default::default()
    };
    let advice = admin.advise_limit(with_token(&token, ask(80.0))).await.unwrap().into_inner();
    assert_eq!((advice.readings, advice.alerts_now, advice.alerts_then, advice.removed), (2, 1, 0, 1));
    let advice = admin.advise_limit(with_token(&token, ask(90.0))).await.unwrap().into_inner();
    assert_eq!((advice.alerts_now, advice.alerts_then), (1, 1));
    assert_eq!(admin.advise_limit(with_token(&token, ask(101.0))).await.unwrap_err().code(), Code::InvalidArgument);

    let clear = proto::ClearLimitRequest { patient: "p-1".into(), rule: "spo2_low".into() };
    admin.clear_limit(with_token(&token, clear)).await.unwrap();
    let get = proto::GetPatientRequest { patient: "p-1".into() };
    assert!(admin.get_patient(with_token(&token, get)).await.unwrap().into_inner().limits.is_empty());
    voice.say(vec![spo2("", 3, 97.0)]).await;
    voice.expect_receipt("ox-1", 3).await;
    drop(voice);
    let stopped = site.stop_and_audit().await;
    let report = stopped.vigil_json(&["report", "alarms", "--json"]);
    assert_eq!((&report["patients"], &report["by_priority"]["high"]["alerts"]), (&1.into(), &1.into()));
    assert_eq!(report["technical_share"], 0.0);

    // The same rule with another limit over what is stored: the patient's own limit held then, and holds in both.
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let dir = folder.path().join(name);
        std::fs::create_dir(&dir).unwrap();
        std::fs::write(dir.join("rules.toml"), text).unwrap();
        dir.to_str().unwrap().to_owned()
    };
    let other = super::harness::RULES.replace("spo2_low", "spo2_lower").replace("below = 90", "below = 86");
    let (old, new) = (write("old", super::harness::RULES), write("new", &other));
    let said = stopped.vigil_json(&["backtest", "--rules", &new, "--against", &old, "--json"]);
    assert_eq!(
        (&said["rules"]["spo2_lower"]["added"], &said["rules"]["spo2_low"]["removed"]),
        (&1.into(), &1.into()),
        "{said}"
    );
}
