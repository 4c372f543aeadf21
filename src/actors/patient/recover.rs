//! How a patient's actor comes back: snapshot, records after it with what they consumed, then what was missed.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::actor::Parts;
use super::late::history_off_thread;
use crate::actors::context::Context;
use crate::actors::stream::{RecoverError, Stream};
use crate::clinical::ids::{DeviceId, PatientId};
use crate::clinical::patient::{PatientInput, PatientRecord, PatientState, Run};
use crate::clinical::rules::RuleSet;
use crate::proto::RecordKind;
use crate::storage::codec::{decode_patient, decode_windows};
use crate::storage::{StoredItem, StoredRecord, StreamName, read_items};
use crate::time::Timestamp;

/// Recovers the state that the committed records give.
pub(super) async fn recover(context: &Arc<Context>, patient: &PatientId) -> Result<Parts, RecoverError> {
    let name = StreamName::patient(patient);
    let key = context.keys.patient(patient)?.ok_or(crate::storage::KeyError::Destroyed)?;
    let mut recovered = Stream::recover::<PatientState>(context, name, key).await?;
    let mut rules = rules_in_force(context, &recovered.state)?;
    let mut records = Vec::with_capacity(recovered.tail.len());
    for record in &recovered.tail {
        // Copies of readings are for those who look back: nothing was decided by them.
        if record.kind == RecordKind::Copy {
            continue;
        }
        let plaintext = recovered.opener.open(record)?;
        records.push(match record.kind {
            RecordKind::Windows => Told::Windows(decode_windows(&plaintext)?.0, record.sequence),
            _ => Told::Record(decode_patient(&plaintext)?),
        });
    }
    let mut consumed = Consumed::read(context, patient, &recovered.state, &records).await?;
    for told in &records {
        let record = match told {
            Told::Record(record) => record,
            Told::Windows(at, sequence) => {
                recovered.state.note_windows(*at, *sequence);
                continue;
            }
        };
        if let PatientInput::Consumed(runs) = &record.input {
            for run in runs {
                consumed.restore(run, &mut recovered.state, &rules);
            }
        }
        if let PatientInput::LateJudged { base, bound_us } = record.input {
            let history = history_off_thread(context, patient, &recovered.state, base).await?;
            recovered.state.restore_late(base, bound_us, history, &rules);
        }
        recovered.state.restore(&record.input, &record.events, record.now);
        if matches!(record.input, PatientInput::RulesAdopted { .. }) {
            rules = rules_in_force(context, &recovered.state)?;
        }
    }
    Ok(Parts::new(context, recovered.stream, recovered.state, rules))
}

/// Recovers what the alerts need, and nothing else: no window is whole, so that nothing may be judged by this state, and
/// no snapshot taken of it.
pub(super) async fn recover_alerts(context: &Arc<Context>, patient: &PatientId) -> Result<Parts, RecoverError> {
    let key = context.keys.patient(patient)?.ok_or(crate::storage::KeyError::Destroyed)?;
    let mut recovered = Stream::recover::<PatientState>(context, StreamName::patient(patient), key).await?;
    let told = |record: &&StoredRecord| !matches!(record.kind, RecordKind::Copy | RecordKind::Windows);
    for record in recovered.tail.iter().filter(told) {
        let record = decode_patient(&recovered.opener.open(record)?)?;
        recovered.state.restore(&record.input, &record.events, record.now);
    }
    let mut parts = Parts::new(context, recovered.stream, recovered.state, context.rules.current());
    parts.is_whole = false;
    Ok(parts)
}

/// What the tail of a patient's stream holds.
enum Told {
    Record(PatientRecord),
    /// What the rules remembered was kept: of when, and at which sequence.
    Windows(Timestamp, u64),
}

/// The items that the records consumed, by device: each device's stream is walked once.
struct Consumed(HashMap<DeviceId, VecDeque<StoredItem>>);

impl Consumed {
    async fn read(
        context: &Context,
        patient: &PatientId,
        state: &PatientState,
        records: &[Told],
    ) -> Result<Self, RecoverError> {
        let mut through: HashMap<&DeviceId, u64> = HashMap::new();
        for told in records {
            if let Told::Record(PatientRecord { input: PatientInput::Consumed(runs), .. }) = told {
                // Marks ascend: the last one of a device is its newest.
                through.extend(runs.iter().map(|run| (&run.device, run.through)));
            }
        }
        let mut items = HashMap::new();
        for (device, through) in through {
            let from = state.mark(device) + 1;
            let read = read_items_off_thread(context, patient, device, from, through).await?;
            items.insert(device.clone(), read.into());
        }
        Ok(Self(items))
    }

    fn restore(&mut self, run: &Run, state: &mut PatientState, rules: &RuleSet) {
        let Some(items) = self.0.get_mut(&run.device) else { return };
        while let Some(item) = items.pop_front_if(|item| item.stream_sequence <= run.through) {
            state.restore_item(&run.device, item.stream_sequence, &item.item, item.received_at, rules);
        }
    }
}

/// The rules that the patient's stream adopted last; before the first adoption none judge, and any set will do.
pub(super) fn rules_in_force(context: &Context, state: &PatientState) -> Result<Arc<RuleSet>, RecoverError> {
    match state.rules_in_force() {
        None => Ok(context.rules.current()),
        Some((hash, _)) => context.rules.get(&hash).ok_or_else(|| RecoverError::UnknownRules(hex::encode(hash))),
    }
}

/// Reads items from where blocking is not allowed.
pub(super) async fn read_items_off_thread(
    context: &Context,
    patient: &PatientId,
    device: &DeviceId,
    from: u64,
    through: u64,
) -> Result<Vec<StoredItem>, RecoverError> {
    let (reader, keys) = (context.reader.clone(), context.keys.clone());
    let (patient, device) = (patient.clone(), device.clone());
    let read = move || read_items(&reader, &keys, &patient, &device, from, through);
    match tokio::task::spawn_blocking(read).await {
        Ok(items) => Ok(items?),
        // The read itself panicked: pass it on to this actor's supervisor.
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
