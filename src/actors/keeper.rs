//! A keeper: the only writer of the alerts of one subject that is no patient. What is the case it is told by others; alerts
//! go on whatever becomes of those.

mod actor;
mod message;
mod recover;

pub(super) use actor::Keepers;
pub(super) use message::{KeeperMsg, Source};
pub(super) use recover::KeeperSummary;
