//! What follows once a device's records are durable.

use std::sync::Arc;

use tokio::sync::oneshot;

use crate::actors::context::Context;
use crate::actors::handle::{DeviceEntry, OperationError};
use crate::actors::outlet::{Outcome, ReceiptCell, ReceiptException};
use crate::actors::stream::PendingSnapshot;
use crate::admission::Permit;
use crate::clinical::device::{Decoding, DeviceEvent};
use crate::clinical::judge::Rejection;
use crate::clinical::reading::Lane;
use crate::storage::{OnCommit, Wakes};
use crate::time::Timestamp;

/// Counts, receipt, reply, snapshot; the permit is given back by being dropped.
#[derive(Default)]
pub(super) struct DeviceCommit {
    pub context: Option<Arc<Context>>,
    pub permit: Option<Arc<Permit>>,
    pub cell: Option<Arc<ReceiptCell>>,
    pub receipt: Option<(u64, Lane, u64)>,
    pub exceptions: Vec<ReceiptException>,
    pub reply: Option<oneshot::Sender<Result<(), OperationError>>>,
    /// The device's place in the directory from here on.
    pub entry: Option<DeviceEntry>,
    pub snapshot: Option<PendingSnapshot>,
    pub records: u64,
    pub counts: Counts,
}

#[derive(Default)]
pub(super) struct Counts {
    stored: u64,
    quarantined: u64,
    undecodable: u64,
    missing: u64,
    rejected: u64,
}

impl DeviceCommit {
    /// Adds an exception to the receipt.
    pub fn note(&mut self, sequence: u64, outcome: Outcome, reason: &str) {
        self.exceptions.push(ReceiptException { sequence, outcome, reason: reason.to_owned() });
    }

    /// Adds an exception for a reading of which observations do not count.
    pub fn note_rejections(&mut self, sequence: u64, rejections: &[Rejection]) {
        if rejections.is_empty() {
            return;
        }
        let reasons: Vec<String> = rejections.iter().map(reason).collect();
        self.note(sequence, Outcome::ObservationsRejected, &reasons.join("; "));
    }

    /// Takes note of what the event will have done.
    pub fn count(&mut self, event: &DeviceEvent) {
        match event {
            DeviceEvent::Reading(stored) => match stored.decoding {
                Decoding::Undecodable(_) => {
                    self.counts.quarantined += 1;
                    self.counts.undecodable += 1;
                }
                Decoding::Coded | Decoding::By(_) => {
                    self.counts.stored += 1;
                    self.counts.rejected += stored.rejections.len() as u64;
                }
            },
            DeviceEvent::Conflicted { .. } => self.counts.quarantined += 1,
            DeviceEvent::GapDeclared { from, through } => self.counts.missing += through - from.sequence + 1,
            _ => {}
        }
        self.receipt = event.receipts().or(self.receipt);
    }
}

fn reason(rejection: &Rejection) -> String {
    match rejection.observation {
        Some(index) => format!("observation {index}: {}", rejection.reason),
        // Of a field that is missing, or of the reading as a whole: the reason names it.
        None => rejection.reason.clone(),
    }
}

impl OnCommit for DeviceCommit {
    fn committed(self: Box<Self>, first_position: u64, _: Timestamp, wakes: &mut Wakes) {
        let Some(context) = self.context else { return };
        let counters = &context.counters;
        counters.readings_stored.add(self.counts.stored);
        counters.readings_quarantined.add(self.counts.quarantined);
        counters.readings_undecodable.add(self.counts.undecodable);
        counters.readings_declared_missing.add(self.counts.missing);
        counters.observations_rejected.add(self.counts.rejected);
        if let Some(since) = self.permit.as_ref().and_then(|permit| permit.in_flight_since()) {
            context.options.metrics.ingest.receipt_seconds.observe(since.elapsed().as_secs_f64());
        }
        if let (Some(cell), Some((boot, lane, through))) = (self.cell, self.receipt) {
            wakes.wake(cell.receipt(boot, lane, through, self.exceptions));
        }
        if let Some(entry) = self.entry {
            context.directory.put_device(entry);
        }
        if let Some(snapshot) = self.snapshot {
            snapshot.keep(&context, self.records.checked_sub(1).map(|last| first_position + last));
        }
        if let Some(reply) = self.reply {
            drop(reply.send(Ok(())));
        }
    }
}
