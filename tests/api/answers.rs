//! From a breaching reading to an answered alert.

use tonic::Code;
use tonic::transport::Channel;
use vigil::clinical::ids::PersonId;
use vigil::proto;
use vigil::proto::alert_service_client::AlertServiceClient;

use super::harness::{PATIENCE, Site, end_of, site, with_token};
use super::ward::{Voice, admit, register, spo2};

/// A site with one alert that waits for kim; its voice keeps the device alive.
async fn alerted() -> (Site, String, AlertServiceClient<Channel>, proto::Alert, Voice) {
    let mut site = site().await;
    let kim = site.account("kim", "nurse");
    register(&mut site, "ox-1", "").await;
    admit(&mut site, "p-1", "ox-1", "kim").await;
    let mut alerts = AlertServiceClient::new(site.people().await);
    let watching = with_token(&kim, proto::WatchAlertsRequest::default());
    let mut news = alerts.watch(watching).await.unwrap().into_inner();
    let (mut voice, _) = Voice::greet(&site, &site.device("ox-1"), &[""]).await;
    voice.say(vec![spo2("", 1, 80.0)]).await;
    voice.expect_receipt("ox-1", 1).await;
    let alert = until(&mut news, "step_entered").await;
    (site, kim, alerts, alert, voice)
}

async fn until(news: &mut tonic::Streaming<proto::AlertUpdate>, what: &str) -> proto::Alert {
    let found = async {
        loop {
            let update = news.message().await.unwrap().expect("the watch ended");
            if update.fact.unwrap().what == what {
                return update.alert.unwrap();
            }
        }
    };
    tokio::time::timeout(PATIENCE, found).await.expect("it does not happen")
}

fn answer(alert: &proto::Alert, version: u32) -> proto::AnswerRequest {
    proto::AnswerRequest { id: alert.id.clone(), version, reason: "seen".into(), ..Default::default() }
}

#[tokio::test]
async fn a_breach_becomes_an_alert_that_is_seen_paged_and_answered() {
    let (_site, kim, mut alerts, alert, _voice) = alerted().await;
    assert_eq!((alert.id.as_str(), alert.unit.as_str(), alert.bed.as_str()), ("p-1~1", "icu", "4"));
    assert_eq!((alert.rule.as_str(), alert.priority()), ("spo2_low", proto::Priority::High));
    assert_eq!((alert.state(), alert.people.as_slice()), (proto::ResponseState::Waiting, &["kim".to_owned()][..]));
    assert_eq!((alert.value, alert.limit), (Some(80.0), Some(90.0)));

    let listed = alerts.list(with_token(&kim, proto::ListAlertsRequest::default())).await.unwrap().into_inner();
    assert_eq!(listed.alerts, std::slice::from_ref(&alert));
    let elsewhere = proto::ListAlertsRequest { unit: "ward-9".into(), ..proto::ListAlertsRequest::default() };
    assert!(alerts.list(with_token(&kim, elsewhere)).await.unwrap().into_inner().alerts.is_empty());
    let pages = async {
        loop {
            let pages = alerts.inbox(with_token(&kim, proto::InboxRequest {})).await.unwrap().into_inner().pages;
            if let Some(page) = pages.first() {
                return page.clone();
            }
            tokio::task::yield_now().await;
        }
    };
    let page = tokio::time::timeout(PATIENCE, pages).await.expect("no page comes");
    assert_eq!((page.alert.as_str(), page.round, page.step), ("p-1~1", 1, 1));

    let stale = alerts.acknowledge(with_token(&kim, answer(&alert, alert.version + 1))).await.unwrap().into_inner();
    assert!(!stale.done);
    assert_eq!(stale.alert.unwrap().version, alert.version);
    for _ in 0..2 {
        let done = alerts.acknowledge(with_token(&kim, answer(&alert, alert.version))).await.unwrap().into_inner();
        let now = done.alert.unwrap();
        assert_eq!((now.state(), now.people.as_slice()), (proto::ResponseState::Acknowledged, &["kim".to_owned()][..]));
    }

    let history = alerts.history(with_token(&kim, proto::HistoryRequest { id: alert.id })).await.unwrap().into_inner();
    let what: Vec<_> = history.facts.iter().map(|fact| fact.what.as_str()).collect();
    assert_eq!(what.first(), Some(&"raised"));
    assert_eq!(what.iter().filter(|what| **what == "acknowledged").count(), 1);
}

#[tokio::test]
async fn a_watch_resumes_without_skipping() {
    let (_site, kim, mut alerts, alert, _voice) = alerted().await;
    let from = proto::WatchAlertsRequest { from_position: Some(0), ..proto::WatchAlertsRequest::default() };
    let mut news = alerts.watch(with_token(&kim, from)).await.unwrap().into_inner();
    assert_eq!(until(&mut news, "raised").await.id, alert.id);
    alerts.accept(with_token(&kim, answer(&alert, alert.version))).await.unwrap();
    assert_eq!(until(&mut news, "accepted").await.state(), proto::ResponseState::Accepted);
}

#[tokio::test]
async fn physiological_alerts_do_not_exist_for_a_technician() {
    let (mut site, _kim, mut alerts, alert, _voice) = alerted().await;
    let tom = site.account("tom", "technician");
    let listed = alerts.list(with_token(&tom, proto::ListAlertsRequest::default())).await.unwrap().into_inner();
    assert!(listed.alerts.is_empty());
    let absent = proto::HistoryRequest { id: "p-1~9".into() };
    let absent = alerts.history(with_token(&tom, absent)).await.unwrap_err();
    let forbidden = proto::HistoryRequest { id: alert.id.clone() };
    let forbidden = alerts.history(with_token(&tom, forbidden)).await.unwrap_err();
    assert_eq!(forbidden.code(), Code::NotFound);
    assert_eq!((forbidden.code(), forbidden.message()), (absent.code(), absent.message()));
    let refused = alerts.accept(with_token(&tom, answer(&alert, alert.version))).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    let refused = alerts.comment(with_token(&tom, answer(&alert, alert.version))).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
}

#[tokio::test]
async fn a_watch_ends_when_its_person_may_no_more() {
    let (mut site, kim, mut alerts, alert, _voice) = alerted().await;
    let mut news = alerts.watch(with_token(&kim, proto::WatchAlertsRequest::default())).await.unwrap().into_inner();
    site.accounts.disable(&PersonId::new("kim").unwrap()).unwrap();
    site.put_accounts_in_force();
    assert_eq!(end_of(&mut news).await.unwrap_err().code(), Code::PermissionDenied);
    let refused = alerts.accept(with_token(&kim, answer(&alert, alert.version))).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
}
