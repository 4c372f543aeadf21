//! The stay: admission, moves, standby, discharge, merging.

use tokio::sync::oneshot;

use super::actor::{Parts, PatientActor};
use super::commit::Reply;
use super::message::OpenConditions;
use crate::actors::beds::BedClaim;
use crate::actors::handle::OperationError;
use crate::actors::stream::RecoverError;
use crate::clinical::patient::{Item, PatientInput, PatientRecord, StandbyEnd};
use crate::storage::{StoredItem, StreamName};
use crate::time::Timestamp;

impl PatientActor {
    /// Applies an admission or a change of the stay, and answers once it is committed.
    pub(super) fn change_stay(
        &self,
        parts: &mut Parts,
        input: PatientInput,
        claim: Option<BedClaim>,
        to: oneshot::Sender<Result<(), OperationError>>,
        now: Timestamp,
    ) {
        if let PatientInput::Stay { by, change } = &input
            && let Some(set) = change.set_limit(by)
            && let Err(refused) = self.context.rules.current().check_limit(&set)
        {
            drop(to.send(Err(OperationError::Invalid(refused.to_string()))));
            return;
        }
        match parts.state.handle(&input, now) {
            Ok(events) => {
                // Where nothing changes it is so already: said once what it stands on is committed.
                let record = events.map(|events| PatientRecord { now: parts.state.now(), input, events });
                let entry = self.entry(&parts.state);
                self.append(parts, record, Some(Reply::Operation { to, claim }), entry, None);
            }
            Err(refused) => drop(to.send(Err(OperationError::Conflict(refused.to_string())))),
        }
    }

    /// A standby ends at its end.
    pub(super) fn end_standby_if_due(&self, parts: &mut Parts, now: Timestamp) {
        if parts.state.stay().standby().is_some_and(|standby| standby.until <= now) {
            self.end_standby(parts, StandbyEnd::Due, now);
        }
    }

    /// Limits that were set until now do not hold any more.
    pub(super) fn end_limits_if_due(&self, parts: &mut Parts, now: Timestamp) {
        if parts.state.stay().limit_ends(&parts.rules).is_some_and(|until| until <= now) {
            self.by_itself(parts, PatientInput::LimitsEnded, now);
        }
    }

    /// A standby ends with the first valid signal, before that is judged: nothing that it shows is held.
    pub(super) fn end_standby_if_back(&self, parts: &mut Parts, item: &StoredItem) {
        let Item::Reading(reading) = &item.item else { return };
        if parts.state.stay().is_ended_by(reading, item.received_at) {
            self.end_standby(parts, StandbyEnd::SignalsReturned, item.received_at);
        }
    }

    fn end_standby(&self, parts: &mut Parts, end: StandbyEnd, now: Timestamp) {
        self.by_itself(parts, PatientInput::StandbyEnded(end), now);
    }

    /// Something of the stay changed without a person.
    fn by_itself(&self, parts: &mut Parts, input: PatientInput, now: Timestamp) {
        if let Ok(Some(events)) = parts.state.handle(&input, now) {
            let record = PatientRecord { now: parts.state.now(), input, events };
            let entry = self.entry(&parts.state);
            self.append(parts, Some(record), None, entry, None);
        }
    }

    /// What another record is to take over. Its devices hand over to the other by now: what they handed over here
    /// before is consumed first, so that no breach is between the two.
    pub(super) async fn open_conditions(&self, parts: &mut Parts) -> Result<OpenConditions, RecoverError> {
        let devices: Vec<_> = parts.state.marks().map(|(device, _)| device.clone()).collect();
        for device in &devices {
            let head = self.context.streams.head(&StreamName::device(device)).committed();
            self.catch_up(parts, device, head.sequence).await?;
        }
        let book = parts.state.book();
        let conditions = book.open().iter().map(|alert| alert.condition.clone()).collect();
        Ok(OpenConditions { last_ordinal: book.last_ordinal(), conditions, devices })
    }
}
