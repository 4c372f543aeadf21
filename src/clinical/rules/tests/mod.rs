//! Given readings, when they are observed, then these transitions.

mod beats;
mod devices;
mod files;
mod limits;
mod properties;
mod scene;
