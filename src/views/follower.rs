//! Follows the journal: from where the views are to its end, then whatever is committed.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::error::ViewError;
use super::opening::{Opened, Opening};
use super::state::{FILE, Views};
use crate::proto::RecordKind;
use crate::storage::{Keys, Reader};
use crate::time::Timestamp;

/// Between two looks at a journal to which nothing was added.
const IDLE: Duration = Duration::from_millis(50);
/// Records of one turn.
const TURN_MAX: usize = 4_096;
/// What is in memory is written so often, and when there is so much of it.
const WRITE_EVERY: Duration = Duration::from_secs(15);
const ROWS_MAX: usize = 200_000;
/// After a failure: another look at a journal or a file that could not be read.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// Reads records and folds them in.
struct Follower {
    reader: Reader,
    views: Views,
    opening: Opening,
}

impl Follower {
    fn new(reader: Reader, keys: Keys, views: Views) -> Self {
        Self { reader, views, opening: Opening::new(keys) }
    }

    /// One turn; returns whether there was anything. Blocks.
    fn turn(&mut self) -> Result<bool, ViewError> {
        let from = self.views.position();
        let (mut opened, mut next, mut newest, mut failed) = (Vec::new(), from, Timestamp::MIN, None);
        let (mut seen, opening) = (0, &mut self.opening);
        self.reader.scan(from, &mut |view| {
            if seen >= TURN_MAX {
                return ControlFlow::Break(());
            }
            seen += 1;
            next = view.position + 1;
            newest = newest.max(view.at);
            if !matches!(view.kind, RecordKind::Reading | RecordKind::Device) {
                return ControlFlow::Continue(());
            }
            // A stream that is none of ours is for `vigil audit verify` to name.
            let Ok(record) = view.to_stored() else { return ControlFlow::Continue(()) };
            match opening.open(&record) {
                Ok(one) => opened.extend(one.map(|one: Opened| (view.position, one))),
                Err(error) => {
                    failed = Some(error);
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        })?;
        if let Some(error) = failed {
            return Err(error);
        }
        if next > from {
            self.views.take(&opened, next, newest)?;
        }
        Ok(next > from)
    }

    /// Writes what is in memory. Blocks.
    fn write(&mut self) -> Result<(), ViewError> {
        for erased in self.views.write()? {
            self.opening.forget(&erased);
        }
        self.views.compact(self.views.newest()).map(drop)
    }
}

/// Opens the views of a journal. Where the file cannot be had, alerts are more urgent than trends: what comes from now on is
/// kept in memory, loudly.
#[must_use]
pub fn open(data_dir: &Path, reader: &Reader, keys: Keys) -> Views {
    Views::open(data_dir, &reader.journal_id(), keys.clone()).unwrap_or_else(|error| {
        tracing::error!(%error, "the views begin anew in memory: trends have no past until the next start");
        Views::in_memory(keys, reader.next_position())
    })
}

/// Makes the views of a journal anew, beside the old ones, and then puts them in their place. `progress` is called with the
/// position. Blocks.
///
/// # Errors
/// [`ViewError`]; the old ones are as they were.
pub fn rebuild(data_dir: &Path, reader: &Reader, keys: &Keys, progress: &mut dyn FnMut(u64)) -> Result<u64, ViewError> {
    let (file, new) = (data_dir.join(FILE), data_dir.join(format!("{FILE}.new")));
    let failed = |verb, path: &Path, error: std::io::Error| ViewError::File {
        verb,
        place: path.display().to_string(),
        cause: error.to_string(),
    };
    match std::fs::remove_file(&new) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed("remove", &new, error)),
        _ => {}
    }
    // A platform that runs holds them, and would write on into the old file.
    if file.exists() {
        drop(Views::open_file(&file, &reader.journal_id(), keys.clone())?);
    }
    let views = Views::open_file(&new, &reader.journal_id(), keys.clone())?;
    let mut follower = Follower::new(reader.clone(), keys.clone(), views.clone());
    while follower.turn()? {
        progress(views.position());
        if views.waiting() >= ROWS_MAX {
            follower.write()?;
        }
    }
    follower.write()?;
    while views.compact(views.newest())? {}
    views.inner.db.sync()?;
    let position = views.position();
    drop((follower, views));
    std::fs::rename(&new, &file).map_err(|error| failed("rename", &new, error))?;
    Ok(position)
}

/// Views that follow a running platform's journal.
pub struct Following {
    views: Views,
    stop: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Following {
    /// Begins to follow.
    #[must_use]
    pub fn start(reader: Reader, keys: Keys, views: Views) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let follower = Follower::new(reader, keys, views.clone());
        let task = tokio::spawn(follow(follower, Arc::clone(&stop)));
        Self { views, stop, task }
    }

    /// The views.
    #[must_use]
    pub const fn views(&self) -> &Views {
        &self.views
    }

    /// Writes what is in memory and ends.
    pub async fn stop(self) {
        self.stop.store(true, Ordering::Release);
        // One that panicked has ended too.
        let _ = self.task.await;
    }
}

async fn follow(mut follower: Follower, stop: Arc<AtomicBool>) {
    let mut written = Instant::now();
    loop {
        let stopping = stop.load(Ordering::Acquire);
        let due = stopping || written.elapsed() >= WRITE_EVERY || follower.views.waiting() >= ROWS_MAX;
        let turn = tokio::task::spawn_blocking(move || {
            let turned = follower.turn();
            let wrote = if due { follower.write() } else { Ok(()) };
            (follower, turned, wrote)
        });
        let Ok((back, turned, wrote)) = turn.await else {
            tracing::error!(
                "the views panicked and are not kept up any more: restart; `vigil views rebuild` makes them anew"
            );
            return;
        };
        follower = back;
        if due {
            written = Instant::now();
        }
        let pause = match turned.and_then(|more| wrote.map(|()| more)) {
            Ok(true) => Duration::ZERO,
            Ok(false) => IDLE,
            Err(error) => {
                tracing::error!(%error, "the views cannot be kept up");
                AFTER_FAILURE
            }
        };
        if stopping {
            return;
        }
        if !pause.is_zero() {
            sleep(pause).await;
        }
    }
}
