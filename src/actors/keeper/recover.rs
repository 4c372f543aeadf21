//! How a keeper comes back.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::actors::context::Context;
use crate::actors::stream::{RecoverError, Stream};
use crate::clinical::ids::Subject;
use crate::clinical::subject_book::SubjectBook;
use crate::storage::StreamName;
use crate::storage::codec::decode_subject;

/// What must be known of a subject's alerts without their keeper.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct KeeperSummary {
    /// Whether any alert is open: the keeper must then run from the start.
    pub open_alerts: u32,
}

impl KeeperSummary {
    pub fn of(state: &SubjectBook) -> Self {
        Self { open_alerts: u32::try_from(state.book().open().len()).unwrap_or(u32::MAX) }
    }
}

/// Recovers the state that the committed records give.
pub(super) async fn recover(context: &Arc<Context>, subject: &Subject) -> Result<(Stream, SubjectBook), RecoverError> {
    // Opaque ids only: as in the streams of care units.
    let key = context.keys.care();
    let mut recovered = Stream::recover::<SubjectBook>(context, StreamName::alerts(subject), key).await?;
    for record in &recovered.tail {
        let record = decode_subject(&recovered.opener.open(record)?)?;
        recovered.state.restore(&record.input, &record.events, record.now);
    }
    Ok((recovered.stream, recovered.state))
}
