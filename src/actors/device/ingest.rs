//! What becomes of a reading, or of a declared gap, that arrives.

use std::sync::Arc;

use smallvec::{SmallVec, smallvec};

use super::actor::{DeviceActor, Parts};
use super::commit::DeviceCommit;
use crate::actors::outlet::{Outcome, ReceiptCell, ReceiptException};
use crate::actors::rule_book::ENGINE_VERSION;
use crate::actors::stream::RecoverError;
use crate::admission::Permit;
use crate::clinical::device::{Arrival, Decoding, DeviceEvent, Received};
use crate::clinical::reading::Reading;
use crate::faults::{Point, point};
use crate::time::Timestamp;

impl DeviceActor {
    pub(super) fn receive(
        &self,
        parts: &mut Parts,
        reading: Reading,
        lost_through: u64,
        permit: Arc<Permit>,
        cell: &Arc<ReceiptCell>,
        now: Timestamp,
    ) -> Result<(), RecoverError> {
        point(Point::DeviceOnReceipt, self.id.as_str())?;
        let key = reading.key;
        let mut commit = DeviceCommit { permit: Some(permit), cell: Some(Arc::clone(cell)), ..DeviceCommit::default() };
        let arrival = if lost_through == 0 {
            let received = Received::new(reading, &parts.state, &self.context.decoders);
            match &received.decoding {
                Decoding::Undecodable(why) => commit.note(key.sequence, Outcome::Undecodable, why),
                Decoding::Coded | Decoding::By(_) => commit.note_rejections(key.sequence, &received.rejections),
            }
            parts.state.receive(&self.id, received, now)
        } else {
            parts.state.declare_gap(key, lost_through)
        };
        match arrival {
            Arrival::New(mut events) => {
                if let Some(DeviceEvent::Reading(stored)) = events.first() {
                    let rules = self.context.rules.current();
                    if let Some(adopted) = parts.state.adopt_rules(&stored.reading, &rules, ENGINE_VERSION) {
                        events.insert(0, adopted);
                    }
                }
                if lost_through > 0 {
                    commit.note(lost_through, Outcome::DeclaredMissing, "declared lost by the device");
                }
                self.commit(parts, events, now, commit)
            }
            Arrival::Duplicate => {
                self.context.counters.readings_duplicate.add(1);
                let through = parts.state.through(key.boot, key.lane);
                commit.exceptions.clear();
                commit.receipt = Some((key.boot, key.lane, through));
                self.commit(parts, SmallVec::new(), now, commit)
            }
            Arrival::Conflict(event) => {
                commit.exceptions = vec![ReceiptException {
                    sequence: key.sequence,
                    outcome: Outcome::Conflict,
                    reason: "this sequence was sent before with other content: the first one counts".to_owned(),
                }];
                commit.receipt = Some((key.boot, key.lane, parts.state.through(key.boot, key.lane)));
                self.commit(parts, smallvec![*event], now, commit)
            }
            Arrival::Gap { resume_from, say } => {
                if say {
                    parts.state.note_told(key.boot, key.lane);
                    cell.resume_from(resume_from);
                }
                Ok(())
            }
        }
    }
}
