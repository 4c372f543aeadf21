//! A journal made of a backup. What the backup does not have is lost: two people accept that, and the journal says so
//! itself, under a new epoch, before anything else is written to it.

use std::sync::Arc;

use smallvec::smallvec;

use super::append::{Append, SealedRecord, Wakes};
use super::backup::{BackupError, copy, expect_empty, lock, verify_copy, verify_store};
use super::checkpoint::{Checkpoint, SignedCheckpoint};
use super::codec::encode_restore;
use super::disk::{Access, Disk};
use super::error::{OpenError, StopReason};
use super::folder_marks::{self, BackupMark};
use super::journal::JournalHead;
use super::options::StoreOptions;
use super::seal::Sealer;
use super::store::{ReadOnlyStore, Store};
use super::stream::StreamName;
use super::verify::Verified;
use crate::clinical::ids::PersonId;
use crate::clock::Clock;
use crate::proto::RecordKind;
use crate::time::Timestamp;

/// So many epochs the lost journal may have claimed since its backup, one at each opening.
const EPOCHS_LEFT_OUT: u64 = 1 << 20;

/// What a restore loses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// The first position that the backup does not have.
    pub first_lost: u64,
    /// The position up to which a witness saw the lost journal.
    pub seen_until: Option<u64>,
    /// Receipt time of the newest commit in the backup.
    pub newest_at: Timestamp,
}

/// Who accepts a loss, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acceptance {
    by: [PersonId; 2],
    reason: String,
}

impl Acceptance {
    /// By two people. `None` where they are one person.
    #[must_use]
    pub fn new(first: PersonId, second: PersonId, reason: String) -> Option<Self> {
        (first != second).then_some(Self { by: [first, second], reason })
    }
}

/// A restore as the journal declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredRestore {
    /// The first position that the backup did not have: that of the declaration.
    pub first_lost: u64,
    /// The position up to which a witness saw the lost journal.
    pub seen_until: Option<u64>,
    /// Receipt time of the newest commit in the backup.
    pub newest_at: Timestamp,
    /// No writer of the lost journal had this epoch or a later one.
    pub epoch: u64,
    /// Who accepts the loss.
    pub by: [PersonId; 2],
    /// Why.
    pub reason: String,
    /// When it was declared.
    pub at: Timestamp,
}

/// Why nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// Something is wrong with the backup, the keys or the new folder.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// The folder holds no backup that came to its end.
    #[error("{folder} holds no finished backup; nothing was restored")]
    NoBackup {
        /// The folder.
        folder: String,
    },
    /// The backup is not what its mark or the witness says.
    #[error("{folder} is no backup of this site: {what}; nothing was restored")]
    Wrong {
        /// The folder.
        folder: String,
        /// What is wrong.
        what: String,
    },
    /// The backup is whole, but nobody has accepted what it lacks.
    #[error(
        "the backup is whole, until position {} (commit of {}); what came after it is lost{}: nothing was restored; \
         two people must say --accept-loss",
        .0.first_lost, .0.newest_at,
        .0.seen_until.map_or_else(String::new, |until| format!(", positions {} to {until} at least", .0.first_lost))
    )]
    NotAccepted(Loss),
    /// The loss could not be declared.
    #[error("{folder}: the declaration of the restore fails: {cause}; run it again, which begins anew")]
    Undeclared {
        /// The new data folder.
        folder: String,
        /// Why.
        cause: String,
    },
}

impl From<OpenError> for RestoreError {
    fn from(error: OpenError) -> Self {
        Self::Backup(error.into())
    }
}

/// A restored journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// What the backup held.
    pub verified: Verified,
    /// As it stands in the journal.
    pub declared: DeclaredRestore,
}

