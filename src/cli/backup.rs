//! `vigil backup`: a verified copy of the journal, also beside a running platform.

use std::path::PathBuf;

use super::progress::bar;
use super::store::{DataArgs, code};
use super::{Failure, exit};
use crate::clock::Clock;
use crate::storage::{BackupError, KeyCopyError, Store, back_up};

/// Copies the journal into a folder, also beside a running platform, and verifies the copy: chain, streams, seals,
/// checkpoints. The next backup into the same folder adds what is new. Exits 1 if the journal or the copy is damaged, 74
/// if storage refuses; the backup that was there before stays as good as it was.
///
/// The keys are not in it: without a copy of the key folder, kept elsewhere, nobody can read it. --keys-to makes one; it is
/// due again after each admission of a patient and each `vigil keys rotate` or `destroy`.
///
/// Example: vigil backup --data-dir data --to /mnt/backup/journal --keys-to /mnt/safe/keys
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    data: DataArgs,
    /// The folder of the backup: empty, or one that holds a backup of the same journal.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Copy the keys too, into a folder that is not in the backup and not beside it on the same disk.
    #[arg(long, value_name = "DIR")]
    keys_to: Option<PathBuf>,
    /// One JSON object instead of a line.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let from = args.data.options();
    if let Some(keys_to) = &args.keys_to {
        if keys_to.starts_with(&args.to) || args.to.starts_with(keys_to) {
            let message = "--keys-to lies in the backup, or the backup in it: keep keys apart from what they open";
            return Err(Failure::new(exit::BAD_DATA, message));
        }
        // Before the journal: a patient who is admitted meanwhile has a key in the copy, or nothing in the backup.
        let store = Store::open_read_only(&from).map_err(|error| Failure::new(code(&error), error))?;
        store.keys().copy_to(keys_to).map_err(|error| keys_failed(&error))?;
    }
    let bar = bar("positions");
    let made = back_up(&from, &args.data.beside(&args.to), Clock::system().now(), &mut |at, end| {
        bar.set_length(end);
        bar.set_position(at);
    });
    bar.finish_and_clear();
    let made = made.map_err(|error| failed(&error))?;
    let verified = &made.verified;
    if args.json {
        println!(
            "{}",
            serde_json::json!({
                "next_position": verified.next_position, "hash": hex::encode(verified.hash),
                "records": verified.records, "blocks": verified.blocks, "new_blocks": made.new_blocks,
                "opened": verified.opened, "without_key": verified.without_key, "erased": verified.erased,
            })
        );
    } else {
        println!(
            "{}: {} records in {} blocks ({} new), verified; it ends before position {} with {}",
            args.to.display(),
            verified.records,
            verified.blocks,
            made.new_blocks,
            verified.next_position,
            hex::encode(verified.hash)
        );
    }
    Ok(())
}

fn keys_failed(error: &KeyCopyError) -> Failure {
    Failure::new(exit::STORAGE, format_args!("the keys were not copied, and no backup was begun: {error}"))
}

/// Damage is a "no", all else is storage that refused.
pub(super) fn failed(error: &BackupError) -> Failure {
    let code = match error {
        BackupError::Open(error) => code(error),
        BackupError::Read { .. } | BackupError::Parted { .. } => exit::NO,
        BackupError::Write { .. } | BackupError::Foreign { .. } => exit::STORAGE,
    };
    Failure::new(code, error)
}
