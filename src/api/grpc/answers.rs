//! What goes back on an ingest stream: receipts as they come, grouped; refusals; and the last words.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tonic::Status;

use super::convert::lane_on_wire;
use crate::actors::outlet::{Answer, Outcome, Outlet, ReceiptException};
use crate::api::peer::Connection;
use crate::clinical::reading::ReadingKey;
use crate::proto::{self, IngestResponse, ingest_response::Kind};

/// Receipts in one message.
const RECEIPTS_MAX: usize = 1_000;
/// Messages that wait for the client to take them.
pub(super) const WAITING_MAX: usize = 8;
/// After the last reading is consumed, how long a receipt may still take from the writer to the outlet.
const LAST_RECEIPT: Duration = Duration::from_millis(250);

/// The client is gone, or took nothing for too long.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Gone;

/// The way back to the client. A client that does not take what it is sent is dropped: what waits for it is bounded.
#[derive(Clone)]
pub(super) struct Replies {
    pub sender: mpsc::Sender<Result<IngestResponse, Status>>,
    pub connection: Arc<Connection>,
    pub stalled_after: Duration,
}

impl Replies {
    pub async fn send(&self, kind: Kind) -> Result<(), Gone> {
        self.pass(Ok(IngestResponse { kind: Some(kind) })).await
    }

    /// Ends the stream with a status.
    pub async fn end(&self, status: Status) {
        let _ = self.pass(Err(status)).await;
    }

    async fn pass(&self, message: Result<IngestResponse, Status>) -> Result<(), Gone> {
        if let Ok(sent) = timeout(self.stalled_after, self.sender.send(message)).await {
            return sent.map_err(|_| Gone);
        }
        tracing::info!(remote = %self.connection.remote, "a client does not take its receipts; dropping it");
        self.connection.close();
        Err(Gone)
    }
}

/// Sends what comes out of the outlet until told to finish; then what is still on its way.
pub(super) async fn forward(outlet: Arc<Outlet>, replies: Replies, mut finish: oneshot::Receiver<()>) {
    loop {
        let answers = tokio::select! {
            biased;
            answers = outlet.take() => answers,
            _ = &mut finish => break,
        };
        if send_all(&replies, answers).await.is_err() {
            return;
        }
    }
    while let Ok(answers) = timeout(LAST_RECEIPT, outlet.take()).await {
        if send_all(&replies, answers).await.is_err() {
            return;
        }
    }
}

async fn send_all(replies: &Replies, answers: Vec<Answer>) -> Result<(), Gone> {
    let mut receipts = Vec::new();
    for answer in answers {
        match answer {
            Answer::Receipt { device, boot, lane, through, exceptions, proof } => receipts.push(proto::Receipt {
                device: device.as_str().to_owned(),
                boot,
                lane: lane_on_wire(lane),
                through_sequence: through,
                exceptions: exceptions.into_iter().map(exception).collect(),
                proof,
            }),
            Answer::ResumeFrom { device, key } => {
                replies.send(resume_from(device.as_str(), key)).await?;
            }
        }
        if receipts.len() == RECEIPTS_MAX {
            replies.send(grouped(&mut receipts)).await?;
        }
    }
    if receipts.is_empty() { Ok(()) } else { replies.send(grouped(&mut receipts)).await }
}

fn grouped(receipts: &mut Vec<proto::Receipt>) -> Kind {
    Kind::Receipts(proto::Receipts { receipts: std::mem::take(receipts) })
}

fn resume_from(device: &str, key: ReadingKey) -> Kind {
    let ReadingKey { boot, lane, sequence } = key;
    Kind::ResumeFrom(proto::ResumeFrom { device: device.to_owned(), boot, lane: lane_on_wire(lane), sequence })
}

fn exception(exception: ReceiptException) -> proto::Exception {
    let outcome = match exception.outcome {
        Outcome::ObservationsRejected => proto::Outcome::ObservationsRejected,
        Outcome::Undecodable => proto::Outcome::QuarantinedUndecodable,
        Outcome::Conflict => proto::Outcome::QuarantinedConflict,
        Outcome::DeclaredMissing => proto::Outcome::DeclaredMissing,
    };
    proto::Exception { sequence: exception.sequence, outcome: outcome as i32, reason: exception.reason }
}
