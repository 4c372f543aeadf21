//! Facts about who is responsible.

mod calendars;
mod defaults;
mod files;
mod forecasts;
mod quiet;
mod rosters;
mod rotations;
mod scene;
mod shifts;
mod unit_conditions;
mod zones;
