//! Devices and gateways that break the protocol.

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Streaming};
use vigil::pki::Issued;
use vigil::proto::ingest_request::Kind;
use vigil::proto::ingest_service_client::IngestServiceClient;
use vigil::proto::{self, IngestRequest, IngestResponse};

use super::harness::{Site, asked, end_of, now, site};

/// Opens an ingest stream.
pub async fn stream(site: &Site, issued: &Issued) -> (mpsc::Sender<IngestRequest>, Streaming<IngestResponse>) {
    let (sender, receiver) = mpsc::channel(64);
    let channel = site.connect(issued).await.unwrap();
    let responses = IngestServiceClient::new(channel).stream(ReceiverStream::new(receiver)).await.unwrap();
    (sender, responses.into_inner())
}

fn hello(devices: &[&str]) -> IngestRequest {
    let devices = devices.iter().map(|device| proto::DeviceHello {
        device: (*device).to_owned(),
        boot: 1,
        ..proto::DeviceHello::default()
    });
    asked(Kind::Hello(proto::Hello { devices: devices.collect() }))
}

#[tokio::test]
async fn the_first_message_must_be_a_hello() {
    let site = site().await;
    let readings = || asked(Kind::Readings(proto::Readings::default()));
    let keepalive = || asked(Kind::Keepalive(proto::Keepalive::default()));
    let empty = || IngestRequest::default();
    for first in [readings(), keepalive(), empty()] {
        let (sender, mut responses) = stream(&site, &site.device("pump-1")).await;
        sender.send(first).await.unwrap();
        assert_eq!(end_of(&mut responses).await.unwrap_err().code(), Code::InvalidArgument);
    }
}

#[tokio::test]
async fn a_device_says_hello_for_itself_alone() {
    let site = site().await;
    for devices in [&["pump-2"][..], &["pump-1", "pump-2"], &[]] {
        let (sender, mut responses) = stream(&site, &site.device("pump-1")).await;
        sender.send(hello(devices)).await.unwrap();
        let code = end_of(&mut responses).await.unwrap_err().code();
        assert!(matches!(code, Code::PermissionDenied | Code::InvalidArgument), "{devices:?}: {code:?}");
    }
}

#[tokio::test]
async fn an_oversized_message_ends_its_stream_and_no_other() {
    let site = site().await;
    let (other, mut others) = stream(&site, &site.device("pump-2")).await;
    let (sender, mut responses) = stream(&site, &site.device("pump-1")).await;
    let mut huge = hello(&["pump-1"]);
    huge.traceparent = "x".repeat(300 << 10);
    sender.send(huge).await.unwrap();
    assert_eq!(end_of(&mut responses).await.unwrap_err().code(), Code::OutOfRange);
    other.send(asked(Kind::Keepalive(proto::Keepalive::default()))).await.unwrap();
    assert_eq!(end_of(&mut others).await.unwrap_err().code(), Code::InvalidArgument, "it is still served");
}

#[tokio::test]
async fn a_revocation_ends_a_live_stream() {
    let site = site().await;
    let bad = site.device("bad");
    let (_sender, mut responses) = stream(&site, &bad).await;
    site.authority.revoke(&bad.serial, now()).unwrap();
    site.server().reload().unwrap();
    assert!(end_of(&mut responses).await.is_err());
}
