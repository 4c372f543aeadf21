//! The alert book of a subject that judges no readings: a device that belongs to nobody, or a care unit. What is the case
//! comes as inputs; all of them stand in one stream of the subject's alerts, so that they can be replayed by themselves.

mod conditions;
mod input;
mod state;

#[cfg(test)]
mod tests;

pub use conditions::{PLATFORM_WAS_DOWN, UNWATCHED, platform_was_down, unwatched};
pub use input::{Observed, SubjectInput, SubjectRecord};
pub use state::SubjectBook;
