//! Thin shells round the pure core.

pub mod handle;
pub mod outlet;
pub mod timers;
