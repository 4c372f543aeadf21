//! What a sender knows: which readings it still has, which were receipted, and what may be sent next. Pure: no I/O, no
//! clock.
//!
//! The rules of `ingest.proto` in one place: sequences are contiguous from 1, a reading is kept until a receipt covers
//! it, `ResumeFrom` and a refusal go back to a sequence, a new connection starts again behind the last receipt, and
//! what is no longer there is declared lost rather than left out.

use std::collections::{BTreeSet, HashMap, VecDeque};

use crate::proto;
use crate::time::Timestamp;

/// Which lane of which device, within one ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LaneId(pub usize);

/// Whether a lane may send.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Gate {
    Open,
    /// The server asked for patience until then.
    Until(Timestamp),
    /// The server said not to send again before a person has changed something.
    Shut,
}

/// One (device, boot, lane).
#[derive(Debug)]
pub struct Lane {
    device: String,
    boot: u64,
    kind: proto::Lane,
    /// Readings without a receipt; the first has sequence `receipted + 1`.
    kept: VecDeque<proto::Reading>,
    receipted: u64,
    /// The next sequence to send on this connection.
    next: u64,
    highest_sent: u64,
    exceptions: Vec<proto::Exception>,
    proof: Option<proto::Receipt>,
    gate: Gate,
    /// The server lacks readings from here to `receipted`, which we no longer have: they will be declared lost.
    lost_from: Option<u64>,
    queued: bool,
    last_refusal: Option<(proto::RefusalReason, String)>,
}

impl Lane {
    /// The device.
    #[must_use]
    pub fn device(&self) -> &str {
        &self.device
    }
    /// Its boot.
    #[must_use]
    pub const fn boot(&self) -> u64 {
        self.boot
    }
    /// Live or backlog.
    #[must_use]
    pub const fn lane(&self) -> proto::Lane {
        self.kind
    }
    /// The highest sequence that was ever sent; 0: none.
    #[must_use]
    pub const fn sent_through(&self) -> u64 {
        self.highest_sent
    }
    /// Everything up to here was receipted.
    #[must_use]
    pub const fn receipted_through(&self) -> u64 {
        self.receipted
    }
    /// The highest sequence that was given to this lane.
    #[must_use]
    pub fn given_through(&self) -> u64 {
        self.receipted + self.kept.len() as u64
    }
    /// Sequences that were receipted with an outcome other than "stored whole".
    #[must_use]
    pub fn exceptions(&self) -> &[proto::Exception] {
        &self.exceptions
    }
    /// The newest receipt that carried a proof, as it was received.
    #[must_use]
    pub const fn proof(&self) -> Option<&proto::Receipt> {
        self.proof.as_ref()
    }
    /// The newest refusal, for a report.
    #[must_use]
    pub const fn last_refusal(&self) -> Option<&(proto::RefusalReason, String)> {
        self.last_refusal.as_ref()
    }
    /// Whether the server said not to send again.
    #[must_use]
    pub fn shut(&self) -> bool {
        self.gate == Gate::Shut
    }

    fn in_flight(&self) -> u64 {
        self.next - 1 - self.receipted
    }

    fn sendable(&self) -> bool {
        self.gate == Gate::Open && (self.lost_from.is_some() || self.next <= self.given_through())
    }
}

/// Figures of a ledger since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Readings given to the ledger.
    pub given: u64,
    /// Readings that went out for the first time.
    pub sent: u64,
    /// Readings that went out again.
    pub resent: u64,
    /// Readings that are receipted.
    pub receipted: u64,
    /// Refusals that came.
    pub refusals: u64,
    /// Times that the server asked to go back.
    pub resumes: u64,
    /// Sequences declared lost.
    pub lost: u64,
}

/// Everything that one stream has to send.
#[derive(Debug, Default)]
pub struct Ledger {
    lanes: Vec<Lane>,
    index: HashMap<(String, u64, proto::Lane), LaneId>,
    ready: VecDeque<LaneId>,
    waiting: BTreeSet<(Timestamp, LaneId)>,
    in_flight: u64,
    kept: usize,
    totals: Totals,
}

impl Ledger {
    /// Opens a lane; the same again gives the same lane.
    pub fn open(&mut self, device: &str, boot: u64, lane: proto::Lane) -> LaneId {
        let key = (device.to_owned(), boot, lane);
        if let Some(id) = self.index.get(&key) {
            return *id;
        }
        let id = LaneId(self.lanes.len());
        self.index.insert(key, id);
        self.lanes.push(Lane {
            device: device.to_owned(),
            boot,
            kind: lane,
            kept: VecDeque::new(),
            receipted: 0,
            next: 1,
            highest_sent: 0,
            exceptions: Vec::new(),
            proof: None,
            gate: Gate::Open,
            lost_from: None,
            queued: false,
            last_refusal: None,
        });
        id
    }

    /// All lanes, in the order in which they were opened.
    #[must_use]
    pub fn lanes(&self) -> &[Lane] {
        &self.lanes
    }

