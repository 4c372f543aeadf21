//! The index: a second redb file with snapshots and heads of streams. All of it can be rebuilt from the journal.

use std::collections::HashMap;

use redb::{ReadableTable as _, TableDefinition};

use super::block::Hash;
use super::db::{Db, DbOptions, Durable, Failure, guarded};
use super::disk::{Access, Disk};
use super::error::OpenError;
use super::recovery::Indexed;
use super::snapshots::{Snapshot, Summary};
use super::stream::{Committed, StreamName};

const FILE: &str = "index.redb";
const FORMAT: u32 = 2;
const CACHE_BYTES: usize = 32 << 20;

/// `format`, `journal` (its id) and `cover` (position and hash).
const META: TableDefinition<&str, &[u8]> = TableDefinition::new("meta");
/// Stream to sequence and position of its last record, for streams whose snapshot is older.
const HEADS: TableDefinition<&str, (u64, u64)> = TableDefinition::new("heads");
/// Stream to sequence, position and summary of its snapshot.
const SUMMARIES: TableDefinition<&str, (u64, u64, &[u8])> = TableDefinition::new("summaries");
/// Stream to sequence and sealed state of its snapshot.
const STATES: TableDefinition<&str, (u64, &[u8])> = TableDefinition::new("states");

/// What one write changes.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) snapshots: Vec<Snapshot>,
    pub(super) heads: Vec<(StreamName, Committed)>,
    pub(super) cover: Option<(u64, Hash)>,
}

impl Changes {
    pub(super) fn is_empty(&self) -> bool {
        self.snapshots.is_empty() && self.heads.is_empty() && self.cover.is_none()
    }
}

/// The open index.
pub(super) struct Index {
    db: Db,
}

impl Index {
    /// Opens the index of a journal. One that is damaged, of another format or of another journal is made anew: it
    /// only makes this recovery slower.
    pub(super) fn open(disk: &dyn Disk, journal_id: &[u8]) -> Result<Self, OpenError> {
        match open_checked(disk, Access::Create, journal_id) {
            Ok(Some(db)) => return Ok(Self { db }),
            Ok(None) => {}
            Err(failure) => tracing::warn!(cause = failure.cause(), "the index is unusable and made anew"),
        }
        let place = || format!("{}/{FILE}", disk.label());
        disk.remove(FILE).map_err(|error| OpenError::from_io(place(), &error))?;
        let db = Db::open(disk, FILE, options(Access::Create)).map_err(|failure| failure.into_open(place()))?;
        guarded(|| initialize(&db, journal_id)).map_err(|failure| failure.into_open(place()))?;
        Ok(Self { db })
    }

    /// Opens the index to read it; `None` where it is not usable, or a process holds it that writes it.
    pub(super) fn open_read_only(disk: &dyn Disk, journal_id: &[u8]) -> Option<Self> {
        open_checked(disk, Access::Read, journal_id).ok().flatten().map(|db| Self { db })
    }

    /// What recovery needs; an index that cannot be read says nothing.
    pub(super) fn indexed(&self) -> Indexed {
        guarded(|| self.read_indexed()).unwrap_or_else(|failure| {
            tracing::warn!(cause = failure.cause(), "the index cannot be read; recovery reads the whole journal");
            Indexed::default()
        })
    }

    fn read_indexed(&self) -> Result<Indexed, Failure> {
        let transaction = self.db.begin_read()?;
        let cover = transaction.open_table(META)?.get("cover")?.map(|value| value.value().to_vec());
        let Some((position, hash)) = cover.as_deref().and_then(|cover| cover.split_at_checked(8)) else {
            return Ok(Indexed::default());
        };
        let wrong = |_| Failure::Damaged("its cover is damaged".to_owned());
        let covered = u64::from_be_bytes(position.try_into().map_err(wrong)?);
        let mut indexed = Indexed { covered, covered_hash: hash.try_into().map_err(wrong)?, heads: HashMap::new() };
        for row in transaction.open_table(SUMMARIES)?.iter()? {
            let (stream, value) = row?;
            let (sequence, position, _) = value.value();
            indexed.heads.insert(name(stream.value())?, Committed { sequence, position });
        }
        for row in transaction.open_table(HEADS)?.iter()? {
            let (stream, value) = row?;
            let (sequence, position) = value.value();
            let head = indexed.heads.entry(name(stream.value())?).or_default();
            if head.sequence < sequence {
                *head = Committed { sequence, position };
            }
        }
        Ok(indexed)
    }

