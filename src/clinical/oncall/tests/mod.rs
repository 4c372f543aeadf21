//! Facts about who is responsible.

mod calendars;
mod defaults;
mod files;
mod forecasts;
mod rosters;
mod rotations;
mod scene;
mod zones;