    /// Readings that have no receipt yet.
    #[must_use]
    pub const fn kept(&self) -> usize {
        self.kept
    }

    /// Readings that were sent on this connection and have no receipt yet.
    #[must_use]
    pub const fn in_flight(&self) -> u64 {
        self.in_flight
    }

    /// Figures since the start.
    #[must_use]
    pub const fn totals(&self) -> Totals {
        self.totals
    }

    /// Whether nothing that is left can be sent before a person has changed something.
    #[must_use]
    pub fn hopeless(&self) -> bool {
        self.kept > 0 && self.lanes.iter().all(|lane| lane.kept.is_empty() || lane.gate == Gate::Shut)
    }

    /// Takes a reading into a lane and gives it device, boot, lane and the next sequence; returns the sequence.
    pub fn push(&mut self, id: LaneId, mut reading: proto::Reading) -> u64 {
        let lane = &mut self.lanes[id.0];
        let sequence = lane.given_through() + 1;
        reading.device.clone_from(&lane.device);
        reading.boot = lane.boot;
        reading.lane = lane.kind as i32;
        reading.sequence = sequence;
        lane.kept.push_back(reading);
        self.kept += 1;
        self.totals.given += 1;
        self.touch(id);
        sequence
    }

    /// Readings to send now: at most `most`, never more than `window` in flight in all; lanes take turns. Each is
    /// stamped with `now` as the time of sending.
    pub fn take(&mut self, now: Timestamp, most: usize, window: u64) -> Vec<proto::Reading> {
        let mut out = Vec::new();
        while out.len() < most && self.in_flight < window {
            let Some(id) = self.ready.pop_front() else { break };
            self.lanes[id.0].queued = false;
            if let Some(reading) = self.take_from(id, now) {
                out.push(reading);
            }
            self.touch(id);
        }
        out
    }

    fn take_from(&mut self, id: LaneId, now: Timestamp) -> Option<proto::Reading> {
        let lane = &mut self.lanes[id.0];
        if !lane.sendable() {
            return None;
        }
        if let Some(from) = lane.lost_from.take() {
            self.totals.lost += lane.receipted + 1 - from;
            return Some(declared_gap(lane, from, now));
        }
        let at = usize::try_from(lane.next - lane.receipted - 1).ok()?;
        let kept = lane.kept.get_mut(at)?;
        kept.sent_at_us = now.micros();
        let reading = kept.clone();
        lane.next += 1;
        self.in_flight += 1;
        if reading.sequence > lane.highest_sent {
            lane.highest_sent = reading.sequence;
            self.totals.sent += 1;
        } else {
            self.totals.resent += 1;
        }
        Some(reading)
    }

    /// Whether `take` would give something.
    #[must_use]
    pub fn has_ready(&self, window: u64) -> bool {
        self.in_flight < window && !self.ready.is_empty()
    }

    /// Opens the lanes whose time of patience has passed; returns when to ask again.
    pub fn wake(&mut self, now: Timestamp) -> Option<Timestamp> {
        while let Some((at, id)) = self.waiting.first().copied() {
            if at > now {
                return Some(at);
            }
            self.waiting.pop_first();
            if self.lanes[id.0].gate == Gate::Until(at) {
                self.lanes[id.0].gate = Gate::Open;
                self.touch(id);
            }
        }
        None
    }

    /// The connection is gone: whatever has no receipt has to be sent again, and a lane that was shut may ask again.
    pub fn disconnected(&mut self) {
        self.waiting.clear();
        self.in_flight = 0;
        for at in 0..self.lanes.len() {
            let lane = &mut self.lanes[at];
            lane.next = lane.receipted + 1;
            lane.gate = Gate::Open;
            lane.lost_from = None;
            self.touch(LaneId(at));
        }
    }

    /// What a new connection has to say first: one hello for at most `most` devices each; at least one.
    #[must_use]
    pub fn hellos(&self, model: &str, firmware: &str, most: usize) -> Vec<proto::Hello> {
        let mut at: HashMap<&str, usize> = HashMap::new();
        let mut devices: Vec<proto::DeviceHello> = Vec::new();
        for lane in &self.lanes {
            let index = *at.entry(&lane.device).or_insert_with(|| {
                devices.push(proto::DeviceHello {
                    device: lane.device.clone(),
                    model: model.to_owned(),
                    firmware: firmware.to_owned(),
                    ..proto::DeviceHello::default()
                });
                devices.len() - 1
            });
            let hello = &mut devices[index];
            hello.boot = hello.boot.max(lane.boot);
            hello.pending.push(proto::LanePosition {
                boot: lane.boot,
                lane: lane.kind as i32,
                sequence: lane.receipted + 1,
            });
            if lane.proof.is_some() {
                hello.last_receipt.clone_from(&lane.proof);
            }
        }
        if devices.is_empty() {
            return vec![proto::Hello { devices }];
        }
        devices.chunks(most.max(1)).map(|part| proto::Hello { devices: part.to_vec() }).collect()
    }

