//! Services: the wire on one side, `actors::handle::Handle` on the other.
//!
//! [`server::Server`] listens on three ports: devices and gateways by mutual TLS, people and programs by TLS with a
//! bearer token, browsers by HTTPS ([`http`]). A connection passes `listener` (limits, handshake), `tls` (who signed it), `peer` (who it is) and
//! reaches a service in `grpc`; people pass [`guard::Guard`], which asks `crate::access` and puts on record.

pub mod figures;
pub mod grpc;
pub mod guard;
pub mod http;
pub mod identity;
pub mod listener;
pub mod ops;
pub mod peer;
pub mod server;
pub mod tls;
