//! Where the files lie: a folder, or a simulated disk that loses power.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::ops::Bound;
use std::path::PathBuf;

use redb::backends::FileBackend;
use redb::{BackendError, ConcurrencyMode, StorageBackend};

/// How a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Must exist; nothing is changed.
    Read,
    /// Must exist.
    Write,
    /// Is made where it does not exist.
    Create,
}

/// A flat folder of files.
///
/// Every error MUST leave the files as after a crash at this point: what was synced stays, anything else may be there
/// or not. Names MUST survive a crash once [`Disk::sync_names`] returned.
pub trait Disk: fmt::Debug + Send + Sync {
    /// What to call it in an error: its path.
    fn label(&self) -> String;

    /// The names of all files.
    fn names(&self) -> io::Result<Vec<String>>;

    /// Opens a file for redb.
    fn open(&self, name: &str, access: Access) -> io::Result<Box<dyn StorageBackend>>;

    /// Reads a whole small file; `None` where there is none.
    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>>;

    /// Writes a small file, whole or not at all, and makes it and its name durable.
    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()>;

    /// Gives a file another name, durably. The file may be open.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file for good; it is no error where there is none.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Makes the names durable.
    fn sync_names(&self) -> io::Result<()>;

    /// How processes share its databases.
    fn concurrency(&self) -> ConcurrencyMode;
}

/// A folder of the file system.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    private: bool,
}

impl Folder {
    /// The folder at `path`, made where it is missing unless `access` is [`Access::Read`]. Files in a `private` one are
    /// for the owner alone (0600 in 0700).
    ///
    /// # Errors
    /// As the file system reports them.
    pub fn open(path: PathBuf, private: bool, access: Access) -> io::Result<Self> {
        if access == Access::Create && !path.is_dir() {
            let mut builder = fs::DirBuilder::new();
            builder.recursive(true);
            #[cfg(unix)]
            if private {
                std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            }
            builder.create(&path)?;
            if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
                File::open(parent)?.sync_all()?;
            }
        }
        fs::read_dir(&path)?;
        Ok(Self { path, private })
    }

    fn options(&self, access: Access) -> OpenOptions {
        let mut options = OpenOptions::new();
        options.read(true).write(access != Access::Read).create(access == Access::Create).truncate(false);
        #[cfg(unix)]
        if self.private {
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        }
        options
    }
}

impl Disk for Folder {
    fn label(&self) -> String {
        self.path.display().to_string()
    }

    fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            if let Ok(name) = entry?.file_name().into_string() {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn open(&self, name: &str, access: Access) -> io::Result<Box<dyn StorageBackend>> {
        let file = self.options(access).open(self.path.join(name))?;
        Ok(Box::new(FileBackend::new(file).map_err(io::Error::other)?))
    }

    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.path.join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let new = self.path.join(format!("{name}.new"));
        let mut file = self.options(Access::Create).truncate(true).open(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        self.rename(&format!("{name}.new"), name)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path.join(from), self.path.join(to))?;
        self.sync_names()
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        match fs::remove_file(self.path.join(name)) {
            Ok(()) => self.sync_names(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn sync_names(&self) -> io::Result<()> {
        File::open(&self.path)?.sync_all()
    }

    fn concurrency(&self) -> ConcurrencyMode {
        ConcurrencyMode::SingleWriter
    }
}

/// Lets a boxed backend be handed to redb.
#[derive(Debug)]
pub(super) struct BoxedBackend(pub Box<dyn StorageBackend>);

impl StorageBackend for BoxedBackend {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read(offset, out)
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }
    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }
    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write(offset, data)
    }
    fn close(&self) -> io::Result<()> {
        self.0.close()
    }
    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.try_lock_range(start, end)
    }
    fn try_lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.try_lock_shared_range(start, end)
    }
    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.lock_range(start, end)
    }
    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.lock_shared_range(start, end)
    }
    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.unlock_range(start, end)
    }
    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.query_lock_range(start, end)
    }
}