    /// The server's answer to hello: what is durable needs not be sent again.
    pub fn welcome(&mut self, welcome: &proto::Welcome) {
        for device in &welcome.devices {
            for position in &device.durable {
                if let Some(id) = self.find(&device.device, position.boot, position.lane) {
                    self.covered(id, position.sequence);
                    self.roll_back(id, position.sequence);
                }
            }
        }
    }

    /// The server has less than it receipted, and we no longer have it: it must be declared, or nothing would go on.
    fn roll_back(&mut self, id: LaneId, durable: u64) {
        let lane = &mut self.lanes[id.0];
        if durable < lane.receipted {
            lane.lost_from = Some(durable + 1);
            self.touch(id);
        }
    }

    /// A receipt came.
    pub fn receipt(&mut self, receipt: &proto::Receipt) {
        let Some(id) = self.find(&receipt.device, receipt.boot, receipt.lane) else { return };
        self.covered(id, receipt.through_sequence);
        let lane = &mut self.lanes[id.0];
        for exception in &receipt.exceptions {
            if !lane.exceptions.iter().any(|known| known.sequence == exception.sequence) {
                lane.exceptions.push(exception.clone());
            }
        }
        if !receipt.proof.is_empty() {
            lane.proof = Some(receipt.clone());
        }
    }

    fn covered(&mut self, id: LaneId, through: u64) {
        let lane = &mut self.lanes[id.0];
        if through <= lane.receipted {
            return;
        }
        self.in_flight -= lane.in_flight();
        let covered = usize::try_from(through - lane.receipted).unwrap_or(usize::MAX).min(lane.kept.len());
        lane.kept.drain(..covered);
        self.kept -= covered;
        self.totals.receipted += covered as u64;
        lane.receipted = through;
        lane.next = lane.next.max(through + 1);
        self.in_flight += lane.in_flight();
        self.touch(id);
    }

    /// The server misses something: go back to it.
    pub fn resume_from(&mut self, resume: &proto::ResumeFrom) {
        let Some(id) = self.find(&resume.device, resume.boot, resume.lane) else { return };
        self.totals.resumes += 1;
        // One that is at or below a receipt was overtaken by it: receipts are cumulative and always newer.
        self.back_to(id, resume.sequence);
    }

    /// The server did not take the readings of a lane from a sequence on. `patience` is the hint of the refusal with
    /// the jitter that the caller added; without one the lane stays shut for this connection.
    pub fn refusal(&mut self, refusal: &proto::Refusal, now: Timestamp, patience_us: i64) {
        let Some(id) = self.find(&refusal.device, refusal.boot, refusal.lane) else { return };
        self.totals.refusals += 1;
        self.lanes[id.0].last_refusal = Some((refusal.reason(), refusal.detail.clone()));
        self.lanes[id.0].gate = if refusal.retry_after_ms == 0 {
            Gate::Shut
        } else {
            let until = now.plus_us(patience_us);
            self.waiting.insert((until, id));
            Gate::Until(until)
        };
        self.back_to(id, refusal.from_sequence);
    }

    fn back_to(&mut self, id: LaneId, sequence: u64) {
        let lane = &mut self.lanes[id.0];
        self.in_flight -= lane.in_flight();
        lane.next = sequence.max(lane.receipted + 1).min(lane.next);
        self.in_flight += lane.in_flight();
        self.touch(id);
    }

    /// An unnamed device is the only one of the stream; an unnamed lane of a refusal at hello is its live lane.
    fn find(&self, device: &str, boot: u64, lane: i32) -> Option<LaneId> {
        let lane = match proto::Lane::try_from(lane) {
            Ok(proto::Lane::Backlog) => proto::Lane::Backlog,
            _ => proto::Lane::Live,
        };
        if let Some(id) = self.index.get(&(device.to_owned(), boot, lane)) {
            return Some(*id);
        }
        let unnamed = |known: &Lane| device.is_empty() || known.device == device;
        let mut fitting = self
            .lanes
            .iter()
            .enumerate()
            .filter(|(_, known)| unnamed(known) && known.kind == lane && (boot == 0 || known.boot == boot));
        match (fitting.next(), fitting.next()) {
            (Some((at, _)), None) => Some(LaneId(at)),
            _ => None,
        }
    }

    fn touch(&mut self, id: LaneId) {
        let lane = &mut self.lanes[id.0];
        if !lane.queued && lane.sendable() {
            lane.queued = true;
            self.ready.push_back(id);
        }
    }
}

fn declared_gap(lane: &Lane, from: u64, now: Timestamp) -> proto::Reading {
    proto::Reading {
        device: lane.device.clone(),
        boot: lane.boot,
        lane: lane.kind as i32,
        sequence: from,
        device_time_us: now.micros(),
        sent_at_us: now.micros(),
        lost_through: lane.receipted,
        ..proto::Reading::default()
    }
}
