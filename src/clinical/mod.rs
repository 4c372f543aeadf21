//! The pure core: what a safety reviewer audits. No async, no I/O, no clock, no randomness; `now` is an argument.

pub mod alarm_kpis;
pub mod alert;
pub mod backtest;
pub mod codes;
pub mod condition;
pub mod decoder;
pub mod device;
mod fields;
pub mod ids;
pub mod judge;
mod mistake;
pub mod oncall;
pub mod patient;
pub mod reading;
pub mod rules;
pub mod subject_book;
mod texts;
pub mod units;
