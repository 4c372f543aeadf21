//! The file: one table of segments, one of bins, the newest values, the devices. Values of patients are sealed.

use std::path::{Path, PathBuf};

use redb::backends::InMemoryBackend;
use redb::{
    Database, DatabaseError, Durability, ReadableDatabase as _, ReadableTable as _, Table, TableDefinition,
    WriteTransaction,
};

use super::error::ViewError;
use crate::clinical::ids::{DeviceId, PatientId};
use crate::storage::{DataKey, StreamName, open_state, seal_state};

const FORMAT: u64 = 1;
const CACHE_BYTES: usize = 64 << 20;

/// `format` and `position`: everything before it is folded in.
const META: TableDefinition<&str, u64> = TableDefinition::new("meta");
/// `journal`: the id of the journal.
const ORIGIN: TableDefinition<&str, &[u8]> = TableDefinition::new("origin");
/// Patient, hour and position of the last record in it, to rows.
const ROWS: TableDefinition<(&str, i64, u64), &[u8]> = TableDefinition::new("rows");
/// Patient and hour whose rows are not compacted, or have come since.
const OPEN: TableDefinition<(&str, i64), ()> = TableDefinition::new("open");
/// Patient, level and stretch, to the bins of each code.
const BINS: TableDefinition<(&str, u8, i64), &[u8]> = TableDefinition::new("bins");
/// Patient to the newest values.
const LATEST: TableDefinition<&str, &[u8]> = TableDefinition::new("latest");
/// Device to what is known of it.
const DEVICES: TableDefinition<&str, &[u8]> = TableDefinition::new("devices");

/// Where a row of the file stands; sealed with it, so that none can be put in the place of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Rows of an hour, up to a position.
    Rows(i64, u64),
    /// Bins of a level and a stretch.
    Bins(u8, i64),
    /// The newest values.
    Latest,
}

impl Place {
    fn bytes(self) -> [u8; 17] {
        let (kind, first, second) = match self {
            Self::Rows(hour, position) => (1, hour.to_be_bytes(), position.to_be_bytes()),
            Self::Bins(level, at) => (2, at.to_be_bytes(), u64::from(level).to_be_bytes()),
            Self::Latest => (3, [0; 8], [0; 8]),
        };
        let mut bytes = [0; 17];
        bytes[0] = kind;
        bytes[1..9].copy_from_slice(&first);
        bytes[9..].copy_from_slice(&second);
        bytes
    }
}

/// Seals something of a patient for its place.
pub(super) fn seal(key: &DataKey, patient: &PatientId, place: Place, plain: &[u8]) -> Vec<u8> {
    let whole = [&place.bytes()[..], plain].concat();
    seal_state(key, &StreamName::patient(patient), 0, &whole).to_vec()
}

/// Opens what [`seal`] sealed for the same place.
pub(super) fn open(key: &DataKey, patient: &PatientId, place: Place, sealed: &[u8]) -> Result<Vec<u8>, ViewError> {
    let whole = open_state(key, &StreamName::patient(patient), 0, sealed).map_err(|_| ViewError::Damaged)?;
    whole.strip_prefix(&place.bytes()[..]).map(<[u8]>::to_vec).ok_or(ViewError::Damaged)
}

/// The open file.
pub(super) struct Db {
    database: Database,
    path: PathBuf,
}

