//! From the texts of care files to a plan; every mistake is noted, then the next key is read.
//!
//! A target is written `person:ID`, `rotation:ID`, `role:NAME` or `unit`; a contact `CHANNEL:ADDRESS`.

mod check;
mod people;
mod policies;
mod read;
mod rotations;
mod units;
mod words;

pub(super) use read::plan;
