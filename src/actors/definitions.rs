//! What a site defines: rules and decoders. Whatever was in force is journaled with its full text.

use std::sync::Arc;

use smallvec::smallvec;

use super::context::Context;
use super::stream::{RecoverError, Stream};
use crate::clinical::decoder::DecoderSet;
use crate::clinical::rules::RuleSet;
use crate::proto::RecordKind;
use crate::storage::codec::{RulesRecord, decode_rules, encode_rules};
use crate::storage::{StreamName, Wakes};
use crate::time::Timestamp;

/// The definitions in force from a start on.
#[derive(Clone, Debug)]
pub struct Definitions {
    /// The rules.
    pub rules: Arc<RuleSet>,
    /// The decoders of raw payloads.
    pub decoders: Arc<DecoderSet>,
}

impl From<Arc<RuleSet>> for Definitions {
    /// Without a decoder: raw payloads are kept, and none is decoded.
    fn from(rules: Arc<RuleSet>) -> Self {
        Self { rules, decoders: Arc::default() }
    }
}

/// Reads every rule set that was ever in force, and journals what is in force now where it is new.
pub(super) async fn journal(context: &Arc<Context>) -> Result<(), RecoverError> {
    let rules = context.rules.current();
    let record = RulesRecord { now: context.clock.now(), hash: rules.hash(), files: rules.texts().to_vec() };
    journal_set(context, StreamName::rules(), RecordKind::Rules, record, |record| {
        match RuleSet::parse(&record.files) {
            Ok(set) => context.rules.add(Arc::new(set)),
            // Replay of what it decided is then not possible; deciding anew is.
            Err(mistakes) => {
                tracing::warn!(mistakes = mistakes.len(), "journaled rules are not understood by this version");
            }
        }
    })
    .await?;
    let decoders = &context.decoders;
    let record = RulesRecord { now: context.clock.now(), hash: decoders.hash(), files: decoders.texts().to_vec() };
    journal_set(context, StreamName::decoders(), RecordKind::Decoders, record, |_| {}).await
}

/// Journals `current` unless the stream holds a set of the same hash; `known` hears every set that it holds.
async fn journal_set(
    context: &Arc<Context>,
    name: StreamName,
    kind: RecordKind,
    current: RulesRecord,
    mut known: impl FnMut(RulesRecord),
) -> Result<(), RecoverError> {
    let recovered = Stream::recover::<()>(context, name, context.keys.care()).await?;
    let (mut stream, mut opener) = (recovered.stream, recovered.opener);
    let mut is_known = false;
    for record in &recovered.tail {
        let record = decode_rules(&opener.open(record)?)?;
        is_known |= record.hash == current.hash;
        known(record);
    }
    // A site without any definition of this kind has nothing to put on record.
    if !is_known && !current.files.is_empty() {
        let sealed = stream.seal(kind, &encode_rules(&current));
        stream.append(context, smallvec![sealed], |_: u64, _: Timestamp, _: &mut Wakes| {});
        context.writer.barrier().await?;
    }
    Ok(())
}
