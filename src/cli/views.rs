//! `vigil views`: what is derived from the journal for looking at it.

use super::progress::bar;
use super::store::DataArgs;
use super::{Failure, exit};
use crate::views::rebuild;

/// Keeps the views: newest values and trends, derived from the journal.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Makes them anew from the journal, and puts them in the place of the old ones once they are whole. A platform that
    /// runs holds the old ones: stop it first.
    ///
    /// Example: vigil views rebuild --data-dir data
    Rebuild {
        #[command(flatten)]
        data: DataArgs,
        /// One JSON object instead of a line.
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let Verb::Rebuild { data, json } = &args.verb;
    let store = data.open()?;
    let bar = bar("records");
    bar.set_length(store.reader().next_position());
    let mut progress = |position| bar.set_position(position);
    let outcome = rebuild(data.data_dir(), &store.reader(), &store.keys(), &mut progress);
    bar.finish_and_clear();
    let position = outcome.map_err(|error| Failure::new(exit::STORAGE, error))?;
    if *json {
        println!("{}", serde_json::json!({ "position": position }));
    } else {
        println!("the views hold everything before position {position}");
    }
    Ok(())
}
