//! Score tables (NEWS2, MEWS): what they are made of, what they come to, and the rules on what they come to.

mod band;
mod incomplete;
mod parse;
mod table;
mod tally;

pub(super) use band::ScoreBand;
pub(super) use incomplete::ScoreIncomplete;
pub(super) use parse::read_score;
pub use table::Score;
pub(super) use tally::Tally;
pub use tally::{InputShown, ScoreShown};
