//! How a patient's actor comes back: snapshot, records after it with what they consumed, then what was missed.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::actor::Parts;
use crate::actors::context::Context;
use crate::actors::stream::{RecoverError, Stream};
use crate::clinical::alert::{Effect, Response};
use crate::clinical::ids::{DeviceId, PatientId};
use crate::clinical::patient::{PatientInput, PatientRecord, PatientState, Run};
use crate::clinical::rules::RuleSet;
use crate::proto::RecordKind;
use crate::storage::codec::decode_patient;
use crate::storage::{StoredItem, StreamName, read_items};

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
        records.push(decode_patient(&recovered.opener.open(record)?)?);
    }
    let mut consumed = Consumed::read(context, patient, &recovered.state, &records).await?;
    for record in &records {
        if let PatientInput::Consumed(runs) = &record.input {
            for run in runs {
                consumed.restore(run, &mut recovered.state, &rules);
            }
        }
        recovered.state.restore(&record.input, &record.events, record.now);
        if matches!(record.input, PatientInput::RulesAdopted { .. }) {
            rules = rules_in_force(context, &recovered.state)?;
        }
    }
    Ok(Parts::new(context, recovered.stream, recovered.state, rules))
}

/// The items that the records consumed, by device: each device's stream is walked once.
struct Consumed(HashMap<DeviceId, VecDeque<StoredItem>>);

impl Consumed {
    async fn read(
        context: &Context,
        patient: &PatientId,
        state: &PatientState,
        records: &[PatientRecord],
    ) -> Result<Self, RecoverError> {
        let mut through: HashMap<&DeviceId, u64> = HashMap::new();
        for record in records {
            if let PatientInput::Consumed(runs) = &record.input {
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

/// What the open alerts still want from outside: lost effects are repeated under the same keys.
pub(super) fn outstanding_effects(state: &PatientState) -> Vec<Effect> {
    // What a standby holds asks nobody before it ends.
    let waiting = state.book().open().iter().filter(|alert| !alert.held);
    let wanted = waiting.filter_map(|alert| match &alert.response {
        Response::Waiting { step, entered: false, .. } | Response::Answered { asking: Some(_), step, .. } => {
            Some(Effect::AskCareTeam { ordinal: alert.ordinal, round: alert.round, step: *step })
        }
        Response::Waiting { step, entered: true, people, .. } => {
            Some(Effect::Page { ordinal: alert.ordinal, round: alert.round, step: *step, people: people.clone() })
        }
        Response::Answered { asking: None, .. } => None,
    });
    wanted.collect()
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
