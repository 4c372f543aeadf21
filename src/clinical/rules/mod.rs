//! Declarative, versioned rules and the rolling state in which they judge readings.
//!
//! [`RuleSet`] is what the files under `config/rules` say; [`RuleStates`] is what one patient's readings have come to.
//! A kind of rule is one file: what it reads from its table, what it keeps in its slot, what it does with what it
//! hears.

mod applies;
mod baseline;
mod beats;
mod breach;
mod builtin;
mod burden;
mod change;
mod code_state;
mod compound;
mod deviation;
mod device;
mod events;
mod joint;
mod kind;
mod limit;
mod limits;
mod limits_missing;
mod memory;
mod no_transmission;
mod parse;
mod present;
mod projection;
mod quantity;
mod repeated;
mod resolve;
mod rule;
mod sample;
mod score;
mod set;
mod set_limit;
mod signal_loss;
mod silence;
mod slot;
mod states;
mod status;
mod template;
mod transition;
mod unit_limit;
mod value_missing;
mod view;
mod window;

#[cfg(test)]
mod tests;

use super::{fields, mistake};

pub use super::mistake::Mistake;
pub use applies::{Home, Subject};
pub use rule::Rule;
pub use score::{InputShown, Score, ScoreShown};
pub use set::RuleSet;
pub use set_limit::{LimitRefused, LimitValue, SetLimit};
pub use states::RuleStates;
pub use transition::Transition;
pub use unit_limit::UnitLimit;
