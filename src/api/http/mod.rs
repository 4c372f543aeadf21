//! HTTPS for browsers and programs: `/api/v1/...`, server-sent events, `/openapi.json` and the dashboard.
//!
//! A handler makes of an HTTP request what port 7444 would have got, and asks the same service: [`caller::Caller`] says who
//! asks, `super::guard` decides and puts on record, [`dto`] gives the answer its JSON.

mod assets;
mod caller;
mod dto;
mod etag;
mod events;
mod headers;
mod input;
mod once;
mod problem;
mod router;
mod routes;
mod serve;

pub use router::{Web, openapi};
