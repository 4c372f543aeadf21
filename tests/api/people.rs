//! Who may ask for what on the port of people.

use tonic::Code;
use vigil::api::identity::SecretHash;
use vigil::clinical::ids::PersonId;
use vigil::proto;
use vigil::proto::access_service_client::AccessServiceClient;
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

#[tokio::test]
async fn guessing_a_password_is_answered_alike_slowed_down_and_on_record() {
    let mut site = site().await;
    site.account("kim", "nurse");
    let secret = SecretHash::of("correct horse battery").unwrap();
    site.accounts.set_secret(&PersonId::new("kim").unwrap(), secret).unwrap();
    site.account("lee", "nurse");
    site.put_accounts_in_force();
    let mut access = AccessServiceClient::new(site.people().await);
    let request = |person: &str, secret: &str| proto::SignInRequest { person: person.into(), secret: secret.into() };
    let wrong = access.sign_in(request("kim", "wrong")).await.unwrap_err();
    for (person, secret) in [("nobody", "wrong"), ("lee", "no secret is set"), ("../x", "wrong"), ("kim", "")] {
        let status = access.sign_in(request(person, secret)).await.unwrap_err();
        assert_eq!((status.code(), status.message()), (Code::Unauthenticated, wrong.message()), "{person}");
    }
    for _ in 0..8 {
        assert!(access.sign_in(request("kim", "guess")).await.is_err());
    }
    let right = access.sign_in(request("kim", "correct horse battery")).await.unwrap_err();
    assert_eq!(right.code(), Code::ResourceExhausted, "after ten wrong ones not even the right one counts");
}

#[tokio::test]
async fn a_session_is_not_used_again_after_logout_nor_after_the_account_is_disabled() {
    let mut site = site().await;
    site.account("kim", "nurse");
    let kim = PersonId::new("kim").unwrap();
    site.accounts.set_secret(&kim, SecretHash::of("271828").unwrap()).unwrap();
    site.put_accounts_in_force();
    let channel = site.people().await;
    let (mut access, mut alerts) = (AccessServiceClient::new(channel.clone()), AlertServiceClient::new(channel));
    let request = || proto::SignInRequest { person: "kim".into(), secret: "271828".into() };
    let session = access.sign_in(request()).await.unwrap().into_inner();
    let list = |token: &str| with_token(token, proto::ListAlertsRequest::default());
    assert!(alerts.list(list(&session.token)).await.is_ok());
    access.sign_out(with_token(&session.token, proto::SignOutRequest {})).await.unwrap();
    assert_eq!(alerts.list(list(&session.token)).await.unwrap_err().code(), Code::Unauthenticated);
    let session = access.sign_in(request()).await.unwrap().into_inner();
    site.accounts.disable(&kim).unwrap();
    site.put_accounts_in_force();
    assert_eq!(alerts.list(list(&session.token)).await.unwrap_err().code(), Code::Unauthenticated);
    assert_eq!(access.sign_in(request()).await.unwrap_err().code(), Code::Unauthenticated);
}
