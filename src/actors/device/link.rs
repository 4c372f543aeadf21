//! Streams that want to speak for the device, and where they resume.

use std::sync::Arc;

use smallvec::{SmallVec, smallvec};
use tokio::sync::oneshot;

use super::actor::{DeviceActor, Parts};
use super::commit::DeviceCommit;
use super::message::LinkGrant;
use crate::actors::handle::{DeviceHello, NotLinked, Speaker};
use crate::actors::outlet::{Outlet, ReceiptCell, proof_bytes};
use crate::actors::stream::RecoverError;
use crate::clinical::device::DeviceState;
use crate::clinical::reading::{Lane, ReadingKey};
use crate::time::Timestamp;

impl DeviceActor {
    pub(super) fn link(
        &self,
        parts: &mut Parts,
        speaker: &Speaker,
        hello: &DeviceHello,
        outlet: &Arc<Outlet>,
        reply: oneshot::Sender<Result<LinkGrant, NotLinked>>,
        now: Timestamp,
    ) -> Result<(), RecoverError> {
        let allowed = match (parts.state.registration(), speaker) {
            (None, _) => Err(NotLinked::NotRegistered),
            (Some(_), _) if parts.state.is_retired() => Err(NotLinked::Retired),
            (Some(_), Speaker::Device(device)) if *device == self.id => Ok(()),
            (Some(registration), Speaker::Gateway(gateway)) if registration.gateway.as_ref() == Some(gateway) => Ok(()),
            _ => Err(NotLinked::NotYours),
        };
        if let Err(refused) = allowed {
            drop(reply.send(Err(refused)));
            return Ok(());
        }
        if let Some(event) = parts.state.announce(hello.announced.clone()) {
            self.commit(parts, smallvec![event], now, DeviceCommit::default())?;
        }
        self.look_at_receipt(parts, hello, now)?;
        parts.state.forget_told();
        let lanes = hello.pending.iter().map(|key| (key.boot, key.lane)).collect();
        let cell = ReceiptCell::new(self.id.clone(), hello.boot, lanes, outlet, self.context.keys.clone());
        if let Some(older) = self.context.links.put(&self.id, Arc::clone(&cell))
            && !older.is_on_the_stream_of(&cell)
        {
            older.supersede();
        }
        let mut durable: Vec<ReadingKey> = parts.state.lanes().collect();
        for key in &hello.pending {
            if !durable.iter().any(|known| (known.boot, known.lane) == (key.boot, key.lane)) {
                durable.push(ReadingKey { sequence: 0, ..*key });
            }
        }
        // Said only once everything counted in it is committed.
        let said = move |_: u64, _: Timestamp, _: &mut crate::storage::Wakes| {
            drop(reply.send(Ok(LinkGrant { cell, durable })));
        };
        parts.stream.append(&self.context, SmallVec::new(), said);
        Ok(())
    }

    /// The newest receipt that the device holds: one that we gave, and that is ahead of the journal, is an alert.
    fn look_at_receipt(&self, parts: &mut Parts, hello: &DeviceHello, now: Timestamp) -> Result<(), RecoverError> {
        let Some((key, proof)) = &hello.last_receipt else { return Ok(()) };
        if !self.context.keys.verify_receipt(&proof_bytes(&self.id, *key), proof) {
            tracing::warn!(device = %self.id, "the device shows a receipt that this site did not give");
            return Ok(());
        }
        for event in parts.state.shown_receipt(&self.id, *key, now) {
            self.commit(parts, smallvec![event], now, DeviceCommit::default())?;
        }
        Ok(())
    }

    pub(super) fn tell_where_to_resume(&self, state: &mut DeviceState) {
        let Some(cell) = self.context.links.get(&self.id) else { return };
        let mut lanes: Vec<(u64, Lane)> = state.lanes().map(|key| (key.boot, key.lane)).collect();
        // Of a lane that is not in the state its first readings may have been lost.
        lanes.extend(cell.lanes.iter().copied());
        lanes.extend([(cell.boot, Lane::Live), (cell.boot, Lane::Backlog)]);
        lanes.sort_unstable();
        lanes.dedup();
        for (boot, lane) in lanes {
            cell.resume_from(ReadingKey { boot, lane, sequence: state.through(boot, lane) + 1 });
            // What is on its way behind the gap must not make it send everything once more.
            state.note_told(boot, lane);
        }
    }
}