impl Db {
    /// Opens the views of a journal; those of another journal or another format are made anew.
    pub fn open(path: &Path, journal: &[u8; 16]) -> Result<Self, ViewError> {
        match Self::open_checked(path, journal) {
            Err(ViewError::Held { place }) => return Err(ViewError::Held { place }),
            Err(error) => tracing::warn!(%error, "the views are made anew"),
            opened => return opened,
        }
        let failed = |error: std::io::Error| file("make", path, &error);
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed(error)),
            _ => Self::open_checked(path, journal),
        }
    }

    /// A file that is none.
    pub fn in_memory() -> Self {
        let database = Database::builder().create_with_backend(InMemoryBackend::new());
        let database = database.expect("memory cannot fail to be opened");
        let db = Self { database, path: PathBuf::from("memory") };
        db.make_tables(&[0; 16]).and_then(|made| made).expect("memory cannot fail to be written");
        db
    }

    fn open_checked(path: &Path, journal: &[u8; 16]) -> Result<Self, ViewError> {
        // redb may panic on a damaged file.
        let opened = std::panic::catch_unwind(|| Database::builder().set_cache_size(CACHE_BYTES).create(path));
        let database = opened.map_err(|_| ViewError::Damaged)?.map_err(|error| match error {
            DatabaseError::DatabaseAlreadyOpen => ViewError::Held { place: path.display().to_string() },
            error => file("open", path, &error),
        })?;
        let db = Self { database, path: path.to_owned() };
        db.make_tables(journal)??;
        Ok(db)
    }

    /// Makes what is not there; an error inside: the file is of another format or of another journal.
    fn make_tables(&self, journal: &[u8; 16]) -> Result<Result<(), ViewError>, ViewError> {
        self.write(|transaction| {
            let mut meta = transaction.open_table(META)?;
            let mut origin = transaction.open_table(ORIGIN)?;
            let format = meta.get("format")?.map(|format| format.value());
            let ours = origin.get("journal")?.is_none_or(|id| id.value() == journal);
            if format.is_some_and(|format| format != FORMAT) || !ours {
                return Ok(Err(ViewError::Damaged));
            }
            meta.insert("format", FORMAT)?;
            origin.insert("journal", &journal[..])?;
            transaction.open_table(ROWS)?;
            transaction.open_table(OPEN)?;
            transaction.open_table(BINS)?;
            transaction.open_table(LATEST)?;
            transaction.open_table(DEVICES)?;
            Ok(Ok(()))
        })
    }

    /// Everything before this position is folded in.
    pub fn position(&self) -> Result<u64, ViewError> {
        self.read(|file| Ok(file.transaction.open_table(META)?.get("position")?.map_or(0, |at| at.value())))
    }

    /// Reads one consistent picture.
    pub fn read<T>(&self, read: impl FnOnce(&Picture) -> Result<T, redb::Error>) -> Result<T, ViewError> {
        let failed = |error: redb::Error| file("read", &self.path, &error);
        let transaction = self.database.begin_read().map_err(|error| failed(error.into()))?;
        read(&Picture { transaction }).map_err(failed)
    }

    /// Begins a change; nothing of it is there before it is committed.
    pub fn change(&self) -> Result<Change, ViewError> {
        let failed = |error: redb::Error| file("write", &self.path, &error);
        let transaction = self.database.begin_write().map_err(|error| failed(error.into()))?;
        Ok(Change { transaction, path: self.path.clone() })
    }

    /// Makes everything that was committed durable.
    pub fn sync(&self) -> Result<(), ViewError> {
        self.write(|_| Ok(()))
    }

    fn write<T>(&self, write: impl FnOnce(&WriteTransaction) -> Result<T, redb::Error>) -> Result<T, ViewError> {
        let failed = |error: redb::Error| file("write", &self.path, &error);
        let transaction = self.database.begin_write().map_err(|error| failed(error.into()))?;
        let written = write(&transaction).map_err(failed)?;
        transaction.commit().map_err(|error| failed(error.into()))?;
        Ok(written)
    }
}

fn file(verb: &'static str, place: &Path, cause: &dyn std::fmt::Display) -> ViewError {
    ViewError::File { verb, place: place.display().to_string(), cause: cause.to_string() }
}

/// One consistent picture of the file.
pub(super) struct Picture {
    transaction: redb::ReadTransaction,
}

impl Picture {
    /// All rows of an hour, still sealed, with their place.
    pub fn rows(&self, patient: &PatientId, hour: i64) -> Result<Vec<(u64, Vec<u8>)>, redb::Error> {
        let table = self.transaction.open_table(ROWS)?;
        let id = patient.as_str();
        let range = table.range((id, hour, 0)..=(id, hour, u64::MAX))?;
        range.map(|row| row.map(|(key, value)| (key.value().2, value.value().to_vec())).map_err(Into::into)).collect()
    }

    /// The hours of a patient in this range whose bins do not hold all of their rows.
    pub fn open_hours(&self, patient: &PatientId, from: i64, through: i64) -> Result<Vec<i64>, redb::Error> {
        let table = self.transaction.open_table(OPEN)?;
        let id = patient.as_str();
        let range = table.range((id, from)..=(id, through))?;
        range.map(|row| row.map(|(key, _)| key.value().1).map_err(Into::into)).collect()
    }

    /// Bins of a level in a range of stretches, still sealed.
    pub fn bins(
        &self,
        patient: &PatientId,
        level: u8,
        from: i64,
        through: i64,
    ) -> Result<Vec<(i64, Vec<u8>)>, redb::Error> {
        let table = self.transaction.open_table(BINS)?;
        let id = patient.as_str();
        let range = table.range((id, level, from)..=(id, level, through))?;
        range.map(|row| row.map(|(key, value)| (key.value().2, value.value().to_vec())).map_err(Into::into)).collect()
    }

