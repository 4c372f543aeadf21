//! What operations see of the platform in figures: Prometheus metrics, one file of names per component. Units stand in
//! the names; no label names a device, a patient or a person.

mod actors;
mod alerts;
mod ingest;
mod journal;
mod registry;

pub use actors::ActorMetrics;
pub use alerts::AlertMetrics;
pub use ingest::IngestMetrics;
pub use journal::JournalMetrics;
pub use registry::{Metrics, set_total};
