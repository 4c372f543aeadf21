//! The boundary to redb: every failure of it, panics on damaged files too, becomes an error here.

use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use redb::{
    Builder, ConcurrencyMode, Database, ReadOnlyDatabase, ReadTransaction, ReadableDatabase as _, WriteTransaction,
};

use super::disk::{Access, BoxedBackend, Disk};
use super::error::{AppendError, OpenError, ReadError};

/// What redb reports.
#[derive(Debug)]
pub(super) enum Failure {
    Redb(redb::Error),
    /// Stored bytes that redb handed out make no sense.
    Damaged(String),
    Panic(String),
}

impl<E: Into<redb::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Redb(error.into())
    }
}

impl Failure {
    fn is_full(&self) -> bool {
        matches!(self, Self::Redb(redb::Error::Io(error))
            if matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded))
    }

    pub(super) fn cause(&self) -> String {
        match self {
            Self::Redb(error) => error.to_string(),
            Self::Damaged(what) => what.clone(),
            Self::Panic(what) => format!("damaged pages ({what})"),
        }
    }

    pub(super) fn into_open(self, place: String) -> OpenError {
        match self {
            Self::Redb(redb::Error::DatabaseAlreadyOpen | redb::Error::LockProtocolMismatch) => {
                OpenError::Held { folder: place, holder: "another process".to_owned() }
            }
            Self::Redb(redb::Error::RepairAborted) => OpenError::Unclosed { place },
            Self::Redb(redb::Error::UpgradeRequired(found)) => {
                OpenError::Version { place, found: format!("redb {found}"), supported: super::block::FORMAT }
            }
            // A file that is cut short ends where redb expects pages.
            Self::Redb(redb::Error::Io(error))
                if !matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof) =>
            {
                OpenError::from_io(place, &error)
            }
            other => OpenError::Damaged { place, what: other.cause() },
        }
    }

    pub(super) fn into_append(self) -> AppendError {
        if self.is_full() { AppendError::Full } else { AppendError::Failed { cause: self.cause() } }
    }

    pub(super) fn into_read(self) -> ReadError {
        match self {
            Self::Redb(redb::Error::DatabaseClosed) => ReadError::Closed,
            other => ReadError::Failed { cause: other.cause() },
        }
    }
}

/// Runs `f`; a panic in it becomes a [`Failure`]: redb may panic on a damaged file.
pub(super) fn guarded<T>(f: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|panic| Err(Failure::Panic(panic_text(&*panic))))
}

/// What a panic said.
pub(super) fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a text").to_owned()
}

/// How a redb file is opened.
#[derive(Clone, Copy, Debug)]
pub(super) struct DbOptions {
    pub(super) access: Access,
    pub(super) cache_bytes: usize,
    /// Compare every page with its checksum and rebuild what is known of free pages, before anything is written: a
    /// rotten bit there would let a later commit overwrite what is in use. Reads the whole file.
    pub(super) check: bool,
    /// No other process reads the file while it is written: what a commit may then skip is its sync.
    pub(super) exclusive: bool,
}

/// When a commit is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Durable {
    /// When it returns. Synced twice: with one sync redb may roll back an acknowledged commit whose page has rotted.
    Now,
    /// With the next one that is durable when it returns. For exclusive files only.
    Later,
}

/// An open redb file.
pub(super) struct Db {
    inner: Option<Inner>,
}

enum Inner {
    Write(Database),
    Read(ReadOnlyDatabase),
}

impl Db {
    pub(super) fn open(disk: &dyn Disk, name: &str, options: DbOptions) -> Result<Self, Failure> {
        let DbOptions { access, cache_bytes, check, exclusive } = options;
        let backend = disk.open(name, access).map_err(redb::Error::Io)?;
        let concurrency = if exclusive { ConcurrencyMode::ExclusiveWriter } else { disk.concurrency() };
        let mut builder = Builder::new();
        builder.set_cache_size(cache_bytes).set_concurrency_mode(concurrency).set_check_integrity_on_open(check);
        let inner = guarded(|| {
            Ok(match access {
                Access::Read => Inner::Read(builder.open_read_only_with_backend(BoxedBackend(backend))?),
                Access::Write | Access::Create => Inner::Write(builder.create_with_backend(BoxedBackend(backend))?),
            })
        })?;
        Ok(Self { inner: Some(inner) })
    }

    pub(super) fn begin_read(&self) -> Result<ReadTransaction, Failure> {
        match &self.inner {
            Some(Inner::Write(database)) => Ok(database.begin_read()?),
            Some(Inner::Read(database)) => Ok(database.begin_read()?),
            None => Err(Failure::Redb(redb::Error::DatabaseClosed)),
        }
    }

    /// A write transaction that is durable when it has committed.
    pub(super) fn begin_write(&self) -> Result<WriteTransaction, Failure> {
        self.begin_write_durable(Durable::Now)
    }

    pub(super) fn begin_write_durable(&self, durable: Durable) -> Result<WriteTransaction, Failure> {
        let Some(Inner::Write(database)) = &self.inner else {
            return Err(Failure::Damaged("a file that is not open for writing is written".to_owned()));
        };
        let mut transaction = database.begin_write()?;
        match durable {
            Durable::Now => transaction.set_two_phase_commit(true),
            Durable::Later => transaction.set_durability(redb::Durability::None)?,
        }
        Ok(transaction)
    }

    pub(super) fn close(mut self) -> Result<(), Failure> {
        let inner = self.inner.take();
        guarded(|| {
            match inner {
                Some(Inner::Write(database)) => database.close()?,
                Some(Inner::Read(database)) => database.close()?,
                None => {}
            }
            Ok(())
        })
    }
}

impl Drop for Db {
    /// redb's own drop may panic where a panic before has poisoned its locks.
    fn drop(&mut self) {
        let inner = self.inner.take();
        let dropped = guarded(|| {
            drop(inner);
            Ok(())
        });
        if let Err(failure) = dropped {
            tracing::warn!(cause = failure.cause(), "close of a damaged file fails");
        }
    }
}
