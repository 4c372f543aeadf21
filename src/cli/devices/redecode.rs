//! `vigil devices redecode`: other decoders over the payloads that were kept.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use serde_json::json;

use crate::audit::{Past, read_past};
use crate::cli::progress::bar;
use crate::cli::store::{DataArgs, unreadable};
use crate::cli::{Failure, decoders, rules};
use crate::clinical::backtest::{Judged, compare};
use crate::clinical::condition::Evidence;
use crate::clinical::decoder::DecoderSet;
use crate::clinical::device::{Decoding, DeviceState, Received, StoredReading};
use crate::clinical::ids::PatientId;
use crate::clinical::reading::Observation;
use crate::clinical::rules::RuleSet;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    data: DataArgs,
    /// The other decoders: folders of decoder files.
    #[arg(long, required = true, num_args = 1.., value_name = "DIR")]
    decoders: Vec<PathBuf>,
    /// The rules by which alerts are compared; without them all sets for care that the program carries.
    #[arg(long, num_args = 1.., value_name = "DIR")]
    rules: Vec<PathBuf>,
    /// One device; without it all.
    #[arg(long)]
    device: Option<String>,
}

/// What other decoders would change.
#[derive(Default)]
struct Changes {
    payloads: u64,
    same: u64,
    /// Decoded now, and not then.
    gained: u64,
    /// Decoded then, and not now.
    lost: u64,
    /// Values that are other ones, there now, or gone, by code.
    values: BTreeMap<String, u64>,
}

pub(super) fn run(args: &Args, json: bool) -> Result<(), Failure> {
    let set = decoders::load(&args.decoders)?;
    let rules = if args.rules.is_empty() {
        RuleSet::for_care().map_err(|mistakes| unreadable(format_args!("{mistakes:?}")))?
    } else {
        rules::load(&args.rules)?
    };
    let store = args.data.open()?;
    let progress = bar("records");
    progress.set_length(store.reader().next_position());
    let mut changes = Changes::default();
    let mut patients: HashMap<PatientId, (Judged<'_>, Judged<'_>)> = HashMap::new();
    let mut show = |position| progress.set_position(position);
    let read = read_past(&store.reader(), &store.keys(), &mut show, &mut |past| {
        let Past::Reading { patient, state, device: (id, device), stream_sequence, stored } = past else { return };
        if args.device.as_ref().is_some_and(|only| only != id.as_str()) {
            return;
        }
        let (old, new) = patients.entry(patient.clone()).or_insert_with(|| (Judged::new(&rules), Judged::new(&rules)));
        let other = changes.redecode(stored, device, &set);
        for (judged, stored) in [(old, stored), (new, &other)] {
            let reading = stored.clone().into_judged();
            let source = Evidence::of(id, stream_sequence, &reading);
            judged.hear(state.stay().profile(), device.model(), &source, &reading);
        }
    });
    progress.finish_and_clear();
    read.map_err(unreadable)?;
    let mut alerts = (0, 0, 0);
    for (old, new) in patients.values() {
        let compared = compare(old.alerts(), new.alerts());
        alerts.0 += compared.added.len();
        alerts.1 += compared.removed.len();
        alerts.2 += compared.earlier.len() + compared.later.len();
    }
    changes.print(alerts, json);
    Ok(())
}

impl Changes {
    /// The reading as the other decoders make it.
    fn redecode(&mut self, stored: &StoredReading, device: &DeviceState, set: &DecoderSet) -> StoredReading {
        if stored.reading.payload.is_none() {
            return stored.clone();
        }
        self.payloads += 1;
        let mut bare = stored.reading.clone();
        bare.observations.clear();
        let received = Received::new(bare, device, set);
        match (&stored.decoding, &received.decoding) {
            (Decoding::Undecodable(_), Decoding::By(_)) => self.gained += 1,
            (Decoding::By(_), Decoding::Undecodable(_)) => self.lost += 1,
            _ if stored.reading.observations == received.reading.observations => self.same += 1,
            _ => {}
        }
        self.count(&stored.reading.observations, &received.reading.observations);
        StoredReading {
            reading: received.reading,
            rejections: received.rejections,
            decoding: received.decoding,
            ..stored.clone()
        }
    }

    fn count(&mut self, old: &[Observation], new: &[Observation]) {
        let differing = |some: &[Observation], others: &[Observation]| -> Vec<String> {
            let other = some.iter().filter(|one| !others.contains(one));
            other
                .map(|one| one.code.info().map_or_else(|| one.code.0.to_string(), |info| info.name.to_owned()))
                .collect()
        };
        let (mut names, more) = (differing(new, old), differing(old, new));
        names.extend(more);
        names.sort_unstable();
        names.dedup();
        for name in names {
            *self.values.entry(name).or_default() += 1;
        }
    }

    fn print(&self, (added, removed, moved): (usize, usize, usize), json: bool) {
        let Self { payloads, same, gained, lost, values } = self;
        if json {
            let value = json!({
                "payloads": payloads, "same": same, "gained": gained, "lost": lost, "values_changed": values,
                "alerts_added": added, "alerts_removed": removed, "alerts_moved": moved,
            });
            println!("{value}");
            return;
        }
        println!("{payloads} payloads: {same} the same, {gained} decoded only now, {lost} decoded only then");
        for (code, count) in values {
            println!("  {code}: {count} values would change");
        }
        println!("alerts: {added} more, {removed} fewer, {moved} at another time");
    }
}
