//! The accounts in force, read again when the file changes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::watch;

use super::{AccountError, Accounts};

/// The accounts in force. Streams that outlive a change are told of it.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    accounts: watch::Sender<Arc<Accounts>>,
}

impl Directory {
    /// Reads the file.
    ///
    /// # Errors
    /// [`AccountError`].
    pub fn open(path: &Path) -> Result<Self, AccountError> {
        Ok(Self { path: path.to_owned(), accounts: watch::Sender::new(Arc::new(Accounts::load(path)?)) })
    }

    /// The accounts now.
    #[must_use]
    pub fn now(&self) -> Arc<Accounts> {
        Arc::clone(&self.accounts.borrow())
    }

    /// Tells of every change.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<Arc<Accounts>> {
        self.accounts.subscribe()
    }

    /// Reads the file again.
    ///
    /// # Errors
    /// [`AccountError`]; the accounts in force stay in force.
    pub fn reload(&self) -> Result<(), AccountError> {
        let read = Arc::new(Accounts::load(&self.path)?);
        self.accounts.send_if_modified(|now| {
            let changed = **now != *read;
            if changed {
                *now = read;
            }
            changed
        });
        Ok(())
    }
}
