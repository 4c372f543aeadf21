//! Every channel against a provider of its own on loopback, and what only one of them does.

mod conformance;
mod mail_server;
mod post_office;
mod push;
mod signature;
