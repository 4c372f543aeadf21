//! Patients' lifecycle over the wire: from admission to discharge, and what it does to alerts.

use tokio::task::JoinSet;
use tonic::Code;
use vigil::proto;

use super::care::{Care, admission};
use super::harness::{now, with_token};
use super::ward::{Voice, spo2};

#[tokio::test]
async fn a_bed_has_one_patient_also_when_two_are_admitted_at_once() {
    let mut ward = Care::open().await;
    let taken = ward.admit("p-9", "icu", "4").await.unwrap_err();
    assert_eq!(
        (taken.code(), taken.message()),
        (Code::FailedPrecondition, "the bed is taken: move or discharge its patient first")
    );
    let mut admissions = JoinSet::new();
    for patient in 10..18 {
        let (mut admin, token) = (ward.admin.clone(), ward.token.clone());
        admissions.spawn(async move {
            let request = admission(&format!("p-{patient}"), "icu", "7");
            admin.admit_patient(with_token(&token, request)).await.is_ok()
        });
    }
    let admitted = admissions.join_all().await.into_iter().filter(|admitted| *admitted).count();
    assert_eq!(admitted, 1);
    ward.stop_and_audit().await;
}

#[tokio::test]
async fn an_unknown_unit_admits_and_registers_nobody() {
    let mut ward = Care::open().await;
    assert_eq!(ward.admit("p-2", "icuu", "1").await.unwrap_err().code(), Code::NotFound);
    let request = proto::MovePatientRequest { patient: "p-1".into(), unit: "icuu".into(), bed: "1".into() };
    let refused = ward.admin.move_patient(with_token(&ward.token, request)).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound, "{}", refused.message());
    let units = ward.admin.list_units(with_token(&ward.token, proto::ListUnitsRequest {})).await.unwrap().into_inner();
    assert_eq!(units.units, [proto::Unit { unit: "icu".into() }]);
    ward.stop_and_audit().await;
}

#[tokio::test]
async fn a_discharge_closes_the_alerts_frees_the_devices_and_the_patient_may_come_back() {
    let mut ward = Care::open().await;
    let (mut voice, _) = Voice::greet(&ward.site, &ward.site.device("ox-1"), &[""]).await;
    voice.say(vec![spo2("", 1, 80.0)]).await;
    ward.until("p-1", "step_entered").await;
    assert_eq!(ward.discharge("p-1", false).await, ["ox-1"]);
    let (fact, alert) = ward.until("p-1", "closed").await;
    assert_eq!((fact.reason.as_str(), alert.closed.as_str()), ("withdrawn", "withdrawn"));
    assert!(ward.discharge("p-1", false).await.is_empty(), "again, it changes nothing");
    let gone = ward.patient("p-1").await;
    assert_eq!((gone.presence(), gone.devices.len()), (proto::Presence::Discharged, 0));
    voice.say(vec![spo2("", 2, 70.0)]).await;
    voice.expect_receipt("ox-1", 2).await;
    assert!(ward.open_alerts().await.is_empty());
    ward.admit("p-1", "icu", "4").await.unwrap();
    ward.assign("ox-1", "p-1").await;
    voice.say(vec![spo2("", 3, 70.0)]).await;
    let (_, alert) = ward.until("p-1", "step_entered").await;
    assert_eq!(alert.id, "p-1~2");
    ward.discharge("p-1", true).await;
    ward.until("p-1", "closed").await;
    assert_eq!(ward.patient("p-1").await.presence(), proto::Presence::Died);
    drop(voice);
    ward.stop_and_audit().await;
}

#[tokio::test]
async fn on_standby_nobody_is_paged_and_afterwards_somebody_is() {
    let mut ward = Care::open().await;
    let standby = |until_us| proto::BeginStandbyRequest { patient: "p-1".into(), reason: "CT".into(), until_us };
    let wrong = ward.admin.begin_standby(with_token(&ward.token, standby(now().micros()))).await.unwrap_err();
    assert_eq!(wrong.code(), Code::FailedPrecondition, "{}", wrong.message());
    let until = now().plus_ms(3_600_000).micros();
    ward.admin.begin_standby(with_token(&ward.token, standby(until))).await.unwrap();
    assert_eq!(ward.patient("p-1").await.standby.unwrap().until_us, until);
    let (voice, _) = Voice::greet(&ward.site, &ward.site.device("ox-1"), &[""]).await;
    voice.say(vec![spo2("", 1, 80.0)]).await;
    let (_, alert) = ward.until("p-1", "held").await;
    assert!(alert.held && alert.present, "it is evaluated, and held");
    assert_eq!((alert.deadline_us, ward.pages().await), (until, 0));
    let end = proto::EndStandbyRequest { patient: "p-1".into() };
    ward.admin.end_standby(with_token(&ward.token, end)).await.unwrap();
    let (_, alert) = ward.until("p-1", "step_entered").await;
    assert_eq!((alert.held, alert.round, alert.people.as_slice()), (false, 2, &["kim".to_owned()][..]));
    drop(voice);
    ward.stop_and_audit().await;
}

