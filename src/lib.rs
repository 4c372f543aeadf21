//! Vigil keeps watch over patients through their connected devices.
//!
//! A reading goes `api::grpc::ingest` -> `admission` -> `actors::device` -> `actors::patient` -> `storage::writer`, and
//! comes back as a receipt; a condition goes on as an alert to `actors::care_team`, `actors::physician` and whoever
//! watches. `ARCHITECTURE.md` is the map.

pub mod access;
pub mod actors;
pub mod admission;
pub mod api;
pub mod app;
pub mod audit;
pub mod channels;
pub mod cli;
pub mod client;
pub mod clinical;
pub mod clock;
pub mod config;
pub mod faults;
pub mod metrics;
pub mod pki;
pub mod storage;
pub mod supervision;
pub mod time;
pub mod views;

pub use app::Vigil;

/// Types generated from `proto/vigil/v1`: the wire and the stored format.
#[allow(clippy::all, clippy::pedantic, missing_docs)]
pub mod proto {
    tonic::include_proto!("vigil.v1");
    // `Debug` without what is marked as patient data: `build.rs` writes it from the marks.
    include!(concat!(env!("OUT_DIR"), "/redacted.rs"));
}

/// The example for software integrators compiles.
#[cfg(doctest)]
#[doc = include_str!("../docs/roles/software-integrator.md")]
pub struct SoftwareIntegrator;
