//! How a store is opened.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::disk::{Access, Disk, Folder};
use super::error::OpenError;

/// Where the files lie.
#[derive(Clone, Debug, Default)]
pub enum Backend {
    /// In the folders that the options name.
    #[default]
    Files,
    /// On simulated disks, for tests and simulations.
    Disks {
        /// In the place of the data folder.
        data: Arc<dyn Disk>,
        /// In the place of the key folder.
        keys: Arc<dyn Disk>,
    },
}

/// How a store is opened.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// Journal, index and lock.
    pub data_dir: PathBuf,
    /// Keys; outside the data folder and its backups.
    pub keys_dir: PathBuf,
    /// A journal file that has reached this size is followed by a new one.
    pub file_bytes_max: u64,
    /// Where the files lie.
    pub backend: Backend,
    /// Which shard of the journal this is.
    pub shard: u32,
}

impl StoreOptions {
    /// The defaults for a data folder: keys in `<data-dir>-keys`, files of 256 MiB, shard 0.
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        let data_dir = data_dir.into();
        let mut keys_dir = data_dir.clone().into_os_string();
        keys_dir.push("-keys");
        Self { data_dir, keys_dir: keys_dir.into(), file_bytes_max: 256 << 20, backend: Backend::Files, shard: 0 }
    }

    /// Where journal and index lie.
    pub(super) fn data_disk(&self, access: Access) -> Result<Arc<dyn Disk>, OpenError> {
        match &self.backend {
            Backend::Disks { data, .. } => Ok(Arc::clone(data)),
            Backend::Files => folder(&self.data_dir, false, access),
        }
    }

    /// Where the keys lie.
    pub(super) fn keys_disk(&self, access: Access) -> Result<Arc<dyn Disk>, OpenError> {
        match &self.backend {
            Backend::Disks { keys, .. } => Ok(Arc::clone(keys)),
            Backend::Files => {
                let disk = folder(&self.keys_dir, true, access)?;
                for_the_owner_alone(&self.keys_dir)?;
                Ok(disk)
            }
        }
    }

    /// Names the two folders in an error.
    pub(super) fn wrong_keys(&self, what: impl Into<String>) -> OpenError {
        let (keys, data) = (self.keys_dir.display().to_string(), self.data_dir.display().to_string());
        OpenError::WrongKeys { keys, data, what: what.into() }
    }
}

/// Whoever can read the key folder can read everything.
fn for_the_owner_alone(keys_dir: &Path) -> Result<(), OpenError> {
    let place = |path: &Path| path.display().to_string();
    let fails = |path: &Path, error: &std::io::Error| OpenError::from_io(place(path), error);
    let mut paths = vec![keys_dir.to_path_buf()];
    for entry in std::fs::read_dir(keys_dir).map_err(|error| fails(keys_dir, &error))? {
        paths.push(entry.map_err(|error| fails(keys_dir, &error))?.path());
    }
    for path in &paths {
        let mode = std::fs::metadata(path).map_err(|error| fails(path, &error))?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(OpenError::Exposed { place: place(path), mode });
        }
    }
    Ok(())
}

fn folder(path: &Path, private: bool, access: Access) -> Result<Arc<dyn Disk>, OpenError> {
    match Folder::open(path.to_path_buf(), private, access) {
        Ok(folder) => Ok(Arc::new(folder)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(OpenError::Absent { folder: path.display().to_string() })
        }
        Err(error) => Err(OpenError::from_io(path.display().to_string(), &error)),
    }
}
