//! `vigil restore`: a data folder made of a backup.

use std::path::PathBuf;

use super::audit::{say_restore, witnessed};
use super::backup::failed;
use super::progress::bar;
use super::store::{DataArgs, code};
use super::{Failure, exit};
use crate::clinical::ids::PersonId;
use crate::clock::Clock;
use crate::storage::{Acceptance, RestoreError, Restored, Store, restore};

/// Makes a data folder of a backup, after the disk was lost. Verifies the backup first: chain, streams, seals, its own
/// signed mark, and what a witness saw. What was committed after the backup is lost: without --accept-loss this says what,
/// changes nothing and exits 1. With it, and the names of two people, the journal goes on under a new epoch, and its first
/// new record says what was lost and who accepted that. Devices are then asked for what they still have.
///
/// Exits 1 if the backup is damaged or the loss is not accepted, 65 if people or witness are not as they should be, 74 if
/// storage refuses.
///
/// Example: vigil restore --from /mnt/backup/journal --data-dir data --keys data-keys --witness witness.jsonl
/// --accept-loss --by ada --by lee --reason "disk of vigil-1 died"
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder of the backup.
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    #[command(flatten)]
    data: DataArgs,
    /// What a witness kept: says how much of the lost journal it saw.
    #[arg(long, value_name = "FILE")]
    witness: Option<PathBuf>,
    /// Restore, although what came after the backup is lost.
    #[arg(long, requires_all = ["by", "reason"])]
    accept_loss: bool,
    /// Who accepts the loss; twice, two people.
    #[arg(long, value_name = "PERSON")]
    by: Vec<String>,
    /// Why, without data of patients.
    #[arg(long)]
    reason: Option<String>,
    /// One JSON object instead of lines.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let accepted = if args.accept_loss { Some(acceptance(args)?) } else { None };
    let (from, to) = (args.data.beside(&args.from), args.data.options());
    let witness = match &args.witness {
        None => Vec::new(),
        Some(file) => {
            let store = Store::open_read_only(&from).map_err(|error| Failure::new(code(&error), error))?;
            witnessed(file, &store.keys())?
        }
    };
    let bar = bar("positions");
    let restored = restore(&from, &to, accepted.as_ref(), &witness, &Clock::system(), &mut |at, end| {
        bar.set_length(end);
        bar.set_position(at);
    });
    bar.finish_and_clear();
    let Restored { verified, declared } = restored.map_err(|error| refused(&error))?;
    if args.json {
        println!(
            "{}",
            serde_json::json!({
                "records": verified.records, "first_lost": declared.first_lost, "seen_until": declared.seen_until,
                "newest_us": declared.newest_at.micros(), "epoch": declared.epoch, "by": declared.by,
                "reason": declared.reason, "at_us": declared.at.micros(),
            })
        );
        return Ok(());
    }
    println!("{} records, verified; the newest was committed at {}", verified.records, declared.newest_at);
    say_restore(&declared);
    println!("next: `vigil serve`; devices that kept readings are asked to send them again");
    Ok(())
}

fn acceptance(args: &Args) -> Result<Acceptance, Failure> {
    let bad = |why: &dyn std::fmt::Display| Failure::new(exit::BAD_DATA, why);
    let people: Result<Vec<_>, _> = args.by.iter().map(|person| PersonId::new(person)).collect();
    let people = people.map_err(|error| bad(&format_args!("--by: {error}")))?;
    let two: Result<[PersonId; 2], _> = people.try_into();
    let accepted =
        two.ok().and_then(|[first, second]| Acceptance::new(first, second, args.reason.clone().unwrap_or_default()));
    accepted.ok_or_else(|| bad(&"two different people must accept the loss: --by ONE --by OTHER"))
}

fn refused(error: &RestoreError) -> Failure {
    match error {
        RestoreError::Backup(error) => failed(error),
        RestoreError::NoBackup { .. } | RestoreError::Undeclared { .. } => Failure::new(exit::STORAGE, error),
        RestoreError::Wrong { .. } | RestoreError::NotAccepted(_) => Failure::new(exit::NO, error),
    }
}
