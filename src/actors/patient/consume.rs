//! What devices hand over: read where it was missed, judged, marked.

use std::sync::Arc;

use smallvec::SmallVec;
use tokio::time::Instant;

use super::actor::{Parts, PatientActor};
use super::recover::{read_items_off_thread, rules_in_force};
use crate::actors::reattribution;
use crate::actors::rule_book::ENGINE_VERSION;
use crate::actors::stream::RecoverError;
use crate::admission::Permit;
use crate::clinical::ids::DeviceId;
use crate::clinical::patient::{Item, PatientInput, PatientRecord, Run};
use crate::faults::{Point, point};
use crate::storage::{StoredItem, StreamName};
use crate::time::Timestamp;

/// Items read at a time while catching up.
const CATCH_UP_ITEMS: u64 = 65_536;

impl PatientActor {
    /// Reads and consumes what the device's stream holds for this patient after the mark, up to `through`.
    pub(super) async fn catch_up(
        &self,
        parts: &mut Parts,
        device: &DeviceId,
        through: u64,
    ) -> Result<(), RecoverError> {
        if through <= parts.state.mark(device) {
            return Ok(());
        }
        point(Point::PatientInCatchUp, self.id.as_str())?;
        // What the device's actor appended may not be committed yet.
        if self.context.streams.committed(&StreamName::device(device)).sequence < through {
            self.context.writer.barrier().await?;
        }
        let mut from = parts.state.mark(device) + 1;
        while from <= through {
            let to = through.min(from.saturating_add(CATCH_UP_ITEMS - 1));
            for item in read_items_off_thread(&self.context, &self.id, device, from, to).await? {
                self.take(parts, device, &item, None).await?;
            }
            from = to + 1;
        }
        Ok(())
    }

    /// Consumes an item; what was recorded for another patient is copied with it.
    pub(super) async fn take(
        &self,
        parts: &mut Parts,
        device: &DeviceId,
        item: &StoredItem,
        permit: Option<Arc<Permit>>,
    ) -> Result<(), RecoverError> {
        if let Item::Given(what) = &item.item {
            // The originals precede this in the device's stream, and must be committed to be read.
            self.context.writer.barrier().await?;
            parts.copies = reattribution::copies(&self.context, device, what).await?;
        }
        self.consume(parts, device, item, permit)
    }

    fn consume(
        &self,
        parts: &mut Parts,
        device: &DeviceId,
        item: &StoredItem,
        permit: Option<Arc<Permit>>,
    ) -> Result<(), RecoverError> {
        self.adopt_rules(parts, item.received_at)?;
        self.end_standby_if_back(parts, item);
        point(Point::PatientBeforeConsume, self.id.as_str())?;
        // One in 16: two looks at the clock cost as much as a rule.
        let begun = item.stream_sequence.is_multiple_of(16).then(Instant::now);
        let events = parts.state.consume(device, item.stream_sequence, &item.item, item.received_at, &parts.rules);
        if let Some(begun) = begun {
            self.context.options.metrics.actors.evaluate_seconds.observe(begun.elapsed().as_secs_f64());
        }
        point(Point::PatientBeforeAppend, self.id.as_str())?;
        // What was handed over before the engine started was not counted then.
        let counted = item.received_at >= self.context.started_at;
        self.context.counters.items_consumed.add(u64::from(counted));
        let entry = matches!(item.item, Item::Assignment { .. }).then(|| self.entry(&parts.state)).flatten();
        if events.is_empty() && entry.is_none() && parts.copies.is_empty() {
            let now = self.context.clock.now();
            parts.marks.add(device, item.stream_sequence, now, counted);
            if parts.marks.are_due(now) && parts.state.late_due().is_none() {
                self.append(parts, None, None, None, permit);
            }
            self.keep_windows(parts);
            point(Point::PatientAfterAppend, self.id.as_str())?;
            return Ok(());
        }
        let run = Run { device: device.clone(), through: item.stream_sequence };
        let input = PatientInput::Consumed(SmallVec::from_elem(run, 1));
        let record = PatientRecord { now: parts.state.now(), input, events };
        self.append(parts, Some(record), None, entry, permit);
        self.keep_windows(parts);
        point(Point::PatientAfterAppend, self.id.as_str())?;
        Ok(())
    }

    /// New rules are adopted lazily, before the next input that they judge.
    pub(super) fn adopt_rules(&self, parts: &mut Parts, now: Timestamp) -> Result<(), RecoverError> {
        let current = self.context.rules.current();
        if parts.state.rules_in_force() == Some((current.hash(), ENGINE_VERSION)) {
            return Ok(());
        }
        let input = PatientInput::RulesAdopted { hash: current.hash(), engine: ENGINE_VERSION };
        self.decide(parts, input, now);
        parts.rules = rules_in_force(&self.context, &parts.state)?;
        Ok(())
    }
}
