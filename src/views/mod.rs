//! Views of readings, fed from the journal and never the truth: the newest values of each patient, trends, what is known
//! of each device. `views.redb` beside the journal can be deleted at any time and is made again.
//!
//! A [`Follower`] reads committed records in the order of positions, opens them, and folds them into [`Views`], which write
//! what they hold together with the position up to which it is folded in. Everything of a patient is sealed under the
//! patient's key.

mod bins;
mod chunk;
mod compact;
mod db;
mod device;
mod error;
mod follower;
mod held;
mod latest;
mod opening;
mod query;
mod state;

#[cfg(test)]
mod tests;

pub use bins::{Bin, Series};
pub use device::DeviceSum;
pub use error::ViewError;
pub use follower::{Following, open, rebuild};
pub use latest::{Latest, LatestValue, SPARK_BIN_S, Said};
pub use query::{Span, Wanted};
pub use state::Views;
