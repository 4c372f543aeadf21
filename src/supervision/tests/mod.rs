//! Restart intensity as a function; supervisors with real actors that crash, leave and come back.

mod intensity;
mod lifecycle;
mod races;
mod stage;
