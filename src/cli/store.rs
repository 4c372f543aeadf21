//! How verbs that open sealed data open it.

use std::path::{Path, PathBuf};

use super::{Failure, exit};
use crate::storage::{OpenError, ReadOnlyStore, Store, StoreOptions};

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
    /// The data folder.
    pub(super) fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// Opens the data for reading. Works beside a running platform where the storage allows it, else says who holds it.
    pub(super) fn open(&self) -> Result<ReadOnlyStore, Failure> {
        self.open_store().map_err(|error| Failure::new(exit::STORAGE, error))
    }

    /// As [`Self::open`], for a verb that asks whether the journal is whole: damage that the opening finds already is
    /// its answer.
    pub(super) fn open_to_verify(&self) -> Result<ReadOnlyStore, Failure> {
        self.open_store().map_err(|error| Failure::new(code(&error), error))
    }

    fn open_store(&self) -> Result<ReadOnlyStore, OpenError> {
        Store::open_read_only(&self.options())
    }

    /// Where data and keys lie.
    pub(super) fn options(&self) -> StoreOptions {
        let mut options = StoreOptions::new(&self.data_dir);
        if let Some(keys) = &self.keys {
            options.keys_dir.clone_from(keys);
        }
        options
    }

    /// Another folder with data under the same keys.
    pub(super) fn beside(&self, data_dir: &Path) -> StoreOptions {
        StoreOptions { keys_dir: self.options().keys_dir, ..StoreOptions::new(data_dir) }
    }
}

/// Exit code of a verification that cannot begin: damage is a "no", all else is storage that refused.
pub(super) fn code(error: &OpenError) -> u8 {
    match error {
        OpenError::Damaged { .. } | OpenError::WentBack { .. } => exit::NO,
        _ => exit::STORAGE,
    }
}

/// What an audit that cannot be carried out says: the journal cannot be read.
pub(super) fn unreadable(error: impl std::fmt::Display) -> Failure {
    Failure::new(exit::NO, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_found_by_the_opening_is_an_answer_and_an_absent_journal_is_not() {
        let damaged = OpenError::Damaged { place: "data, position 6".to_owned(), what: "a block".to_owned() };
        assert_eq!(code(&damaged), exit::NO);
        assert_eq!(code(&OpenError::Absent { folder: "data".to_owned() }), exit::STORAGE);
    }
}
