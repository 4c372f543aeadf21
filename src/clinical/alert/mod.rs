//! The managed record that needs a responsible person: its events, its state and the book that decides.
//!
//! The table of `oncall.md` ("condition \ response") is spread over `onset` (rows "sets in", "priority rises", "ends"),
//! `ladder` (deadlines and the care team's answers) and `verbs` (people); `evolve` folds the events into the state.

mod answer;
mod book;
mod command;
mod effect;
mod event;
mod evolve;
mod input;
mod ladder;
mod onset;
mod response;
mod state;
pub mod terms;
mod verbs;
mod verdict;

pub use answer::TeamAnswer;
pub use book::{AlertBook, BookInput, Refused};
pub use command::{Command, Verb};
pub use effect::Effect;
pub use event::{AlertEvent, CloseCause, RoundCause};
pub use input::AlertInput;
pub use response::Response;
pub use state::{Alert, HandOver, PassedOn};
pub use terms::Term;
pub use verdict::Verdict;

#[cfg(test)]
mod tests;
