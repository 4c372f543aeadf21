//! What became of what was asked.

use std::sync::Arc;

use super::views::AlertView;

/// What became of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Answered {
    /// Committed.
    Done(Arc<AlertView>),
    /// The person saw another version: this is the current one.
    Stale(Arc<AlertView>),
}

/// Why an operation was not carried out. Says what, where and what is allowed; no patient data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OperationError {
    /// There is no such thing, or the person may not know of it.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// It exists already with other content, or the state does not allow it.
    #[error("{0}")]
    Conflict(String),
    /// The request is wrong in itself.
    #[error("{0}")]
    Invalid(String),
    /// The engine is stopping or a journal commit failed; nothing is known to have been done.
    #[error("the engine is not available")]
    Unavailable,
}
