//! `vigil replay verify`: re-derives every event from the journaled inputs and compares.

use super::progress::bar;
use super::store::{DataArgs, unreadable};
use super::{Failure, exit};
use crate::actors::ENGINE_VERSION;
use crate::audit::replay;

/// Re-derives what was decided.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Re-derives every event of every patient from the journaled inputs, and compares. Exits 1 and names the first
    /// difference.
    ///
    /// Example: vigil replay verify --data-dir data
    Verify {
        #[command(flatten)]
        data: DataArgs,
        /// One JSON object instead of a line.
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let Verb::Verify { data, json } = &args.verb;
    let store = data.open()?;
    let bar = bar("records");
    bar.set_length(store.reader().next_position());
    let mut progress = |position| bar.set_position(position);
    let outcome = replay(&store.reader(), &store.keys(), ENGINE_VERSION, &mut progress);
    bar.finish_and_clear();
    let (sum, difference) = outcome.map_err(unreadable)?;
    if *json {
        println!("{}", serde_json::json!({ "replayed": sum, "same": difference.is_none() }));
    } else {
        println!(
            "replayed {} inputs and {} items of {} patients and {} devices and units: {} events; {} patients erased, {} \
             decided by other versions",
            sum.inputs,
            sum.items,
            sum.patients,
            sum.subjects,
            sum.events,
            sum.patients_erased,
            sum.patients_of_other_versions + sum.subjects_of_other_versions
        );
    }
    match difference {
        None => Ok(()),
        // What differs is named, not shown: it is about a patient.
        Some(found) => Err(Failure::new(
            exit::NO,
            format_args!(
                "{} record {} (position {}): {} events are stored, the inputs give {} others; keep the data folder and \
                 report this",
                found.stream,
                found.sequence,
                found.position,
                found.stored.count(),
                found.derived.count()
            ),
        )),
    }
}
