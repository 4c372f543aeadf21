//! One ingest stream: hello, welcome, readings; admission before any mailbox.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use smol_str::SmolStr;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tonic::{Status, Streaming};

use super::answers::{Gone, Replies, forward};
use super::convert::{self, Arrived, lane_on_wire, weight};
use super::ingest::Shared;
use super::member::{Member, Rate, RefusedLanes};
use crate::actors::handle::{DeviceHello, NotLinked, Speaker};
use crate::actors::outlet::Outlet;
use crate::admission::{Refused, StreamCredit};
use crate::api::peer::Peer;
use crate::clinical::ids::DeviceId;
use crate::clinical::reading::ReadingKey;
use crate::proto::ingest_request::Kind as Asked;
use crate::proto::ingest_response::Kind;
use crate::proto::{self, IngestRequest, RefusalReason};

mod hello;
mod superseded;

/// Devices for which one stream may speak.
const MEMBERS_MAX: usize = 16_384;
/// Devices that never said hello and still send; more than a mistake can explain.
const STRANGERS_MAX: usize = 1_024;
/// After how long a device asks again where its actor was not available.
const UNAVAILABLE_RETRY_MS: u32 = 1_000;
/// A client reconnects after so long when the server goes down.
const RECONNECT_AFTER_MS: u32 = 1_000;

/// How a stream ends.
enum End {
    /// The client has nothing more to send, or the server drains: receipts still follow.
    Finished,
    /// With a status.
    With(Status),
    /// Nobody is there any more.
    Gone,
}

impl From<Gone> for End {
    fn from(_: Gone) -> Self {
        Self::Gone
    }
}

/// One stream.
pub(super) struct Session {
    shared: Arc<Shared>,
    peer: Peer,
    replies: Replies,
    outlet: Arc<Outlet>,
    credit: Arc<StreamCredit>,
    members: Vec<Member>,
    by_name: HashMap<SmolStr, usize>,
    strangers: HashSet<SmolStr>,
    /// Readings of the message at hand, with the member whose they are. Kept between messages to be filled again.
    batch: Vec<(usize, Arrived)>,
    refusals: Vec<proto::Refusal>,
}

impl Session {
    pub fn new(shared: Arc<Shared>, peer: Peer, replies: Replies) -> Self {
        let credit = StreamCredit::new(u64::from(shared.limits.stream_credit));
        Self {
            shared,
            peer,
            replies,
            outlet: Outlet::new(),
            credit,
            members: Vec::new(),
            by_name: HashMap::new(),
            strangers: HashSet::new(),
            batch: Vec::new(),
            refusals: Vec::new(),
        }
    }

    /// Serves the stream to its end.
    pub async fn run(mut self, mut inbound: Streaming<IngestRequest>) {
        let (finish, finished) = oneshot::channel();
        let receipts = tokio::spawn(forward(Arc::clone(&self.outlet), self.replies.clone(), finished));
        match self.serve(&mut inbound).await {
            End::Finished => {
                // What was admitted is receipted before the stream ends, within a bound.
                let _ = timeout(self.shared.limits.drain, self.credit.idle()).await;
                let _ = finish.send(());
                let _ = receipts.await;
                if *self.shared.draining.borrow() {
                    let draining = proto::Draining { reconnect_after_ms: RECONNECT_AFTER_MS };
                    let _ = self.replies.send(Kind::Draining(draining)).await;
                }
            }
            End::With(status) => {
                receipts.abort();
                self.replies.end(status).await;
            }
            End::Gone => receipts.abort(),
        }
    }

