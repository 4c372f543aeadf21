//! How verbs that open sealed data open it.

use std::path::PathBuf;

use super::{Failure, exit};
use crate::storage::{ReadOnlyStore, Store, StoreOptions};

/// Which data, and the keys to it.
#[derive(Debug, clap::Args)]
pub(super) struct DataArgs {
    /// The data folder.
    #[arg(long, value_name = "DIR")]
    data_dir: PathBuf,
    /// The key store; by default it lies beside the data folder, in DIR-keys.
    #[arg(long, value_name = "DIR")]
    keys: Option<PathBuf>,
}

impl DataArgs {
    /// Opens the data for reading. Works beside a running platform where the storage allows it, else says who holds it.
    pub(super) fn open(&self) -> Result<ReadOnlyStore, Failure> {
        let mut options = StoreOptions::new(&self.data_dir);
        if let Some(keys) = &self.keys {
            options.keys_dir.clone_from(keys);
        }
        Store::open_read_only(&options).map_err(|error| Failure::new(exit::STORAGE, error))
    }
}

/// What an audit that cannot be carried out says: the journal cannot be read.
pub(super) fn unreadable(error: impl std::fmt::Display) -> Failure {
    Failure::new(exit::NO, error)
}
