//! Connections of browsers and programs, HTTP/2 or HTTP/1.1, with limits and timeouts.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::http::Request;
use hyper::body::Incoming;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tonic::transport::server::Connected as _;

use crate::api::listener::Conn;
use crate::config::Limits;

/// Requests of one HTTP/2 connection at the same time: a page, its pictures, its events.
const STREAMS_MAX: u32 = 64;
const WINDOW_BYTES: u32 = 64 << 10;
const HEADERS_MAX_BYTES: u32 = 16 << 10;
/// Streams that a client may reset before it is shown the door (CVE-2023-44487).
const RESETS_MAX: usize = 32;
/// Until the whole head of a request has come; an idle connection is closed after this too.
const HEAD_WITHIN: Duration = Duration::from_secs(20);

/// Serves until the server drains, then lets each request end.
pub(in crate::api) fn serve(
    app: axum::Router,
    mut incoming: mpsc::Receiver<io::Result<Conn>>,
    limits: &Limits,
    mut drains: watch::Receiver<bool>,
) -> JoinHandle<()> {
    let builder = Arc::new(builder(limits));
    tokio::spawn(async move {
        let graceful = GracefulShutdown::new();
        loop {
            let conn = tokio::select! {
                _ = drains.wait_for(|draining| *draining) => break,
                conn = incoming.recv() => conn,
            };
            match conn {
                Some(Ok(conn)) => drop(tokio::spawn(one(conn, app.clone(), Arc::clone(&builder), graceful.watcher()))),
                Some(Err(_)) => {}
                None => break,
            }
        }
        drop(incoming);
        graceful.shutdown().await;
    })
}

async fn one(
    conn: Conn,
    app: axum::Router,
    builder: Arc<Builder<TokioExecutor>>,
    watcher: hyper_util::server::graceful::Watcher,
) {
    let connection = conn.connect_info();
    let app = TowerToHyperService::new(app);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Arc::clone(&connection));
        app.call(request)
    });
    let serving = builder.serve_connection(TokioIo::new(conn), service).into_owned();
    if let Err(error) = watcher.watch(serving).await {
        // A client that went away, or speaks no HTTP: its own affair.
        tracing::debug!(%error, "a connection ended");
    }
}

fn builder(limits: &Limits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN).max_headers(64);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_pending_accept_reset_streams(RESETS_MAX)
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(WINDOW_BYTES * 4)
        .max_header_list_size(HEADERS_MAX_BYTES)
        .keep_alive_interval(limits.keepalive)
        .keep_alive_timeout(limits.keepalive);
    builder
}
