//! Tests of storage as a whole.

mod backup_facts;
mod crash_sweep;
mod files_facts;
mod golden;
mod journal_suite;
mod model;
mod rot;
mod store_facts;
mod support;
