//! A network that carries nothing for a while.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::alerts::Physician;
use super::figures::figures;
use super::process::turn;
use super::site::{Site, stop};

/// A network between devices and server.
struct Network {
    port: u16,
    carries: watch::Sender<bool>,
}

impl Network {
    async fn to(server_port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (carries, carrying) = watch::channel(true);
        let server = SocketAddr::from(([127, 0, 0, 1], server_port));
        tokio::spawn(async move {
            while let Ok((device, _)) = listener.accept().await {
                let carrying = carrying.clone();
                tokio::spawn(async move {
                    let Ok(server) = TcpStream::connect(server).await else { return };
                    let (from_device, to_device) = device.into_split();
                    let (from_server, to_server) = server.into_split();
                    tokio::spawn(carry(from_device, to_server, carrying.clone()));
                    carry(from_server, to_device, carrying).await;
                });
            }
        });
        Self { port, carries }
    }
}

/// Carries bytes one way until either end is gone.
async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut carrying: watch::Receiver<bool>) {
    let mut bytes = vec![0; 16_384];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        if carrying.wait_for(|carries| *carries).await.is_err() || to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stalled_network_is_caught_up_in_order_and_alerts_nobody() {
    let _turn = turn().await;
    let site = Site::new();
    let server = site.serve().await;
    let network = Network::to(site.devices_port).await;
    let simulation = site.simulate_at(network.port, &["--patients", "200", "--calm"]);
    site.until_stored(1_000).await;
    let before = figures(&site).await.readings_stored;
    network.carries.send_replace(false);
    // The fault, not a wait for something.
    tokio::time::sleep(Duration::from_secs(6)).await;
    network.carries.send_replace(true);
    site.until_stored(before + 200 * 20).await;
    let raised = Physician::of(&site).listed().await;
    let rules: Vec<_> = raised.iter().map(|alert| alert.rule.as_str()).collect();
    assert!(rules.is_empty(), "{rules:?}");
    simulation.signal("INT");
    simulation.end().await.expect(0);
    let counts = site.report().counts;
    assert_eq!((counts.connections, counts.resent, counts.resumes, counts.refusals), (200, 0, 0, 0));
    stop(server).await;
    site.expect_sound().await;
}
