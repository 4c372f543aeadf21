//! When another stream speaks for a device of this one.

use tonic::Status;

use super::{End, Session, reason_of, with_reason};
use crate::actors::handle::{NotLinked, Speaker};
use crate::proto;
use crate::proto::ingest_response::Kind;

impl Session {
    /// Another stream speaks for a device of this one. A device's own stream ends; a gateway goes on for the others, and
    /// what it still sends for this one is refused.
    pub(super) async fn give_up_superseded(&mut self) -> Result<(), End> {
        let superseded = self.members.iter().filter(|member| member.link.is_superseded());
        let refusals: Vec<_> = superseded
            .map(|member| {
                let refusal = proto::Refusal { device: member.id.as_str().to_owned(), ..proto::Refusal::default() };
                let (reason, retry_after_ms) = reason_of(&NotLinked::Superseded);
                with_reason(refusal, reason, &NotLinked::Superseded.to_string(), retry_after_ms)
            })
            .collect();
        if refusals.is_empty() {
            return Ok(());
        }
        if matches!(self.peer.speaker, Speaker::Device(_)) {
            return Err(End::With(Status::aborted(NotLinked::Superseded.to_string())));
        }
        Ok(self.replies.send(Kind::Refusals(proto::Refusals { refusals })).await?)
    }
}
