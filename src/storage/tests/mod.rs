//! Tests of storage as a whole.

mod journal_suite;
mod store_facts;
mod support;
