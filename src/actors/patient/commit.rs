//! What follows once a patient's records are durable.

use std::sync::Arc;

use tokio::sync::oneshot;

use crate::actors::alert_feed::{Committed, Place};
use crate::actors::beds::BedClaim;
use crate::actors::context::Context;
use crate::actors::effects::EffectJob;
use crate::actors::handle::{Answered, OperationError, PatientEntry};
use crate::actors::stream::PendingSnapshot;
use crate::admission::Permit;
use crate::clinical::alert::{AlertBook, AlertEvent};
use crate::clinical::ids::{AlertId, PatientId, Subject, UnitId};
use crate::storage::{OnCommit, Wakes};
use crate::time::Timestamp;

/// News, effects, reply, snapshot; the permit is given back by being dropped.
pub(super) struct PatientCommit {
    pub context: Arc<Context>,
    pub patient: PatientId,
    pub place: Option<Place>,
    pub permit: Option<Arc<Permit>>,
    /// Receipt time of the decision.
    pub now: Timestamp,
    pub events: Vec<AlertEvent>,
    pub records: u64,
    pub reply: Option<Reply>,
    /// The patient's place in the directory from here on.
    pub entry: Option<PatientEntry>,
    pub snapshot: Option<PendingSnapshot>,
}

/// Who waits for the commit.
pub(super) enum Reply {
    /// An administrator.
    Operation {
        to: oneshot::Sender<Result<(), OperationError>>,
        /// Given up once the directory knows the bed.
        claim: Option<BedClaim>,
    },
    /// A person who answered an alert: done, or told that the alert has changed.
    Answer { ordinal: u32, stale: bool, to: oneshot::Sender<Result<Answered, OperationError>> },
}

impl OnCommit for PatientCommit {
    fn committed(self: Box<Self>, first_position: u64, _: Timestamp, _: &mut Wakes) {
        let Self { context, patient, place, permit, now, events, records, reply, entry, snapshot } = *self;
        let last_position = records.checked_sub(1).map(|last| first_position + last);
        // Alerts of a patient who was never admitted have no unit to answer: the fallback's ladder is asked by name.
        let subject = Subject::Patient(patient);
        let place = place.unwrap_or_else(|| Place { unit: nowhere(), bed: "".into() });
        if let (Some(position), false) = (last_position, events.is_empty()) {
            let effects = AlertBook::effects(&events);
            let unit = place.unit.clone();
            context.feed.publish(&Committed { subject: subject.clone(), place, position, now, events });
            for effect in effects {
                drop(context.effects.send(EffectJob { subject: subject.clone(), unit: unit.clone(), effect }));
            }
        }
        if let Some(entry) = entry {
            context.feed.moved(&subject, Place { unit: entry.unit.clone(), bed: entry.bed.clone() });
            context.directory.put_patient(entry);
        }
        if let Some(snapshot) = snapshot {
            snapshot.keep(&context, last_position);
        }
        match reply {
            Some(Reply::Operation { to, claim }) => {
                drop(claim);
                drop(to.send(Ok(())));
            }
            Some(Reply::Answer { ordinal, stale, to }) => {
                let view = context.feed.view(&AlertId { subject, ordinal });
                let answer = match view {
                    Some(view) if stale => Ok(Answered::Stale(view)),
                    Some(view) => Ok(Answered::Done(view)),
                    None => Err(OperationError::NotFound("alert")),
                };
                drop(to.send(answer));
            }
            None => {}
        }
        drop(permit);
    }
}

/// The unit of patients who were never admitted.
fn nowhere() -> UnitId {
    UnitId::new("no-unit").unwrap_or_else(|_| unreachable!("no-unit is an identifier"))
}
