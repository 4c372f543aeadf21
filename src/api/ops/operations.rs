//! The port, and what it is told of the platform.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::readiness::{Reason, reasons};
use super::scrape;
use crate::actors::handle::Handle;
use crate::api::figures::Figures;
use crate::metrics::Metrics;

/// What Prometheus expects of its text format.
const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The running port. Dropping it closes it.
pub struct Operations {
    address: SocketAddr,
    watched: Arc<Watched>,
    serving: JoinHandle<()>,
}

/// What the answers are made of.
pub(super) struct Watched {
    pub metrics: Arc<Metrics>,
    pub data_dir: PathBuf,
    state: RwLock<Platform>,
}

/// Whether the platform runs.
#[derive(Clone)]
enum Platform {
    /// Why it does not, in words.
    Down(&'static str),
    Up(Box<Running>),
}

/// The running platform, as far as operations see it.
#[derive(Clone)]
pub(super) struct Running {
    pub handle: Handle,
    pub figures: Arc<Figures>,
}

impl Watched {
    /// The running platform, or why none runs.
    pub fn running(&self) -> Result<Box<Running>, &'static str> {
        match &*self.state.read().unwrap_or_else(PoisonError::into_inner) {
            Platform::Down(why) => Err(why),
            Platform::Up(running) => Ok(running.clone()),
        }
    }

    fn set(&self, state: Platform) {
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = state;
    }
}

impl Operations {
    /// Listens at `address`; `data_dir` is the folder of which the free space is told.
    ///
    /// # Errors
    /// What the operating system says of the address.
    pub async fn listen(address: SocketAddr, data_dir: PathBuf, metrics: Arc<Metrics>) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let state = RwLock::new(Platform::Down("the journal is being opened, and what was open brought back"));
        let watched = Arc::new(Watched { metrics, data_dir, state });
        let router = Router::new()
            .route("/livez", get(livez))
            .route("/readyz", get(readyz))
            .route("/metrics", get(metrics_page))
            .with_state(Arc::clone(&watched));
        let serving = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the port of operations stopped serving");
            }
        });
        Ok(Self { address, watched, serving })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The platform runs.
    pub fn up(&self, handle: Handle, figures: Arc<Figures>) {
        self.watched.set(Platform::Up(Box::new(Running { handle, figures })));
    }

    /// It does not, and why.
    pub fn down(&self, why: &'static str) {
        self.watched.set(Platform::Down(why));
    }
}

impl Drop for Operations {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// The process answers: whoever asks need not start it anew.
async fn livez() -> &'static str {
    "alive\n"
}

#[derive(Serialize)]
struct Readiness {
    ready: bool,
    reasons: Vec<Reason>,
}

async fn readyz(State(watched): State<Arc<Watched>>) -> (StatusCode, Json<Readiness>) {
    let reasons = reasons(&watched).await;
    let ready = reasons.is_empty();
    let code = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, Json(Readiness { ready, reasons }))
}

async fn metrics_page(State(watched): State<Arc<Watched>>) -> Response {
    match scrape::page(&watched).await {
        Ok(page) => ([(header::CONTENT_TYPE, TEXT_FORMAT)], page).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
    }
}
