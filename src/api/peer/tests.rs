use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use super::*;
use crate::pki::{Authority, Profile, leaf_profile};
use crate::time::Timestamp;

fn peer_of(uris: &[&str]) -> Result<Peer, IdentityError> {
    let dir = tempfile::tempdir().unwrap();
    let now = Timestamp(1_700_000_000_000_000);
    let authority = Authority::create(dir.path(), "ward", now).unwrap();
    let uris = uris.iter().map(ToString::to_string).collect();
    let issued = authority.issue(&Profile { name: "x".into(), uris, ..leaf_profile(now) }).unwrap();
    let der = CertificateDer::from_pem_slice(issued.certificate_pem.as_bytes()).unwrap();
    let peer = Peer::of_certificate(&der, "ward");
    if let Ok(peer) = &peer {
        assert_eq!(peer.serial, issued.serial);
    }
    peer
}

#[test]
fn the_single_uri_names_a_device_or_a_gateway() {
    let device = peer_of(&["spiffe://ward/device/pump-1"]).unwrap();
    assert_eq!(device.speaker, Speaker::Device(DeviceId::new("pump-1").unwrap()));
    let gateway = peer_of(&["spiffe://ward/gateway/east"]).unwrap();
    assert_eq!(gateway.speaker, Speaker::Gateway(GatewayId::new("east").unwrap()));
}

#[test]
fn none_or_two_uris_name_nobody() {
    assert_eq!(peer_of(&[]), Err(IdentityError::UriCount(0)));
    assert_eq!(peer_of(&["spiffe://ward/device/a", "spiffe://ward/device/b"]), Err(IdentityError::UriCount(2)));
}

#[test]
fn other_sites_kinds_and_forms_name_nobody() {
    for uri in [
        "spiffe://other/device/a",
        "spiffe://wardress/device/a",
        "spiffe://ward/person/a",
        "spiffe://ward/device/",
        "spiffe://ward/device/a/b",
        "spiffe://ward/device/%2e%2e",
        "https://ward/device/a",
        "SPIFFE://ward/device/a",
    ] {
        assert_eq!(peer_of(&[uri]), Err(IdentityError::NotOurs), "{uri}");
    }
}

#[test]
fn bytes_that_are_no_certificate_name_nobody() {
    assert_eq!(Peer::of_certificate(b"not a certificate", "ward"), Err(IdentityError::Malformed));
}

#[tokio::test]
async fn closing_reaches_those_who_wait_and_those_who_come_later() {
    let connection = Connection::new(None, SocketAddr::from(([127, 0, 0, 1], 1)));
    let waits = tokio::spawn({
        let connection = Arc::clone(&connection);
        async move { connection.closed().await }
    });
    tokio::task::yield_now().await;
    connection.close();
    waits.await.unwrap();
    connection.closed().await;
}
