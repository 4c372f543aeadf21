//! The service of devices and gateways.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use super::answers::{Replies, WAITING_MAX};
use super::session::Session;
use crate::actors::handle::Handle;
use crate::admission::Admission;
use crate::api::figures::Figures;
use crate::api::peer::Connection;
use crate::config::Limits;
use crate::proto::ingest_service_server::IngestService;
use crate::proto::{IngestRequest, IngestResponse};

/// What all ingest streams share.
pub struct Shared {
    /// The way to the actors.
    pub handle: Handle,
    /// The bound on what is in flight.
    pub admission: Admission,
    /// Limits on what comes from outside.
    pub limits: Limits,
    /// Figures.
    pub figures: Arc<Figures>,
    /// True once the server goes down.
    pub draining: watch::Receiver<bool>,
}

/// The ingest service.
#[derive(Clone)]
pub struct Ingest(Arc<Shared>);

impl Ingest {
    /// Over what its streams share.
    #[must_use]
    pub fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }
}

#[tonic::async_trait]
impl IngestService for Ingest {
    type StreamStream = ReceiverStream<Result<IngestResponse, Status>>;

    async fn stream(&self, request: Request<Streaming<IngestRequest>>) -> Result<Response<Self::StreamStream>, Status> {
        let connection = request.extensions().get::<Arc<Connection>>().cloned();
        let connection = connection.ok_or_else(|| Status::internal("the stream has no connection"))?;
        let peer = connection.peer.clone().ok_or_else(|| Status::unauthenticated("no client certificate"))?;
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        let replies = Replies { sender, connection, stalled_after: self.0.limits.stalled_client };
        tokio::spawn(Session::new(Arc::clone(&self.0), peer, replies).run(request.into_inner()));
        Ok(Response::new(ReceiverStream::new(receiver)))
    }
}
