//! A subscription to what happens to alerts.

use std::collections::VecDeque;
use std::sync::Arc;

use super::views::AlertNews;
use crate::actors::alert_feed::{Cursor, Next};
use crate::actors::context::Context;

/// A subscription to what happens to alerts.
pub struct AlertWatch {
    pub(super) context: Arc<Context>,
    /// News from before the subscription, read from the journal.
    pub(super) earlier: VecDeque<Arc<AlertNews>>,
    pub(super) cursor: Cursor,
}

/// The subscriber was slower than its buffer: it must resume from the last position that it saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the subscriber lagged: resume from the last position seen")]
pub struct Lagged;

impl AlertWatch {
    /// The next news in the order of positions; `None` when the engine stops.
    pub async fn next(&mut self) -> Option<Result<Arc<AlertNews>, Lagged>> {
        if let Some(news) = self.earlier.pop_front() {
            return Some(Ok(news));
        }
        match self.context.feed.next(&mut self.cursor).await {
            Next::News(news) => Some(Ok(news)),
            Next::Lagged => Some(Err(Lagged)),
            Next::End => None,
        }
    }

    /// The next news if it is there already; nothing is consumed where it is not, or where the end is next.
    pub fn ready(&mut self) -> Option<Arc<AlertNews>> {
        if let Some(news) = self.earlier.pop_front() {
            return Some(news);
        }
        self.context.feed.ready(&mut self.cursor)
    }
}