    async fn serve(&mut self, inbound: &mut Streaming<IngestRequest>) -> End {
        let mut draining = self.shared.draining.clone();
        let connection = Arc::clone(&self.replies.connection);
        let mut greeted = false;
        loop {
            // A flood must not hide these two; asking is a load each, waiting would be a lock each per message.
            if connection.is_closed() {
                return End::Gone;
            }
            if draining.has_changed().unwrap_or(true) {
                return End::Finished;
            }
            let message = tokio::select! {
                biased;
                message = inbound.message() => message,
                () = connection.closed() => return End::Gone,
                _ = draining.changed() => return End::Finished,
                () = self.outlet.superseded() => {
                    if let Err(end) = self.give_up_superseded().await {
                        return end;
                    }
                    continue;
                }
            };
            let asked = match message {
                Ok(Some(IngestRequest { kind: Some(asked), .. })) => asked,
                Ok(Some(_)) => return End::With(Status::invalid_argument("a message must have a kind")),
                Ok(None) => return End::Finished,
                Err(status) => return End::With(status),
            };
            let done = match asked {
                Asked::Hello(hello) => self.hello(hello).await,
                _ if !greeted => Err(End::With(Status::invalid_argument("the first message must be a hello"))),
                Asked::Readings(readings) => self.readings(readings.readings).await,
                Asked::Keepalive(keepalive) => {
                    self.keepalive(&keepalive);
                    Ok(())
                }
            };
            if let Err(end) = done {
                return end;
            }
            greeted = true;
        }
    }

    fn keepalive(&self, keepalive: &proto::Keepalive) {
        if keepalive.devices.is_empty() {
            self.members.iter().for_each(|member| member.link.keepalive());
        }
        for device in &keepalive.devices {
            if let Some(index) = self.by_name.get(device.as_str()) {
                self.members[*index].link.keepalive();
            }
        }
    }

    async fn readings(&mut self, readings: Vec<proto::Reading>) -> Result<(), End> {
        for wire in readings {
            self.sift(wire)?;
        }
        if !self.batch.is_empty() {
            self.admit_and_deliver().await;
        }
        if self.refusals.is_empty() {
            return Ok(());
        }
        let refusals = std::mem::take(&mut self.refusals);
        Ok(self.replies.send(Kind::Refusals(proto::Refusals { refusals })).await?)
    }

    /// Puts a reading into the batch, refuses it, or drops it because one before it was refused.
    fn sift(&mut self, wire: proto::Reading) -> Result<(), End> {
        let Some(index) = self.member_of(&wire.device) else { return self.refuse_stranger(&wire) };
        let key = match convert::key(&wire) {
            Ok(key) => key,
            Err(malformed) => {
                let Member { id, .. } = &self.members[index];
                let refusal = proto::Refusal { lane: wire.lane, ..refusal_without_lane(id.as_str(), &wire) };
                self.shared.figures.readings_refused.add(1);
                self.refusals.push(with_reason(refusal, RefusalReason::Invalid, malformed.0, 0));
                return Ok(());
            }
        };
        let member = &mut self.members[index];
        if member.refused.drops(key) {
            self.shared.figures.readings_refused.add(1);
        } else if let Err(retry_after_ms) = member.rate.check(convert::content_bytes(&wire)) {
            self.refuse(index, key, RefusalReason::Rate, "more readings per second than allowed", retry_after_ms);
        } else {
            match convert::reading(key, wire) {
                Ok(arrived) => self.batch.push((index, arrived)),
                Err(malformed) => self.refuse(index, key, RefusalReason::Invalid, malformed.0, 0),
            }
        }
        Ok(())
    }

    fn member_of(&self, device: &str) -> Option<usize> {
        match (&self.peer.speaker, device) {
            (Speaker::Device(id), "") => self.by_name.get(id.as_str()).copied(),
            _ => self.by_name.get(device).copied(),
        }
    }

    /// A device without a hello, or one that was refused at its hello.
    fn refuse_stranger(&mut self, wire: &proto::Reading) -> Result<(), End> {
        let name = match &self.peer.speaker {
            Speaker::Device(id) if wire.device.is_empty() || wire.device == id.as_str() => id.as_str(),
            Speaker::Device(_) => return Err(End::With(speaks_for_itself())),
            Speaker::Gateway(_) => &wire.device,
        };
        self.shared.figures.readings_refused.add(1);
        let Ok(id) = DeviceId::new(name) else {
            let refusal = refusal_without_lane("", wire);
            self.refusals.push(with_reason(refusal, RefusalReason::Invalid, "a reading must name its device", 0));
            return Ok(());
        };
        if self.strangers.insert(SmolStr::new(id.as_str())) {
            let refusal = refusal_without_lane(id.as_str(), wire);
            let detail = "the device did not say hello on this stream, or was refused";
            self.refusals.push(with_reason(refusal, RefusalReason::NotYours, detail, 0));
        }
        if self.strangers.len() > STRANGERS_MAX {
            return Err(End::With(Status::invalid_argument("too many devices that did not say hello")));
        }
        Ok(())
    }

