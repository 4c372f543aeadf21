//! Declarative, versioned rules and the rolling state in which they judge readings.
//!
//! [`RuleSet`] is what the files under `config/rules` say; [`RuleStates`] is what one patient's readings have come to.
//! A kind of rule is one file: what it reads from its table, what it keeps in its slot, what it does with what it
//! hears.

mod beats;
mod builtin;
mod device;
mod kind;
mod limit;
mod parse;
mod present;
mod rule;
mod set;
mod signal_loss;
mod silence;
mod slot;
mod states;
mod template;
mod transition;

#[cfg(test)]
mod tests;

use super::{fields, mistake};

pub use super::mistake::Mistake;
pub use rule::Rule;
pub use set::RuleSet;
pub use states::RuleStates;
pub use transition::Transition;
