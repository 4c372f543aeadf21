//! How a patient's actor comes back: snapshot, records after it with what they consumed, then what was missed.

use std::sync::Arc;

use super::actor::Parts;
use crate::actors::context::Context;
use crate::actors::stream::{RecoverError, Stream};
use crate::clinical::alert::{Effect, Response};
use crate::clinical::ids::{DeviceId, PatientId};
use crate::clinical::patient::{PatientInput, PatientRecord, PatientState};
use crate::clinical::rules::RuleSet;
use crate::storage::codec::decode_patient;
use crate::storage::{StoredItem, StreamName, read_items};

/// Recovers the state that the committed records give.
pub(super) async fn recover(context: &Context, patient: &PatientId) -> Result<Parts, RecoverError> {
    let name = StreamName::patient(patient);
    let key = context.keys.patient(patient)?.ok_or(crate::storage::KeyError::Destroyed)?;
    let mut recovered = Stream::recover::<PatientState>(context, name, key).await?;
    let mut rules = rules_in_force(context, &recovered.state)?;
    for record in &recovered.tail {
        let record = decode_patient(&recovered.opener.open(record)?)?;
        restore(context, patient, &mut recovered.state, &record, &rules).await?;
        if matches!(record.input, PatientInput::RulesAdopted { .. }) {
            rules = rules_in_force(context, &recovered.state)?;
        }
    }
    Ok(Parts::new(recovered.stream, recovered.state, rules, context.clock.now()))
}

async fn restore(
    context: &Context,
    patient: &PatientId,
    state: &mut PatientState,
    record: &PatientRecord,
    rules: &RuleSet,
) -> Result<(), RecoverError> {
    if let PatientInput::Consumed(runs) = &record.input {
        for run in runs {
            let from = state.mark(&run.device) + 1;
            for item in read_items_off_thread(context, patient, &run.device, from, run.through).await? {
                state.restore_item(&run.device, item.stream_sequence, &item.item, item.received_at, rules);
            }
        }
    }
    state.restore(&record.input, &record.events, record.now);
    Ok(())
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
    let wanted = state.book().open().iter().filter_map(|alert| match &alert.response {
        Response::Waiting { step, entered: false, .. } => {
            Some(Effect::AskCareTeam { ordinal: alert.ordinal, round: alert.round, step: *step })
        }
        Response::Waiting { step, entered: true, people, .. } => {
            Some(Effect::Page { ordinal: alert.ordinal, round: alert.round, step: *step, people: people.clone() })
        }
        Response::Answered { asking: Some(_), step, .. } => {
            Some(Effect::AskCareTeam { ordinal: alert.ordinal, round: alert.round, step: *step })
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
