//! The managed record that needs a responsible person: its events, its state and the book that decides.

mod book;
mod event;

pub use book::{AlertBook, BookInput, Refused};
pub use event::{Alert, AlertEvent, CloseCause, Command, Effect, Response, RoundCause, Verb};
