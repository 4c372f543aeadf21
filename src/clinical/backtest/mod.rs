//! Two versions of rules, or of a limit, over the same readings: which alerts each would have raised, and what differs.

mod advice;
mod compare;
mod judged;

#[cfg(test)]
mod tests;

pub use advice::{Advice, advise};
pub use compare::{Compared, Shifted, compare};
pub use judged::{Alerted, Judged};
