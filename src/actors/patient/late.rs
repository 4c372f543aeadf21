//! Late readings: judged where they belong, from what was kept of the rules' memory.

use std::sync::Arc;

use smallvec::smallvec;

use super::actor::{Parts, PatientActor};
use crate::actors::context::Context;
use crate::actors::stream::RecoverError;
use crate::clinical::ids::PatientId;
use crate::clinical::patient::{History, LateBase, PatientInput, PatientRecord, PatientState};
use crate::proto::RecordKind;
use crate::storage::codec::encode_windows;
use crate::storage::{Wakes, read_history};
use crate::time::Timestamp;

/// After judging late readings nothing late is judged for so many times as long: a long backlog that streams in leaves
/// most of the time to what is happening now.
const REST: i64 = 5;

impl Parts {
    /// When late readings are to be judged.
    pub fn late_due(&self) -> Option<Timestamp> {
        self.state.late_due().filter(|_| self.is_whole).map(|due| due.max(self.late_rests_until))
    }
}

impl PatientActor {
    /// Judges the late readings that wait, if it is time to.
    pub(super) async fn judge_late(&self, parts: &mut Parts, now: Timestamp) -> Result<(), RecoverError> {
        if parts.late_due().is_none_or(|due| due > now) {
            return Ok(());
        }
        self.adopt_rules(parts, now)?;
        // What is to be read was handed to the writer by the devices' actors, and by this one.
        self.context.writer.barrier().await?;
        let bound_us = self.context.options.late_bound_ms.saturating_mul(1_000);
        let base = parts.state.late_base(bound_us);
        let history = history_off_thread(&self.context, &self.id, &parts.state, base).await?;
        let events = parts.state.judge_late(base, bound_us, history, &parts.rules, now);
        let record =
            PatientRecord { now: parts.state.now(), input: PatientInput::LateJudged { base, bound_us }, events };
        self.append(parts, Some(record), None, None, None);
        let took_ms = self.context.clock.now().since_ms(now);
        parts.late_rests_until = now.plus_ms(took_ms.saturating_mul(REST));
        Ok(())
    }

    /// Keeps what the rules remember, if it is time to: what comes late is judged from there.
    pub(super) fn keep_windows(&self, parts: &mut Parts) {
        let Some(windows) = parts.state.windows_to_keep() else { return };
        // The marks of what was judged come first.
        self.append(parts, None, None, None, None);
        let record = parts.stream.seal(RecordKind::Windows, &encode_windows(&windows));
        parts.state.note_windows(windows.at, record.sequence);
        parts.stream.append(&self.context, smallvec![record], |_: u64, _: Timestamp, _: &mut Wakes| {});
    }
}

/// Reads the history from where blocking is not allowed.
pub(super) async fn history_off_thread(
    context: &Arc<Context>,
    patient: &PatientId,
    state: &PatientState,
    base: LateBase,
) -> Result<History, RecoverError> {
    let (reader, keys) = (context.reader.clone(), context.keys.clone());
    let (patient, state) = (patient.clone(), state.clone());
    let read = move || read_history(&reader, &keys, &patient, &state, base);
    match tokio::task::spawn_blocking(read).await {
        Ok(history) => Ok(history?),
        // The read itself panicked: pass it on to this actor's supervisor.
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
