//! Witnesses: where checkpoints go so that somebody outside of the journal knows how far it was.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::PathBuf;

/// A place outside of the journal that keeps checkpoints, one line each. A later checkpoint says all that an earlier one
/// said: what a witness missed while it could not be reached is covered by the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Witness {
    /// Appended to a file, which belongs on another volume.
    File {
        /// The file; made where it is missing.
        path: PathBuf,
        /// It could not be written the last time, which has been said.
        failing: bool,
    },
    /// Standard output, for a collector.
    Stdout,
}

impl Witness {
    /// A file.
    #[must_use]
    pub const fn file(path: PathBuf) -> Self {
        Self::File { path, failing: false }
    }

    /// Tells it a checkpoint. Blocks. A witness that cannot be reached stops nothing; it is said once.
    pub(super) fn tell(&mut self, line: &str) {
        match self {
            Self::Stdout => {
                // Standard output that is closed has no reader who could miss anything.
                let _ = writeln!(io::stdout().lock(), "{line}");
            }
            Self::File { path, failing } => match append(path, line) {
                Ok(()) => *failing = false,
                Err(error) => {
                    if !*failing {
                        tracing::error!(path = %path.display(), %error, "the witness cannot be written: checkpoints are in the journal alone");
                    }
                    *failing = true;
                }
            },
        }
    }
}

fn append(path: &PathBuf, line: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    // One write, so that a line is whole beside another writer's.
    file.write_all(format!("{line}\n").as_bytes())?;
    file.sync_data()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_witness_file_grows_by_a_line_and_keeps_what_it_had() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("witness.jsonl");
        let mut witness = Witness::file(path.clone());
        witness.tell("one");
        Witness::file(path.clone()).tell("two");
        assert_eq!(std::fs::read_to_string(path).unwrap(), "one\ntwo\n");
    }

    #[test]
    fn a_witness_that_cannot_be_written_stops_nothing_and_is_used_again_later() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("away/witness.jsonl");
        let mut witness = Witness::file(path.clone());
        witness.tell("lost");
        assert_eq!(witness, Witness::File { path: path.clone(), failing: true });
        std::fs::create_dir(dir.path().join("away")).unwrap();
        witness.tell("kept");
        assert_eq!(std::fs::read_to_string(path).unwrap(), "kept\n");
    }
}
