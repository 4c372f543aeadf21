//! What people are reached by, outside of the platform: it takes pages, refuses, hangs, and is killed and revived.
#![allow(dead_code)] // Each test program needs a part.

pub mod mail;
pub mod web;

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;

/// The port is free once the connections of the one before have ended.
async fn listen_again(address: SocketAddr) -> TcpListener {
    let tries = async {
        loop {
            if let Ok(listener) = TcpListener::bind(address).await {
                return listener;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), tries).await.expect("the port is free again")
}