    /// Waits for room, and meanwhile does not read the stream: the client feels it as flow control.
    async fn admit_and_deliver(&mut self) {
        let mut batch = std::mem::take(&mut self.batch);
        let bytes = batch.iter().map(|(_, arrived)| weight(&arrived.reading)).sum();
        match self.shared.admission.admit(batch.len() as u64, bytes, &self.credit).await {
            Ok(permit) => {
                let permit = Arc::new(permit);
                for (index, arrived) in batch.drain(..) {
                    self.deliver(index, arrived, &permit).await;
                }
            }
            Err(refused) => {
                let (reason, retry_after_ms) = match refused {
                    Refused::Overload { retry_after_ms } => (RefusalReason::Overload, retry_after_ms),
                    Refused::TooLarge { .. } => (RefusalReason::Invalid, 0),
                };
                let detail = refused.to_string();
                for (index, arrived) in batch.drain(..) {
                    self.refuse(index, arrived.reading.key, reason, &detail, retry_after_ms);
                }
            }
        }
        self.batch = batch;
    }

    async fn deliver(&mut self, index: usize, arrived: Arrived, permit: &Arc<crate::admission::Permit>) {
        let key = arrived.reading.key;
        let member = &mut self.members[index];
        // A neighbour of the same message may have been refused since this one was sifted.
        if member.refused.drops(key) {
            self.shared.figures.readings_refused.add(1);
            return;
        }
        if let Err(not_linked) = member.link.deliver(arrived.reading, arrived.lost_through, Arc::clone(permit)).await {
            let (reason, retry_after_ms) = reason_of(&not_linked);
            self.refuse(index, key, reason, &not_linked.to_string(), retry_after_ms);
        }
    }

    fn refuse(&mut self, index: usize, key: ReadingKey, reason: RefusalReason, detail: &str, retry_after_ms: u32) {
        self.shared.figures.readings_refused.add(1);
        let member = &mut self.members[index];
        if member.refused.refuse(key) {
            let refusal = proto::Refusal {
                device: member.id.as_str().to_owned(),
                boot: key.boot,
                lane: lane_on_wire(key.lane),
                from_sequence: key.sequence,
                ..proto::Refusal::default()
            };
            self.refusals.push(with_reason(refusal, reason, detail, retry_after_ms));
        }
    }
}

fn speaks_for_itself() -> Status {
    Status::permission_denied("the certificate of a device speaks for that device alone")
}

fn reason_of(not_linked: &NotLinked) -> (RefusalReason, u32) {
    match not_linked {
        NotLinked::NotRegistered => (RefusalReason::NotRegistered, 0),
        NotLinked::NotYours => (RefusalReason::NotYours, 0),
        NotLinked::Retired => (RefusalReason::Retired, 0),
        NotLinked::Superseded => (RefusalReason::Superseded, 0),
        NotLinked::Unavailable => (RefusalReason::Unavailable, UNAVAILABLE_RETRY_MS),
    }
}

fn refusal_without_lane(device: &str, wire: &proto::Reading) -> proto::Refusal {
    proto::Refusal {
        device: device.to_owned(),
        boot: wire.boot,
        lane: wire.lane,
        from_sequence: wire.sequence,
        ..proto::Refusal::default()
    }
}

fn with_reason(refusal: proto::Refusal, reason: RefusalReason, detail: &str, retry_after_ms: u32) -> proto::Refusal {
    proto::Refusal { reason: reason as i32, detail: detail.to_owned(), retry_after_ms, ..refusal }
}
