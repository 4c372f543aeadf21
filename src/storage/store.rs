//! The composition of storage: open, recover, write, read, close.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread::JoinHandle;

use aws_lc_rs::rand;

use super::block::FORMAT;
use super::block_cache::BlockCache;
use super::disk::{Access, Disk};
use super::error::{AppendError, OpenError, ReadError, Stopped};
use super::files::journal_exists;
use super::folder_marks;
use super::index::Index;
use super::journal::{Journal, JournalHead};
use super::key_store::KeyStore;
use super::keys::Keys;
use super::lock::FolderLock;
use super::options::{Backend, StoreOptions};
use super::reader::Reader;
use super::record::Incarnation;
use super::recovery::recover;
use super::redb_journal::RedbJournal;
use super::snapshots::{self, Snapshots};
use super::streams::Streams;
use super::writer::{self, Writer, WriterOptions};
use crate::clock::Clock;
use crate::proto::Genesis;

/// How many bytes of decoded blocks are kept after the opening, until the first activations have passed: they walk the
/// streams since the last sweep, whose records lie scattered over all of its blocks. A block that does not fit is read and
/// hashed anew for each of them.
const RECOVERY_CACHE_BYTES: usize = 1 << 30;

/// An open store. Dropping it closes it.
pub struct Store {
    writer: Writer,
    reader: Reader,
    keys: Keys,
    snapshots: Snapshots,
    incarnation: Incarnation,
    threads: Option<(JoinHandle<()>, JoinHandle<()>)>,
    lock: Option<FolderLock>,
}

impl Store {
    /// Opens the store, or makes a new one, and recovers what is durable. `clock` is moved so that it is not before
    /// the newest commit. Blocks.
    ///
    /// # Errors
    /// [`OpenError`]
    #[allow(clippy::needless_pass_by_value)]
    pub fn open(options: StoreOptions, clock: Clock) -> Result<Self, OpenError> {
        folder_marks::refuse_marked(&*options.data_disk(Access::Create)?)?;
        Self::open_marked(&options, clock)
    }

    /// As [`Self::open`], also where a restore is not finished yet: for the restore itself.
    pub(super) fn open_marked(options: &StoreOptions, clock: Clock) -> Result<Self, OpenError> {
        let disk = options.data_disk(Access::Create)?;
        let lock = match options.backend {
            Backend::Files => Some(FolderLock::take(&options.data_dir)?),
            Backend::Disks { .. } => None,
        };
        let (keys, journal) = open_journal(options, &disk, Access::Create)?;
        let label = disk.label();
        let journal_id = journal.genesis().map(|genesis| genesis.journal_id).unwrap_or_default();
        let journal: Arc<dyn Journal> = Arc::new(journal);
        let epoch = journal.claim().map_err(|error| from_append(&label, &error))?;
        let head = journal.head().map_err(|error| from_read(&label, &error))?;
        let index = Index::open(&*disk, &journal_id)?;
        let committed_position = Arc::new(AtomicU64::new(head.next_position));
        let reader = open_reader(&journal, &committed_position, &journal_id);
        let indexed = index.indexed();
        tracing::info!(positions = head.next_position, covered = indexed.covered, "reading the journal from there");
        let newest_at = recover(&reader, indexed).map_err(|error| from_read(&label, &error))?;
        tracing::info!(positions = head.next_position, "read the journal to its end");
        clock.raise_to(newest_at);
        let incarnation = random_bytes();
        let options = WriterOptions {
            journal,
            shard: options.shard,
            epoch,
            head,
            incarnation,
            clock,
            committed_position,
            metrics: Arc::clone(&options.metrics),
        };
        let thread_fails = |error: std::io::Error| OpenError::from_io(&label, &error);
        let (writer, writer_thread) = writer::start(options).map_err(thread_fails)?;
        let (snapshots, snapshots_thread) = snapshots::start(reader.clone(), index).map_err(thread_fails)?;
        let threads = Some((writer_thread, snapshots_thread));
        Ok(Self { writer, reader, keys, snapshots, incarnation, threads, lock })
    }

    /// Opens a store only to read it, also beside a process that writes it: what was committed until now is seen.
    /// Reads the whole journal's headers where the index is not usable, as beside a process that writes it. Blocks.
    ///
    /// # Errors
    /// [`OpenError`]
    pub fn open_read_only(options: &StoreOptions) -> Result<ReadOnlyStore, OpenError> {
        let disk = options.data_disk(Access::Read)?;
        let (keys, journal) = match open_journal(options, &disk, Access::Read) {
            Err(OpenError::Unclosed { place }) => {
                repair(options, &disk).map_err(|_| OpenError::Unclosed { place })?;
                open_journal(options, &disk, Access::Read)?
            }
            opened => opened?,
        };
        let label = disk.label();
        let (genesis, epoch) = (journal.genesis().unwrap_or_default(), journal.epoch());
        let journal_id = genesis.journal_id.clone();
        let journal: Arc<dyn Journal> = Arc::new(journal);
        // The index first: what it says is then committed in what the journal says.
        let indexed = Index::open_read_only(&*disk, &journal_id).map(|index| index.indexed()).unwrap_or_default();
        let head = journal.head().map_err(|error| from_read(&label, &error))?;
        let reader = open_reader(&journal, &Arc::new(AtomicU64::new(head.next_position)), &journal_id);
        recover(&reader, indexed).map_err(|error| from_read(&label, &error))?;
        reader.forget_recovery_cache();
        Ok(ReadOnlyStore { reader, keys, genesis, head, epoch })
    }

    /// The way to append.
    #[must_use]
    pub fn writer(&self) -> Writer {
        self.writer.clone()
    }