    /// The newest values of a patient, still sealed.
    pub fn latest(&self, patient: &PatientId) -> Result<Option<Vec<u8>>, redb::Error> {
        Ok(self.transaction.open_table(LATEST)?.get(patient.as_str())?.map(|value| value.value().to_vec()))
    }

    /// What is known of a device.
    pub fn device(&self, device: &DeviceId) -> Result<Option<Vec<u8>>, redb::Error> {
        Ok(self.transaction.open_table(DEVICES)?.get(device.as_str())?.map(|value| value.value().to_vec()))
    }

    /// Hours of any patient that ended before `hour` and are not compacted; at most `limit`.
    pub fn to_compact(&self, hour: i64, limit: usize) -> Result<Vec<(String, i64)>, redb::Error> {
        let mut found = Vec::new();
        for row in self.transaction.open_table(OPEN)?.iter()? {
            let (key, _) = row?;
            let (patient, of) = key.value();
            if of < hour {
                found.push((patient.to_owned(), of));
            }
            if found.len() >= limit {
                break;
            }
        }
        Ok(found)
    }
}

/// A change that is not committed yet.
pub(super) struct Change {
    transaction: WriteTransaction,
    path: PathBuf,
}

impl Change {
    fn on<K: redb::Key + 'static, V: redb::Value + 'static>(
        &self,
        table: TableDefinition<'_, K, V>,
        change: impl FnOnce(&mut Table<'_, K, V>) -> Result<(), redb::StorageError>,
    ) -> Result<(), ViewError> {
        let failed = |error: redb::Error| file("write", &self.path, &error);
        let mut table = self.transaction.open_table(table).map_err(|error| failed(error.into()))?;
        change(&mut table).map_err(|error| failed(error.into()))
    }

    pub fn add_rows(&self, patient: &PatientId, hour: i64, position: u64, sealed: &[u8]) -> Result<(), ViewError> {
        self.on(ROWS, |table| table.insert((patient.as_str(), hour, position), sealed).map(drop))?;
        self.on(OPEN, |table| table.insert((patient.as_str(), hour), ()).map(drop))
    }

    /// Puts all rows of an hour in the place of its segments: it is compacted.
    pub fn compact(&self, patient: &PatientId, hour: i64, position: u64, sealed: &[u8]) -> Result<(), ViewError> {
        let id = patient.as_str();
        self.on(ROWS, |table| {
            table.retain_in((id, hour, 0)..=(id, hour, u64::MAX), |_, _| false)?;
            table.insert((id, hour, position), sealed).map(drop)
        })?;
        self.on(OPEN, |table| table.remove((id, hour)).map(drop))
    }

    pub fn put_bins(&self, patient: &PatientId, level: u8, at: i64, sealed: &[u8]) -> Result<(), ViewError> {
        self.on(BINS, |table| table.insert((patient.as_str(), level, at), sealed).map(drop))
    }

    pub fn put_latest(&self, patient: &PatientId, sealed: &[u8]) -> Result<(), ViewError> {
        self.on(LATEST, |table| table.insert(patient.as_str(), sealed).map(drop))
    }

    pub fn put_device(&self, device: &DeviceId, sealed: &[u8]) -> Result<(), ViewError> {
        self.on(DEVICES, |table| table.insert(device.as_str(), sealed).map(drop))
    }

    /// Nobody can read it any more: it need not lie about.
    pub fn forget(&self, patient: &str) -> Result<(), ViewError> {
        self.on(ROWS, |table| table.retain_in((patient, i64::MIN, 0)..=(patient, i64::MAX, u64::MAX), |_, _| false))?;
        self.on(OPEN, |table| table.retain_in((patient, i64::MIN)..=(patient, i64::MAX), |_, ()| false))?;
        self.on(BINS, |table| table.retain_in((patient, 0, i64::MIN)..=(patient, u8::MAX, i64::MAX), |_, _| false))?;
        self.on(LATEST, |table| table.remove(patient).map(drop))
    }

    /// Commits; durable with the next [`Db::sync`].
    pub fn commit(mut self, position: Option<u64>) -> Result<(), ViewError> {
        if let Some(position) = position {
            self.on(META, |table| table.insert("position", position).map(drop))?;
        }
        let failed = |error: redb::Error| file("write", &self.path, &error);
        let set = self.transaction.set_durability(Durability::None);
        set.map_err(|error| failed(error.into()))?;
        self.transaction.commit().map_err(|error| failed(error.into()))
    }
}
