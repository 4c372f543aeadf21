//! The alert book: one test per cell of the state table of `oncall.md`, one per verb, and the invariants over any input.

mod ladder;
mod properties;
mod responsibility;
mod scene;
mod table;
mod verbs;