    /// The way to read.
    #[must_use]
    pub fn reader(&self) -> Reader {
        self.reader.clone()
    }

    /// The heads of all streams.
    #[must_use]
    pub fn streams(&self) -> Arc<Streams> {
        Arc::clone(&self.reader.streams)
    }

    /// The 16 random bytes of this opening.
    #[must_use]
    pub fn incarnation(&self) -> Incarnation {
        self.incarnation
    }

    /// All keys.
    #[must_use]
    pub fn keys(&self) -> Keys {
        self.keys.clone()
    }

    /// Snapshots of streams.
    #[must_use]
    pub fn snapshots(&self) -> Snapshots {
        self.snapshots.clone()
    }

    /// Resolves when the writer has stopped, with the reason: nothing more is committed until the store is closed and
    /// opened anew.
    pub fn stopped(&self) -> impl Future<Output = Stopped> + Send + 'static {
        self.writer.stopped()
    }

    /// Commits what was appended, writes what waits for the index, ends all threads and releases all files. Blocks.
    /// Handles that are still about are refused from then on.
    pub fn close(mut self) {
        self.shut();
    }

    fn shut(&mut self) {
        let Some((writer_thread, snapshots_thread)) = self.threads.take() else { return };
        self.writer.close();
        if writer_thread.join().is_err() {
            tracing::error!("the writer's thread panicked outside of its guard");
        }
        self.snapshots.close(snapshots_thread);
        self.reader.journal.close();
        self.keys.close();
        self.lock.take();
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.shut();
    }
}

/// A store that was opened only to read it.
pub struct ReadOnlyStore {
    reader: Reader,
    keys: Keys,
    /// Of the file that was appended to at the opening.
    pub(super) genesis: Genesis,
    /// Where the journal ended at the opening.
    pub(super) head: JournalHead,
    pub(super) epoch: u64,
}

impl ReadOnlyStore {
    /// The way to read what was committed at the opening.
    #[must_use]
    pub fn reader(&self) -> Reader {
        self.reader.clone()
    }

    /// The heads of all streams, as at the opening.
    #[must_use]
    pub fn streams(&self) -> Arc<Streams> {
        Arc::clone(&self.reader.streams)
    }

    /// All keys; none can be made.
    #[must_use]
    pub fn keys(&self) -> Keys {
        self.keys.clone()
    }
}

/// Opens keys and journal, and sees that they fit each other. Keys are durable before a journal that needs them.
fn open_journal(
    options: &StoreOptions,
    disk: &Arc<dyn Disk>,
    access: Access,
) -> Result<(Keys, RedbJournal), OpenError> {
    let exists = journal_exists(&**disk)?;
    let keys_access = match access {
        Access::Create if exists => Access::Write,
        access => access,
    };
    if !exists && access != Access::Create {
        return Err(OpenError::Absent { folder: disk.label() });
    }
    let keys = options.keys_disk(keys_access).and_then(|disk| KeyStore::open(disk, keys_access));
    let keys = keys.map(Keys::new).map_err(|error| match error {
        OpenError::Damaged { place, what } if exists => options.wrong_keys(format!("{place}: {what}")),
        OpenError::Absent { folder } if exists => options.wrong_keys(format!("{folder} does not exist")),
        error => error,
    })?;
    let journal_id = random_bytes();
    let first = Genesis {
        format: FORMAT,
        shard: options.shard,
        journal_id: journal_id.to_vec(),
        file_number: 1,
        first_position: 0,
        previous_hash: vec![0; 32],
        key_check: keys.check_value(&journal_id),
    };
    let journal = RedbJournal::open(Arc::clone(disk), access, &first, options.file_bytes_max)?;
    let genesis = journal.genesis().unwrap_or_default();
    if genesis.key_check != keys.check_value(&genesis.journal_id) {
        return Err(options.wrong_keys("the journal was written under another site key"));
    }
    if genesis.shard != options.shard {
        let what = format!("it is of shard {}, but shard {} was asked for", genesis.shard, options.shard);
        return Err(OpenError::Damaged { place: disk.label(), what });
    }
    Ok((keys, journal))
}

/// Repairs what a process left that ended without closing: takes the lock, opens for writing, closes.
fn repair(options: &StoreOptions, disk: &Arc<dyn Disk>) -> Result<(), OpenError> {
    let _lock = match options.backend {
        Backend::Files => Some(FolderLock::take(&options.data_dir)?),
        Backend::Disks { .. } => None,
    };
    let (keys, journal) = open_journal(options, disk, Access::Write)?;
    journal.close();
    keys.close();
    Ok(())
}

fn open_reader(journal: &Arc<dyn Journal>, committed_position: &Arc<AtomicU64>, journal_id: &[u8]) -> Reader {
    Reader {
        journal: Arc::clone(journal),
        cache: Arc::new(BlockCache::new(RECOVERY_CACHE_BYTES)),
        streams: Arc::default(),
        committed_position: Arc::clone(committed_position),
        journal_id: journal_id.try_into().unwrap_or_default(),
    }
}

fn random_bytes() -> [u8; 16] {
    let mut bytes = [0; 16];
    rand::fill(&mut bytes).expect("the system's source of randomness is seeded before any process of ours runs");
    bytes
}

fn from_append(place: &str, error: &AppendError) -> OpenError {
    match error {
        AppendError::Full => OpenError::Full { place: place.to_owned() },
        error => OpenError::Io { place: place.to_owned(), cause: error.to_string() },
    }
}

fn from_read(place: &str, error: &ReadError) -> OpenError {
    match error {
        ReadError::Damaged { position, what } => {
            OpenError::Damaged { place: format!("{place}, position {position}"), what: what.clone() }
        }
        error => OpenError::Io { place: place.to_owned(), cause: error.to_string() },
    }
}
