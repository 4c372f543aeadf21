//! The pure core: what a safety reviewer audits. No async, no I/O, no clock, no randomness; `now` is an argument.

pub mod alert;
pub mod codes;
pub mod condition;
pub mod ids;
pub mod judge;
pub mod reading;
pub mod rules;
pub mod units;
