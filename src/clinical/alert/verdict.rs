//! What an alert turned out to be worth.

use serde::{Deserialize, Serialize};

/// What somebody who looked at an alert says of it. A backtest of rules counts by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Verdict {
    /// It was so, and something had to be done.
    True,
    /// It was not so.
    False,
    /// It was so, and nothing had to be done.
    NotActionable,
}
