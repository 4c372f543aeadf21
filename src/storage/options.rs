//! How a store is opened.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::disk::{Access, Disk, Folder};
use super::error::OpenError;
use crate::metrics::Metrics;

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
    /// Where commits are measured.
    pub metrics: Arc<Metrics>,
}

impl StoreOptions {
    /// The defaults for a data folder: keys in `<data-dir>-keys`, files of 256 MiB, shard 0.
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        let data_dir = data_dir.into();
        let mut keys_dir = data_dir.clone().into_os_string();
        keys_dir.push("-keys");
        Self {
            data_dir,
            keys_dir: keys_dir.into(),
            file_bytes_max: 256 << 20,
            backend: Backend::Files,
            shard: 0,
            metrics: Metrics::new(),
        }
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
            Backend::Files => folder(&self.keys_dir, true, access),
        }
    }

    /// Names the two folders in an error.
    pub(super) fn wrong_keys(&self, what: impl Into<String>) -> OpenError {
        let (keys, data) = (self.keys_dir.display().to_string(), self.data_dir.display().to_string());
        OpenError::WrongKeys { keys, data, what: what.into() }
    }
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
