//! One file per thing that is asked for.

pub mod alerts;
pub mod answers;
pub mod devices;
mod other;
mod page;
pub mod patients;
pub mod session;

pub use other::no_such_method;
