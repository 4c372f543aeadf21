//! Tests of storage as a whole.

mod crash_sweep;
mod journal_suite;
mod rot;
mod store_facts;
mod support;
