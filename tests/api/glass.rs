//! Break-glass, its review, and who saw what.

use tonic::Code;
use tonic::transport::Channel;
use vigil::proto;
use vigil::proto::access_service_client::AccessServiceClient;
use vigil::proto::alert_service_client::AlertServiceClient;

use super::harness::{Site, site, with_token};
use super::ward::{Voice, admit, register, spo2};

struct Ward {
    site: Site,
    lee: String,
    cora: String,
    access: AccessServiceClient<Channel>,
    alerts: AlertServiceClient<Channel>,
    _voice: Voice,
}

/// Kim cares for p-1, which has an alert; lee is a physician of another team, cora is compliance.
async fn ward() -> Ward {
    let mut site = site().await;
    let (lee, cora) = (site.account("lee", "physician"), site.account("cora", "compliance"));
    site.account("kim", "nurse");
    register(&mut site, "ox-1", "").await;
    admit(&mut site, "p-1", "ox-1", "kim").await;
    let (mut voice, _) = Voice::greet(&site, &site.device("ox-1"), &[""]).await;
    voice.say(vec![spo2("", 1, 80.0)]).await;
    voice.expect_receipt("ox-1", 1).await;
    let (access, alerts) =
        (AccessServiceClient::new(site.people().await), AlertServiceClient::new(site.people().await));
    Ward { site, lee, cora, access, alerts, _voice: voice }
}

fn glass(patient: &str, reason: &str) -> proto::BreakGlassRequest {
    proto::BreakGlassRequest { patient: patient.into(), reason: reason.into(), minutes: 30 }
}

impl Ward {
    /// How many alerts lee sees.
    async fn seen(&mut self) -> usize {
        let all = proto::ListAlertsRequest { closed_too: true, ..proto::ListAlertsRequest::default() };
        self.alerts.list(with_token(&self.lee, all)).await.unwrap().into_inner().alerts.len()
    }

    async fn trail(&mut self, wanted: proto::ListAccessRequest) -> Vec<proto::AccessEntry> {
        self.access.list_access(with_token(&self.cora, wanted)).await.unwrap().into_inner().entries
    }
}

#[tokio::test]
async fn break_glass_needs_a_reason_has_an_end_and_is_on_record_at_once() {
    let mut ward = ward().await;
    assert_eq!(ward.seen().await, 0);
    let unexplained = ward.access.break_glass(with_token(&ward.lee, glass("p-1", "why"))).await.unwrap_err();
    assert_eq!(unexplained.code(), Code::InvalidArgument);
    let absent = ward.access.break_glass(with_token(&ward.lee, glass("p-404", "no such patient here"))).await;
    assert_eq!(absent.unwrap_err().code(), Code::NotFound);
    let reason = "found collapsed in the corridor";
    let broken = ward.access.break_glass(with_token(&ward.lee, glass("p-1", reason))).await.unwrap().into_inner();
    let broken = broken.entry.unwrap();
    assert_eq!(broken.until_us - broken.at_us, 30 * 60_000_000);
    let of_patient = || proto::ListAccessRequest { patient: "p-1".into(), ..proto::ListAccessRequest::default() };
    assert_eq!(ward.trail(of_patient()).await[0].what, "access.break-glass");
    assert_eq!(ward.seen().await, 1);
    let entries = ward.trail(of_patient()).await;
    let seen = entries.iter().find(|entry| entry.what == "alerts.list").unwrap();
    assert_eq!((seen.person.as_str(), seen.purpose.as_str()), ("lee", "BTG"));
    let ended = proto::EndBreakGlassRequest { ordinal: broken.ordinal };
    ward.access.end_break_glass(with_token(&ward.lee, ended)).await.unwrap();
    assert_eq!(ward.seen().await, 0);
}

