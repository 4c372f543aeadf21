//! When to try again.

/// After so many attempts a message is a dead letter: visible, and to be sent again by hand. With waits that grow to a
/// minute that is after about ten minutes, in which its alert's ladder has long reached others.
pub const ATTEMPTS_MAX: u32 = 15;

const FIRST_MS: u64 = 500;
const MOST_MS: u64 = 60_000;

/// How long to wait after attempt number `attempt` (1 for the first), in milliseconds: doubling from half a second to a
/// minute, of which `random` takes away up to half, so that what failed together is not tried together.
#[must_use]
pub fn wait_ms(attempt: u32, random: u64) -> u64 {
    let doubled = FIRST_MS.saturating_mul(1_u64.checked_shl(attempt.saturating_sub(1)).unwrap_or(u64::MAX));
    let full = doubled.min(MOST_MS);
    full - random % (full / 2 + 1)
}
