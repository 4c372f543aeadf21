//! Bounds of responsibility. Defaults of this project after `oncall.md`; not from a standard.

/// How long maintenance may silence technical alerts.
pub const MAINTENANCE_MS_MAX: i64 = 4 * 3_600_000;

/// A test page that nobody answered for so long is a gap in coverage.
pub const CHECK_MS: i64 = 24 * 3_600_000;

/// A gap in coverage is signalled so long before it begins: a shift.
pub const COVERAGE_AHEAD_MS: i64 = 8 * 3_600_000;

/// So many pages to one person within [`BUNDLE_MS`], and further ones of lower priorities are put together.
pub const BUNDLE_PAGES: usize = 5;

/// For how long pages are put together.
pub const BUNDLE_MS: i64 = 60_000;

/// A condition that set in more often than this within [`FLAPPING_MS`] flaps: its further pages of lower priorities stay
/// in the inbox.
pub const FLAPS: usize = 3;

/// How long flapping is remembered, and how long it keeps pages quiet.
pub const FLAPPING_MS: i64 = 10 * 60_000;

/// Fewer silent devices are never a whole unit's silence.
pub const SILENT_DEVICES_MIN: usize = 3;

/// How far the forecast of coverage looks.
pub const FORECAST_DAYS: i64 = 14;

/// An override, an assignment, or a turn that ended so long ago is forgotten by the state; the journal keeps it.
pub const KEPT_MS: i64 = 7 * 24 * 3_600_000;

/// A shift where nothing says when it ends.
pub const SHIFT_MS: i64 = 8 * 3_600_000;

/// An override is no standing arrangement: change the rotation instead.
pub const OVERRIDE_MS_MAX: i64 = 92 * 24 * 3_600_000;

/// An assignment of patients holds for a shift.
pub const ASSIGNMENT_MS_MAX: i64 = 36 * 3_600_000;
