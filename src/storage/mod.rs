//! The journal and what belongs to it: what is appended becomes durable before anyone is told.
//!
//! An actor seals a record ([`Sealer`]) and hands it to the [`Writer`] as part of an [`Append`]. The writer's thread
//! puts what is waiting into blocks, chains them, commits them with one transaction to the [`Journal`], then moves the
//! streams' heads and calls back. A [`Reader`] walks one stream backwards, or all of them forwards.
//!
//! | file | holds |
//! |---|---|
//! | `journal-NNNNNNNN.redb` | the truth: blocks of records, chained; one file after the other |
//! | `index.redb` | snapshots, ends of streams; can be rebuilt from the journal |
//! | `head.mark` | how far the journal was committed, unsynced: finds a journal that went back |
//! | `lock` | the id of the process that writes |
//! | `backup.json` | this folder is a backup, up to where; signed |
//! | `restore.unfinished` | a restore into this folder has not come to its end |
//! | `<data>-keys/keys.redb`, `kek-NNNNNNNN` | wrapped data keys, and the key that wraps them |

mod append;
mod backup;
mod block;
mod block_cache;
mod body_owners;
mod checkpoint;
pub mod codec;
mod db;
mod disk;
mod error;
mod files;
mod folder_marks;
mod head_mark;
mod history;
mod index;
mod items;
mod journal;
mod key_store;
mod keys;
mod lock;
mod memory_journal;
mod options;
mod reader;
mod record;
mod recovery;
mod redb_journal;
mod restore;
mod seal;
mod sim_disk;
mod snapshots;
mod store;
mod stream;
mod streams;
#[cfg(test)]
mod tests;
mod verify;
mod verify_checkpoints;
mod wrapping;
mod writer;

pub use append::{Append, OnCommit, SealedRecord, Wakes};
pub use backup::{BackedUp, BackupError, back_up};
pub use block::{Block, BlockBuilder, BlockHeader, EncodedBlock, Hash, Malformed, record_len};
pub use body_owners::BodyOwners;
pub use checkpoint::{Checkpoint, CheckpointKey, SignedCheckpoint};
pub use disk::{Access, Disk, Folder};
pub use error::{AppendError, OpenError, ReadError, StopReason, Stopped};
pub use history::{read_history, read_since};
pub use items::{ItemError, StoredItem, item_of, read_items};
pub use journal::{Journal, JournalHead};
pub use keys::{DataKey, KeyCopyError, KeyError, Keys};
pub use memory_journal::MemoryJournal;
pub use options::{Backend, StoreOptions};
pub use reader::Reader;
pub use record::{Incarnation, RecordView, StoredRecord};
pub use redb_journal::RedbJournal;
pub use restore::{Acceptance, DeclaredRestore, Loss, RestoreError, Restored, restore};
pub use seal::{Opener, SealError, Sealer, open_state, seal_state};
pub use sim_disk::{SimDisk, SimFault, SimLoss};
pub use snapshots::{Snapshot, Snapshots, Summary};
pub use store::{ReadOnlyStore, Store};
pub use stream::{Committed, StreamHead, StreamKind, StreamName, StreamNameError};
pub use streams::Streams;
pub use verify::{BodyKey, Verified, Verify, verify};
pub use writer::{Writer, WriterFigures};
