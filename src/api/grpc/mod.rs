//! The gRPC services of `proto/vigil/v1`.

pub mod access;
pub mod admin;
pub mod alerts;
mod answers;
mod convert;
mod explanation;
pub mod ingest;
mod member;
pub mod oncall;
mod session;
pub(in crate::api) mod view;

pub(crate) use convert::weight;
