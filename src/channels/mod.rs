//! Ways to reach people: each behind [`Channel`], whose documentation is its contract, held to it by one suite
//! (`tests/conformance.rs`).
//!
//! A channel hands one message to one address, once, and says what became of it. When to try again, and by which other
//! channel meanwhile, is decided by whoever calls it. Texts carry no patient data: an opaque id, the priority, the name of
//! the rule, a link.

mod backoff;
mod channel;
mod email;
mod push_crypto;
mod web_post;
mod web_push;
mod webhook;

#[cfg(test)]
mod tests;

pub use backoff::{ATTEMPTS_MAX, wait_ms};
pub use channel::{Channel, Message, Outcome, SEND_TIMEOUT, SendFuture};
pub use email::{Email, EmailError};
pub use web_post::{WebClient, WebClientError};
pub use web_push::{WebPush, WebPushError};
pub use webhook::{Webhook, WebhookError};
