//! Who is let in.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use vigil::pki::{Authority, Profile, leaf_profile};

use super::harness::{PATIENCE, channel, health, now, site, site_with};

#[tokio::test]
async fn a_device_and_a_gateway_of_the_site_are_let_in() {
    let site = site().await;
    site.health(&site.device("pump-1")).await.unwrap();
    site.health(&site.gateway("east")).await.unwrap();
}

#[tokio::test]
async fn without_a_client_certificate_nobody_is_let_in() {
    let site = site().await;
    let url = format!("https://localhost:{}", site.server().devices_addr().port());
    let refused = match channel(&url, site.authority.ca_pem(), None).await {
        Ok(channel) => health(channel).await,
        Err(error) => Err(error),
    };
    assert!(refused.is_err());
    assert_eq!(site.server().figures().handshakes_failed.get(), 1);
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_refused() {
    let site = site().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let other = Authority::create(elsewhere.path(), "ward", now()).unwrap();
    let uris = vec!["spiffe://ward/device/pump-1".into()];
    let forged = other.issue(&Profile { name: "pump-1".into(), uris, ..leaf_profile(now()) }).unwrap();
    assert!(site.health(&forged).await.is_err());
}

#[tokio::test]
async fn expired_and_future_certificates_are_refused() {
    let site = site().await;
    let day_ms = 86_400_000;
    for (from, to) in [(-2, -1), (1, 2)] {
        let profile = Profile {
            name: "pump-1".into(),
            uris: vec!["spiffe://ward/device/pump-1".into()],
            not_before: now().plus_ms(from * day_ms),
            not_after: now().plus_ms(to * day_ms),
            hosts: Vec::new(),
        };
        let issued = site.authority.issue(&profile).unwrap();
        assert!(site.health(&issued).await.is_err(), "valid from day {from} to day {to}");
    }
}

#[tokio::test]
async fn a_certificate_that_does_not_name_exactly_one_device_or_gateway_is_refused() {
    let site = site().await;
    for uris in [
        &[][..],
        &["spiffe://ward/device/a", "spiffe://ward/device/b"],
        &["spiffe://ward/device/a", "https://example.org"],
        &["spiffe://elsewhere/device/a"],
        &["spiffe://ward/person/a"],
        &["spiffe://ward/device/a/b"],
    ] {
        assert!(site.health(&site.certificate(uris)).await.is_err(), "{uris:?}");
    }
}

#[tokio::test]
async fn a_certificate_for_servers_is_refused() {
    let site = site().await;
    let uris = vec!["spiffe://ward/device/a".into()];
    let profile = Profile { name: "a".into(), uris, hosts: vec!["localhost".into()], ..leaf_profile(now()) };
    let issued = site.authority.issue(&profile).unwrap();
    assert!(site.health(&issued).await.is_err());
}

#[tokio::test]
async fn a_revoked_certificate_is_refused_after_a_reload_and_others_are_not() {
    let site = site().await;
    let (good, bad) = (site.device("good"), site.device("bad"));
    let standing = site.connect(&bad).await.unwrap();
    health(standing.clone()).await.unwrap();
    site.authority.revoke(&bad.serial, now()).unwrap();
    site.server().reload().unwrap();
    assert!(health(standing).await.is_err(), "the standing connection is closed, and no new one is let in");
    assert!(site.health(&bad).await.is_err());
    site.health(&good).await.unwrap();
}

#[tokio::test]
async fn an_expired_revocation_list_lets_nobody_in() {
    let site = site().await;
    let device = site.device("pump-1");
    site.authority.renew_crl(now().plus_ms(-60 * 86_400_000)).unwrap();
    site.server().reload().unwrap();
    assert!(site.health(&device).await.is_err());
}

#[tokio::test]
async fn a_broken_revocation_list_changes_nothing() {
    let site = site().await;
    std::fs::write(&site.config.pki.crl, "nonsense").unwrap();
    let error = site.server().reload().unwrap_err().to_string();
    assert!(error.contains("crl.pem"), "{error}");
    site.health(&site.device("pump-1")).await.unwrap();
}

#[tokio::test]
async fn plaintext_gets_no_answer_on_either_port() {
    let site = site().await;
    for address in [site.server().devices_addr(), site.server().people_addr()] {
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(PATIENCE, socket.read_to_end(&mut answer)).await.unwrap();
        // A TLS alert at most: record type 21.
        assert!(answer.is_empty() || answer[0] == 21, "{answer:?}");
    }
}

#[tokio::test]
async fn a_client_that_never_finishes_its_handshake_is_dropped() {
    let site = site_with(|config| config.limits.handshake_timeout = std::time::Duration::from_millis(100)).await;
    let mut socket = TcpStream::connect(site.server().devices_addr()).await.unwrap();
    let mut answer = Vec::new();
    tokio::time::timeout(PATIENCE, socket.read_to_end(&mut answer)).await.unwrap().unwrap();
    assert!(answer.is_empty());
}

#[tokio::test]
async fn connections_over_the_limit_are_turned_away_and_places_are_freed() {
    let site = site_with(|config| config.limits.connections = 1).await;
    let device = site.device("pump-1");
    let first = site.connect(&device).await.unwrap();
    health(first.clone()).await.unwrap();
    assert!(site.health(&device).await.is_err());
    assert_eq!(site.server().figures().connections.get(), 1);
    drop(first);
    tokio::time::timeout(PATIENCE, async {
        while site.health(&device).await.is_err() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("the place is not freed");
}
