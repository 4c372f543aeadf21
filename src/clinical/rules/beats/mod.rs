//! Rules on beats (`clinical.md`, "Beat rules"), on the device's own time: the chain of beats that they share, and one
//! file per kind of rule.

mod beat_rate;
mod chain;
mod flutter;
mod interval_run;
mod no_beat;
mod no_beat_after_break;
mod ventricular_run;

pub(super) use beat_rate::BeatRate;
pub(super) use chain::{Beats, Heard};
pub(super) use flutter::Flutter;
pub(super) use interval_run::IntervalRun;
pub(super) use no_beat::NoBeat;
pub(super) use no_beat_after_break::NoBeatAfterBreak;
pub(super) use ventricular_run::VentricularRun;
