//! `vigil simulate`: plays devices against a running platform, synthetic patients or recordings.

mod args;
mod credentials;
mod episode;
mod glimpse;
mod physiology;
mod play;
mod player;
mod progress;
pub(super) mod report;
mod roster;
mod signals;
mod truth;

pub(super) use args::{Args, run};
pub use episode::{Episode, EpisodeKind, Pace, Script};
pub use glimpse::Glimpse;
pub use physiology::Monitor;
pub use play::{Plan, PlayError, play};
pub use player::{Player, Voice};
pub use report::{Counts, ExceptionReport, Expected, LaneReport, PatientReport, Report};
pub use roster::{WardPlan, synthetic_ward};
pub(super) use signals::stop_on_signals;
pub use truth::{Truth, TruthTracker};

#[cfg(test)]
mod tests;