/// Makes a journal in the empty folder of `to` from the backup in the folder of `from`. The backup is verified first, up
/// to its end, against its own mark and what a `witness` saw; then copied, the copy verified, the loss declared. A folder
/// in which this did not come to its end opens for nobody but the next restore, which begins anew. Blocks.
///
/// # Errors
/// [`RestoreError`]; the backup is never changed.
pub fn restore(
    from: &StoreOptions,
    to: &StoreOptions,
    accepted: Option<&Acceptance>,
    witness: &[SignedCheckpoint],
    clock: &Clock,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Restored, RestoreError> {
    let mark = read_mark(&*from.data_disk(Access::Read)?)?;
    let source = Store::open_read_only(from)?;
    let (verified, seen_until) = verify_source(from, &source, &mark, witness, progress)?;
    let newest_at = newest_at(&source);
    let loss = Loss { first_lost: verified.next_position, seen_until, newest_at };
    let accepted = accepted.ok_or_else(|| RestoreError::NotAccepted(loss.clone()))?;
    let disk = to.data_disk(Access::Create)?;
    let epoch = source.epoch + EPOCHS_LEFT_OUT;
    {
        let _lock = lock(to)?;
        if folder_marks::is_unfinished(&*disk)? {
            remove_all(&*disk)?;
        } else {
            expect_empty(&*disk)?;
        }
        folder_marks::begin_restore(&*disk)?;
        copy(&source, to, &disk, epoch, progress)?;
        verify_copy(to, &source.head, &[], progress)?;
    }
    let declared = declare(to, &source.head, &loss, epoch, accepted, clock)?;
    folder_marks::end_restore(&*disk)?;
    Ok(Restored { verified, declared })
}

fn read_mark(disk: &dyn Disk) -> Result<SignedCheckpoint, RestoreError> {
    match folder_marks::read_backup(disk)? {
        BackupMark::Until(mark) => Ok(*mark),
        BackupMark::Absent | BackupMark::Begun => Err(RestoreError::NoBackup { folder: disk.label() }),
    }
}

/// Verifies the backup; says also up to where a witness saw more than it holds.
fn verify_source(
    from: &StoreOptions,
    source: &ReadOnlyStore,
    mark: &SignedCheckpoint,
    witness: &[SignedCheckpoint],
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(Verified, Option<u64>), RestoreError> {
    let folder = || from.data_dir.display().to_string();
    if !mark.is_signed_by(&source.keys().checkpoint().public_key()) {
        let what = "backup.json was not signed with this site's key, or was changed".to_owned();
        return Err(RestoreError::Wrong { folder: folder(), what });
    }
    let end = source.head.next_position;
    let mut held: Vec<_> = witness.iter().filter(|seen| seen.checkpoint.next_position <= end).cloned().collect();
    held.push(mark.clone());
    held.sort_by_key(|signed| signed.checkpoint.next_position);
    // A backup without a record says nothing that could be compared.
    held.retain(|signed| signed.checkpoint.next_position > 0);
    let verified = verify_store(source, &held, progress);
    let verified = verified.map_err(|error| BackupError::Read { folder: folder(), error })?;
    let seen_until = witness.iter().map(|seen| seen.checkpoint.next_position).max().filter(|until| *until > end);
    Ok((verified, seen_until))
}

fn newest_at(source: &ReadOnlyStore) -> Timestamp {
    let last = source.head.next_position.checked_sub(1);
    let mut newest = Timestamp::MIN;
    if let Some(last) = last {
        // It was verified a moment ago: an error here leaves the time unsaid, and nothing else.
        let _ = source.reader().scan(last, &mut |view| {
            newest = view.at;
            std::ops::ControlFlow::Continue(())
        });
    }
    newest
}

/// Takes away what a restore left that did not come to its end; its mark stays until the new one does.
fn remove_all(disk: &dyn Disk) -> Result<(), RestoreError> {
    let fails = |error| OpenError::from_io(disk.label(), &error);
    for name in disk.names().map_err(fails)? {
        if name.starts_with("journal-") || name.starts_with("index.redb") || name == "head.mark" {
            disk.remove(&name).map_err(fails)?;
        }
    }
    Ok(())
}

/// Writes the loss into the journal, as its first record after what the backup held.
fn declare(
    to: &StoreOptions,
    head: &JournalHead,
    loss: &Loss,
    epoch: u64,
    accepted: &Acceptance,
    clock: &Clock,
) -> Result<DeclaredRestore, RestoreError> {
    let store = Store::open_marked(to, clock.clone())?;
    let at = clock.now();
    let declared = DeclaredRestore {
        first_lost: loss.first_lost,
        seen_until: loss.seen_until,
        newest_at: loss.newest_at,
        epoch,
        by: accepted.by.clone(),
        reason: accepted.reason.clone(),
        at,
    };
    let journal_id = store.reader().journal_id();
    let checkpoint = Checkpoint { journal_id, next_position: head.next_position, hash: head.hash, at };
    let signed = store.keys().checkpoint().sign(checkpoint);
    let (stream, kind) = (StreamName::checkpoints(), RecordKind::Checkpoint);
    let stream_head = store.streams().head(&stream);
    let sequence = stream_head.committed().sequence + 1;
    let sealer = Sealer::new(&store.keys().audit(), &store.incarnation(), &stream);
    let sealed = sealer.seal(sequence, kind, &encode_restore(&signed, &declared));
    let (reply, durable) = crossbeam_channel::bounded(1);
    store.writer().append(Append {
        stream,
        head: Arc::clone(&stream_head),
        records: smallvec![SealedRecord { sequence, kind, sealed, body: bytes::Bytes::new() }],
        // The receiver waits below.
        on_commit: Some(Box::new(move |_: u64, _: Timestamp, _: &mut Wakes| {
            let _ = reply.send(());
        })),
    });
    // Dropped uncalled where the commit failed.
    let outcome = durable.recv();
    let stopped = store.writer().has_stopped();
    store.close();
    outcome.map(|()| declared).map_err(|_| RestoreError::Undeclared {
        folder: to.data_dir.display().to_string(),
        cause: stopped.map_or_else(|| StopReason::Closed.to_string(), |stopped| stopped.to_string()),
    })
}
