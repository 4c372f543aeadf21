//! Thin shells round the pure core: they recover, decide, append, evolve, and let effects out after the commit.
//!
//! `tree` shows the whole tree; `context` is what every actor shares; `stream` is the part that all event-sourced
//! actors have in common.

pub mod alert_commit;
mod alert_feed;
mod audit_trail;
mod auditor;
pub mod beds;
mod care_register;
mod care_team;
mod checkpoints;
mod context;
mod counters;
mod definitions;
pub mod device;
mod directory;
mod downtime;
mod effects;
mod grant_desk;
pub mod handle;
mod history;
mod keeper;
mod link;
mod notifier;
pub mod outlet;
pub mod patient;
pub mod physician;
mod reattribution;
mod recovery;
mod roster_book;
mod router;
mod rule_book;
mod stream;
mod sweep;
pub mod timers;
mod tree;
mod unwatched;
mod witness;

#[cfg(test)]
mod tests;

pub use context::EngineOptions;
pub use definitions::Definitions;
pub use notifier::Channels;
pub use rule_book::ENGINE_VERSION;
pub use tree::{Engine, StartError};
pub use witness::Witness;
