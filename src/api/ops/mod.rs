//! The port of operations, plain HTTP on loopback, without patient data: `/livez`, `/readyz`, `/metrics`.
//!
//! It listens before the journal is opened and while the engine is opened anew, so that it can say why nothing runs.

mod operations;
mod readiness;
mod scrape;
#[cfg(test)]
mod tests;

pub use operations::Operations;
pub use readiness::Reason;
