//! Supervision of many children of one kind, on ractor; knows nothing of what they do.
//!
//! A child is named by a key. [`Shards`] starts it on demand, starts it again after a crash by its [`ChildSpec`], parks
//! it when it crashes too often, and lets it leave when it is idle. Two children of one key are never alive at once.
//!
//! ```text
//! Shards --+-- supervisor 0 --+-- child a
//!          |                  +-- child b
//!          +-- supervisor 1 --+-- child c      a key's shard is its stable hash
//! ```
//!
//! What ractor asks for, and is done here: a supervisor that handles its events (the default one stops at the first
//! crash), no names (they are global to the process), children drained and gone before their supervisor ends (its end
//! would kill them without `post_stop`).

mod children;
mod intensity;
mod shard;
mod shards;
mod slots;
mod stable_hash;
mod supervisor;

pub use children::{ChildSpec, Children};
pub use intensity::{Intensity, Verdict};
pub use shards::{Shards, Unavailable};
pub use slots::Counts;
pub use stable_hash::{StableHasher, stable_hash};

#[cfg(test)]
mod tests;
