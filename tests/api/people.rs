//! Who may ask for what on the port of people.

use tonic::Code;
use vigil::clinical::ids::PersonId;
use vigil::proto;
use vigil::proto::admin_service_client::AdminServiceClient;
use vigil::proto::alert_service_client::AlertServiceClient;

use super::harness::{site, with_token};

#[tokio::test]
async fn without_a_good_token_nobody_is_answered() {
    let mut site = site().await;
    let kim = site.account("kim", "nurse");
    let lee = site.account("lee", "admin");
    site.accounts.disable(&PersonId::new("lee").unwrap()).unwrap();
    site.put_accounts_in_force();
    let mut alerts = AlertServiceClient::new(site.people().await);
    let none = alerts.list(proto::ListAlertsRequest::default()).await.unwrap_err();
    assert_eq!(none.code(), Code::Unauthenticated);
    let forged = format!("vigil_lee_{}", &kim["vigil_kim_".len()..]);
    for token in ["", "nonsense", &forged, &lee, &kim[..kim.len() - 1]] {
        let status = alerts.list(with_token(token, proto::ListAlertsRequest::default())).await.unwrap_err();
        assert_eq!(status.code(), Code::Unauthenticated);
        assert_eq!(status.message(), none.message(), "the answer does not tell what was wrong");
    }
}

#[tokio::test]
async fn roles_bound_what_is_answered() {
    let mut site = site().await;
    let nurse = site.account("kim", "nurse");
    let sre = site.account("sam", "sre");
    let channel = site.people().await;
    let (mut alerts, mut admin) = (AlertServiceClient::new(channel.clone()), AdminServiceClient::new(channel));
    let seen = alerts.list(with_token(&sre, proto::ListAlertsRequest::default())).await.unwrap_err();
    assert_eq!(seen.code(), Code::PermissionDenied);
    let watched = alerts.watch(with_token(&sre, proto::WatchAlertsRequest::default())).await.unwrap_err();
    assert_eq!(watched.code(), Code::PermissionDenied);
    for token in [&nurse, &sre] {
        let asked = with_token(token, proto::RegisterDeviceRequest::default());
        assert_eq!(admin.register_device(asked).await.unwrap_err().code(), Code::PermissionDenied);
    }
    let asked = with_token(&sre, proto::ListPatientsRequest::default());
    assert_eq!(admin.list_patients(asked).await.unwrap_err().code(), Code::PermissionDenied);
}

#[tokio::test]
async fn requests_that_are_wrong_in_themselves_are_refused_with_what_is_allowed() {
    let mut site = site().await;
    let admin_token = site.account("ada", "admin");
    let nurse = site.account("kim", "nurse");
    let channel = site.people().await;
    let (mut alerts, mut admin) = (AlertServiceClient::new(channel.clone()), AdminServiceClient::new(channel));
    let wrong = proto::RegisterDeviceRequest { device: "../../etc".into(), ..proto::RegisterDeviceRequest::default() };
    let status = admin.register_device(with_token(&admin_token, wrong)).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(status.message().contains("1 to 64 characters"), "{}", status.message());
    let unexplained = proto::AnswerRequest { id: "p-1~1".into(), ..proto::AnswerRequest::default() };
    let status = alerts.acknowledge(with_token(&nurse, unexplained)).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(status.message().contains("reason"), "{}", status.message());
    let nameless = proto::AnswerRequest { id: "nonsense".into(), ..proto::AnswerRequest::default() };
    let status = alerts.accept(with_token(&nurse, nameless)).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
}
