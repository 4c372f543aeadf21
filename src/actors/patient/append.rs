//! How a decision becomes durable, behind the marks that wait.

use std::sync::Arc;

use smallvec::SmallVec;

use super::actor::{Parts, PatientActor};
use super::commit::{PatientCommit, Reply};
use super::summary::PatientSummary;
use crate::actors::handle::PatientEntry;
use crate::admission::Permit;
use crate::clinical::patient::{PatientInput, PatientRecord, PatientState};
use crate::proto::RecordKind;
use crate::storage::SealedRecord;
use crate::storage::codec::encode_patient;

impl PatientActor {
    /// Appends the marks that wait, then `record`: a mark precedes every event that follows from it.
    pub(super) fn append(
        &self,
        parts: &mut Parts,
        record: Option<PatientRecord>,
        reply: Option<Reply>,
        entry: Option<PatientEntry>,
        permit: Option<Arc<Permit>>,
    ) {
        let mut records: SmallVec<[SealedRecord; 1]> = SmallVec::new();
        if let Some(runs) = parts.marks.take() {
            let mark =
                PatientRecord { now: parts.state.now(), input: PatientInput::Consumed(runs), events: Vec::new() };
            records.push(parts.stream.seal(RecordKind::Mark, &encode_patient(&mark)));
        }
        for copies in std::mem::take(&mut parts.copies) {
            records.push(parts.stream.seal(RecordKind::Copy, &copies));
        }
        let (now, events) = match record {
            Some(record) => {
                records.push(parts.stream.seal(RecordKind::Patient, &encode_patient(&record)));
                (record.now, record.events)
            }
            None => (parts.state.now(), Vec::new()),
        };
        let snapshot = if parts.stream.wants_snapshot() {
            parts.stream.snapshot(&parts.state, &PatientSummary::of(&parts.state))
        } else {
            None
        };
        let commit = PatientCommit {
            context: Arc::clone(&self.context),
            patient: self.id.clone(),
            place: parts.place(),
            permit,
            now,
            events,
            records: records.len() as u64,
            reply,
            entry,
            snapshot,
        };
        parts.stream.append(&self.context, records, commit);
    }

    pub(super) fn entry(&self, state: &PatientState) -> Option<PatientEntry> {
        PatientEntry::of(self.id.clone(), state.stay(), state.devices().cloned().collect())
    }
}
