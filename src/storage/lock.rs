//! One process at a time writes in a data folder.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;

use super::error::OpenError;

const FILE: &str = "lock";

/// Held as long as it lives; the system releases it when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Takes the lock of a folder and leaves this process's id in it.
    pub(super) fn take(folder: &Path) -> Result<Self, OpenError> {
        let path = folder.join(FILE);
        let fails = |error: std::io::Error| OpenError::from_io(path.display().to_string(), &error);
        let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = options.map_err(fails)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                let holder = match file.read_to_string(&mut text).map(|_| text.trim().parse::<u32>()) {
                    Ok(Ok(pid)) => format!("process {pid}"),
                    _ => "another process".to_owned(),
                };
                return Err(OpenError::Held { folder: folder.display().to_string(), holder });
            }
            Err(TryLockError::Error(error)) => return Err(fails(error)),
        }
        file.set_len(0).map_err(fails)?;
        file.rewind().map_err(fails)?;
        writeln!(file, "{}", std::process::id()).map_err(fails)?;
        Ok(Self { _file: file })
    }
}
