//! What a folder says of itself: that it is a backup, and up to where; that a restore into it is not finished.

use serde::{Deserialize, Serialize};

use super::checkpoint::{CheckpointKey, SignedCheckpoint};
use super::disk::Disk;
use super::error::OpenError;

const BACKUP: &str = "backup.json";
const UNFINISHED: &str = "restore.unfinished";
/// The version of what `backup.json` says.
const FORMAT: u32 = 1;

/// What `backup.json` says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mark {
    vigil_backup: u32,
    /// Signed with the site's key; absent until the first backup into the folder has come to its end.
    verified_until: Option<serde_json::Value>,
}

/// How far a folder is a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BackupMark {
    /// It is none.
    Absent,
    /// None has come to its end.
    Begun,
    /// Up to this checkpoint.
    Until(Box<SignedCheckpoint>),
}

/// Refuses a folder in which nothing may run.
pub(super) fn refuse_marked(disk: &dyn Disk) -> Result<(), OpenError> {
    let folder = disk.label();
    let names = disk.names().map_err(|error| OpenError::from_io(&folder, &error))?;
    match names.iter().find(|name| [BACKUP, UNFINISHED].contains(&name.as_str())).map(String::as_str) {
        Some(BACKUP) => Err(OpenError::Backup { folder }),
        Some(_) => Err(OpenError::Unfinished { folder }),
        None => Ok(()),
    }
}

pub(super) fn read_backup(disk: &dyn Disk) -> Result<BackupMark, OpenError> {
    let place = format!("{}/{BACKUP}", disk.label());
    let text = disk.read(BACKUP).map_err(|error| OpenError::from_io(&place, &error))?;
    let Some(text) = text else { return Ok(BackupMark::Absent) };
    let damaged = |what: String| OpenError::Damaged { place: place.clone(), what };
    let mark: Mark = serde_json::from_slice(&text).map_err(|error| damaged(error.to_string()))?;
    if mark.vigil_backup != FORMAT {
        let found = mark.vigil_backup.to_string();
        return Err(OpenError::Version { place, found, supported: FORMAT });
    }
    let Some(line) = mark.verified_until else { return Ok(BackupMark::Begun) };
    Ok(BackupMark::Until(Box::new(SignedCheckpoint::parse(&line.to_string()).map_err(damaged)?)))
}

pub(super) fn write_backup(
    disk: &dyn Disk,
    key: &CheckpointKey,
    until: Option<&SignedCheckpoint>,
) -> Result<(), OpenError> {
    let line = until.and_then(|signed| serde_json::from_str(&key.line(signed)).ok());
    let mark = serde_json::json!(Mark { vigil_backup: FORMAT, verified_until: line });
    disk.replace(BACKUP, format!("{mark}\n").as_bytes())
        .map_err(|error| OpenError::from_io(format!("{}/{BACKUP}", disk.label()), &error))
}

pub(super) fn is_unfinished(disk: &dyn Disk) -> Result<bool, OpenError> {
    let names = disk.names().map_err(|error| OpenError::from_io(disk.label(), &error))?;
    Ok(names.iter().any(|name| name == UNFINISHED))
}

pub(super) fn begin_restore(disk: &dyn Disk) -> Result<(), OpenError> {
    disk.replace(UNFINISHED, b"run the same `vigil restore` again\n")
        .map_err(|error| OpenError::from_io(format!("{}/{UNFINISHED}", disk.label()), &error))
}

pub(super) fn end_restore(disk: &dyn Disk) -> Result<(), OpenError> {
    disk.remove(UNFINISHED).map_err(|error| OpenError::from_io(format!("{}/{UNFINISHED}", disk.label()), &error))
}

/// Whether a file is one that an empty folder may hold: a lock, what a file system keeps, what was not renamed yet.
pub(super) fn counts_as_nothing(name: &str) -> bool {
    matches!(name, "lock" | "lost+found") || name.strip_suffix(".new").is_some()
}
