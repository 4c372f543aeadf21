//! The journal and what belongs to it: what is appended becomes durable before anyone is told.
//!
//! An actor seals a record ([`Sealer`]) and hands it to the [`Writer`] as part of an [`Append`]. The writer's thread
//! puts what is waiting into blocks, chains them, commits them with one transaction to the [`journal::Journal`], then
//! moves the streams' heads and calls back. A [`Reader`] walks one stream backwards, or all of them forwards.

mod append;
mod block;
pub mod codec;
mod db;
mod disk;
mod error;
mod items;
mod key_store;
mod keys;
mod record;
mod seal;
mod store;
mod stream;

pub use append::{Append, OnCommit, SealedRecord, Wakes};
pub use disk::{Access, Disk, Folder};
pub use error::{AppendError, OpenError, ReadError, StopReason, Stopped};
pub use items::{ItemError, StoredItem, item_of, read_items};
pub use keys::{DataKey, KeyError, Keys};
pub use record::{Incarnation, RecordView, StoredRecord};
pub use seal::{Opener, SealError, Sealer, open_state, seal_state};
pub use store::{Backend, Reader, Snapshot, Snapshots, Store, StoreOptions, Streams, Summary, Writer};
pub use stream::{Committed, StreamHead, StreamKind, StreamName, StreamNameError};