    /// Writes changes, all or none. They are durable with the next cover: a sync of their own would slow the journal's
    /// down, and what is lost of them only makes a recovery slower.
    pub(super) fn write(&self, changes: &Changes) -> Result<(), Failure> {
        let durable = if changes.cover.is_some() { Durable::Now } else { Durable::Later };
        guarded(|| {
            let transaction = self.db.begin_write_durable(durable)?;
            {
                let mut summaries = transaction.open_table(SUMMARIES)?;
                let mut states = transaction.open_table(STATES)?;
                for Snapshot { stream, sequence, position, summary, state } in &changes.snapshots {
                    summaries.insert(stream.as_str(), (*sequence, *position, &summary[..]))?;
                    states.insert(stream.as_str(), (*sequence, &state[..]))?;
                }
                let mut heads = transaction.open_table(HEADS)?;
                for (stream, head) in &changes.heads {
                    heads.insert(stream.as_str(), (head.sequence, head.position))?;
                }
                if let Some((position, hash)) = &changes.cover {
                    let cover = [&position.to_be_bytes()[..], hash].concat();
                    transaction.open_table(META)?.insert("cover", &cover[..])?;
                }
            }
            transaction.commit()?;
            Ok(())
        })
    }

    pub(super) fn snapshot(&self, stream: &StreamName) -> Result<Option<Snapshot>, Failure> {
        guarded(|| {
            let transaction = self.db.begin_read()?;
            let summaries = transaction.open_table(SUMMARIES)?;
            let states = transaction.open_table(STATES)?;
            let (Some(summary), Some(state)) = (summaries.get(stream.as_str())?, states.get(stream.as_str())?) else {
                return Ok(None);
            };
            let ((sequence, position, summary), (state_sequence, state)) = (summary.value(), state.value());
            if sequence != state_sequence {
                return Err(Failure::Damaged("a snapshot's parts do not fit each other".to_owned()));
            }
            let (summary, state) = (summary.to_vec().into(), state.to_vec().into());
            Ok(Some(Snapshot { stream: stream.clone(), sequence, position, summary, state }))
        })
    }

    pub(super) fn summaries(&self) -> Result<Vec<Summary>, Failure> {
        guarded(|| {
            let transaction = self.db.begin_read()?;
            let mut summaries = Vec::new();
            for row in transaction.open_table(SUMMARIES)?.iter()? {
                let (stream, value) = row?;
                let (sequence, position, summary) = value.value();
                let (stream, summary) = (name(stream.value())?, summary.to_vec().into());
                summaries.push(Summary { stream, sequence, position, summary });
            }
            Ok(summaries)
        })
    }

    pub(super) fn close(self) -> Result<(), Failure> {
        self.db.close()
    }
}

fn options(access: Access) -> DbOptions {
    DbOptions { access, cache_bytes: CACHE_BYTES, check: false, exclusive: true }
}

fn name(text: &str) -> Result<StreamName, Failure> {
    StreamName::parse(text).map_err(|error| Failure::Damaged(error.to_string()))
}

/// `None` where the file is new, of another format or of another journal.
fn open_checked(disk: &dyn Disk, access: Access, journal_id: &[u8]) -> Result<Option<Db>, Failure> {
    let db = Db::open(disk, FILE, options(access))?;
    let fits = guarded(|| {
        let transaction = db.begin_read()?;
        let meta = match transaction.open_table(META) {
            Ok(meta) => meta,
            Err(redb::TableError::TableDoesNotExist(_)) => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        let is = |row: &str, due: &[u8]| -> Result<bool, Failure> {
            Ok(meta.get(row)?.is_some_and(|value| value.value() == due))
        };
        Ok(is("format", &FORMAT.to_be_bytes())? && is("journal", journal_id)?)
    })?;
    if fits {
        return Ok(Some(db));
    }
    db.close()?;
    Ok(None)
}

fn initialize(db: &Db, journal_id: &[u8]) -> Result<(), Failure> {
    let transaction = db.begin_write()?;
    {
        let mut meta = transaction.open_table(META)?;
        meta.insert("format", &FORMAT.to_be_bytes()[..])?;
        meta.insert("journal", journal_id)?;
        transaction.open_table(HEADS)?;
        transaction.open_table(SUMMARIES)?;
        transaction.open_table(STATES)?;
    }
    transaction.commit()?;
    Ok(())
}
