//! One file per thing that is asked for.

pub mod access;
pub mod alerts;
pub mod answers;
pub mod board;
pub mod custody;
pub mod devices;
pub mod oncall;
mod other;
mod page;
pub mod patients;
pub mod session;
pub mod stays;

pub use other::no_such_method;
