//! Admission before any mailbox: what was not admitted was not received.

/// Room for one message in flight. Travels inside the message; dropped when its readings are durable and consumed.
#[derive(Debug)]
pub struct Permit {}