#[tokio::test]
async fn a_moved_patient_is_answered_for_where_they_are() {
    let mut ward = Care::open().await;
    let steps = vec![proto::CareStep { people: vec!["lee".into()], delay_ms: 600_000 }];
    let team = Some(proto::CareTeam { unit: "ward".into(), steps });
    ward.admin.set_care_team(with_token(&ward.token, proto::SetCareTeamRequest { team })).await.unwrap();
    let (voice, _) = Voice::greet(&ward.site, &ward.site.device("ox-1"), &[""]).await;
    voice.say(vec![spo2("", 1, 80.0)]).await;
    ward.until("p-1", "step_entered").await;
    let request = proto::MovePatientRequest { patient: "p-1".into(), unit: "ward".into(), bed: "12".into() };
    ward.admin.move_patient(with_token(&ward.token, request)).await.unwrap();
    let (fact, alert) = ward.until("p-1", "step_entered").await;
    assert_eq!(
        (fact.people.as_slice(), alert.unit.as_str(), alert.bed.as_str()),
        (&["lee".to_owned()][..], "ward", "12")
    );
    ward.admit("p-2", "icu", "4").await.expect("the bed is free again");
    drop(voice);
    ward.stop_and_audit().await;
}

#[tokio::test]
async fn a_merge_takes_devices_and_open_alerts_along() {
    let mut ward = Care::open().await;
    ward.admit("p-2", "icu", "5").await.unwrap();
    let (voice, _) = Voice::greet(&ward.site, &ward.site.device("ox-1"), &[""]).await;
    voice.say(vec![spo2("", 1, 80.0)]).await;
    ward.until("p-1", "step_entered").await;
    let merge = || proto::MergePatientsRequest { from: "p-1".into(), into: "p-2".into() };
    ward.admin.merge_patients(with_token(&ward.token, merge())).await.unwrap();
    let (_, alert) = ward.until("p-2", "step_entered").await;
    assert_eq!((alert.id.as_str(), alert.latching), ("p-2~1", true));
    let merged = ward.patient("p-1").await;
    assert_eq!((merged.presence(), merged.merged_into.as_str()), (proto::Presence::Merged, "p-2"));
    let open = ward.open_alerts().await;
    assert_eq!(open.iter().map(|alert| alert.id.as_str()).collect::<Vec<_>>(), ["p-2~1"]);
    voice.say(vec![spo2("", 2, 79.0)]).await;
    let (fact, _) = ward.until("p-2", "folded").await;
    assert_eq!(fact.value, Some(79.0), "what the device sends now is the other record's");
    assert_eq!(ward.patient("p-2").await.devices, ["ox-1"]);
    ward.admin.merge_patients(with_token(&ward.token, merge())).await.expect("again, it changes nothing");
    let refused = ward.admit("p-1", "icu", "9").await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    drop(voice);
    ward.stop_and_audit().await;
}

#[tokio::test]
async fn lists_are_filtered_and_paged() {
    let mut ward = Care::open().await;
    for patient in ["p-2", "p-3", "p-4"] {
        ward.admit(patient, "icu", patient).await.unwrap();
    }
    ward.discharge("p-3", false).await;
    let mut seen = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = proto::ListPatientsRequest { page_size: 2, page_token, ..proto::ListPatientsRequest::default() };
        let page = ward.admin.list_patients(with_token(&ward.token, request)).await.unwrap().into_inner();
        seen.extend(page.patients.into_iter().map(|patient| patient.patient));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(seen, ["p-1", "p-2", "p-4"]);
    let all =
        proto::ListPatientsRequest { gone_too: true, unit: "icu".into(), ..proto::ListPatientsRequest::default() };
    let all = ward.admin.list_patients(with_token(&ward.token, all)).await.unwrap().into_inner();
    assert_eq!(all.patients.len(), 4);
    assert_eq!(all.patients[1].profile.as_ref().unwrap().spo2_low_percent, 88);
    ward.stop_and_audit().await;
}