#[tokio::test]
async fn every_break_glass_waits_for_compliance_by_a_due_date() {
    let mut ward = ward().await;
    ward.access.break_glass(with_token(&ward.lee, glass("p-1", "the team was elsewhere"))).await.unwrap();
    let waiting = proto::ListBreakGlassRequest { waiting: true };
    let refused = ward.access.list_break_glass(with_token(&ward.lee, waiting)).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let queue = ward.access.list_break_glass(with_token(&ward.cora, waiting)).await.unwrap().into_inner().entries;
    let [entry] = &queue[..] else { panic!("one waits: {queue:?}") };
    assert_eq!(entry.review_due_us - entry.at_us, 72 * 3_600_000_000);
    let review = proto::ReviewBreakGlassRequest { ordinal: 1, justified: true, note: "a real emergency".into() };
    ward.access.review_break_glass(with_token(&ward.cora, review.clone())).await.unwrap();
    let twice = ward.access.review_break_glass(with_token(&ward.cora, review)).await.unwrap_err();
    assert_eq!(twice.code(), Code::InvalidArgument);
    let queue = ward.access.list_break_glass(with_token(&ward.cora, waiting)).await.unwrap().into_inner().entries;
    assert!(queue.is_empty());
    // All of it outlives the process's memory.
    let all = proto::ListBreakGlassRequest { waiting: false };
    let all = ward.access.list_break_glass(with_token(&ward.cora, all)).await.unwrap().into_inner().entries;
    assert_eq!((all[0].reviewed_by.as_str(), all[0].justified), ("cora", true));
}

#[tokio::test]
async fn compliance_sees_who_saw_what_by_patient_person_and_time_and_nobody_else_does() {
    let mut ward = ward().await;
    let kim = ward.site.account("kim-2", "nurse");
    for _ in 0..5 {
        ward.alerts.list(with_token(&kim, proto::ListAlertsRequest::default())).await.unwrap();
    }
    let of_kim =
        || proto::ListAccessRequest { person: "kim-2".into(), page_size: 2, ..proto::ListAccessRequest::default() };
    let refused = ward.access.list_access(with_token(&kim, of_kim())).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let (mut found, mut page_token) = (Vec::new(), String::new());
    loop {
        let wanted = proto::ListAccessRequest { page_token, ..of_kim() };
        let page = ward.access.list_access(with_token(&ward.cora, wanted)).await.unwrap().into_inner();
        assert!(page.entries.len() <= 2);
        found.extend(page.entries);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert!(found.is_sorted_by(|a, b| a.sequence > b.sequence), "newest first, each once");
    let what: Vec<_> = found.iter().map(|entry| (entry.what.as_str(), entry.outcome.as_str())).collect();
    assert_eq!(what, [&[("access.list", "refused")][..], &[("alerts.list", "shown"); 5]].concat());
    let until_us = found[0].at_us;
    let before = ward.trail(proto::ListAccessRequest { until_us, page_size: 100, ..of_kim() }).await;
    assert_eq!(before.len(), 5);
    let since = ward.trail(proto::ListAccessRequest { since_us: until_us, page_size: 100, ..of_kim() }).await;
    assert_eq!(since.len(), 1);
    let forged = proto::ListAccessRequest { page_token: "999999-1".into(), ..of_kim() };
    let forged = ward.access.list_access(with_token(&ward.cora, forged)).await.unwrap_err();
    assert_eq!(forged.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn an_assignment_opens_a_patient_and_its_end_closes_it_on_a_live_watch_too() {
    let mut ward = ward().await;
    let ada = ward.site.account("ada", "admin");
    let assignment = proto::AssignPersonRequest { person: "lee".into(), patient: "p-1".into(), ..Default::default() };
    assert_eq!(ward.seen().await, 0);
    let refused = ward.access.assign(with_token(&ward.lee, assignment.clone())).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied, "nobody assigns themselves");
    for changed in [true, false] {
        let done = ward.access.assign(with_token(&ada, assignment.clone())).await.unwrap().into_inner();
        assert_eq!(done.changed, changed);
    }
    assert_eq!(ward.seen().await, 1);
    let question = proto::ExplainRequest { person: "lee".into(), patient: "p-1".into() };
    let explained = ward.access.explain(with_token(&ward.cora, question)).await.unwrap().into_inner();
    assert_eq!((explained.roles, explained.because.len()), (vec!["physician".to_owned()], 1));
    let see = explained.verbs.iter().find(|verb| verb.verb == "see physiological alerts").unwrap();
    assert_eq!(see.answer, "yes");
    assert!(see.fields.contains(&"value".to_owned()) && !see.fields.contains(&"trace".to_owned()));
    ward.access.unassign(with_token(&ada, assignment)).await.unwrap();
    assert_eq!(ward.seen().await, 0);
}
