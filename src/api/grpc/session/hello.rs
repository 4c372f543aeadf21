//! Hello and welcome: which devices a stream speaks for, and up to where each is durable.

use tokio::task::JoinSet;

use super::super::convert::Malformed;
use super::{
    DeviceHello, DeviceId, End, Entry, Kind, MEMBERS_MAX, Member, NotLinked, Rate, ReadingKey, RefusalReason,
    RefusedLanes, Session, SmolStr, Speaker, Status, convert, lane_on_wire, proto, reason_of, speaks_for_itself,
    with_reason,
};
use crate::actors::handle::DeviceLink;
use crate::clinical::device::Announcement;

/// Devices that are joined at the same time: each may have to recover from the journal first.
const JOINING_MAX: usize = 64;

type Joined = (DeviceId, Result<DeviceLink, NotLinked>);

impl Session {
    pub(super) async fn hello(&mut self, hello: proto::Hello) -> Result<(), End> {
        if let Speaker::Device(_) = self.peer.speaker
            && hello.devices.len() != 1
        {
            return Err(End::With(Status::invalid_argument("a device says hello for itself: exactly one entry")));
        }
        if self.members.len() + hello.devices.len() > MEMBERS_MAX {
            return Err(End::With(Status::invalid_argument("a stream speaks for at most 16384 devices")));
        }
        let mut welcome = Vec::with_capacity(hello.devices.len());
        let mut joining = JoinSet::new();
        for device in hello.devices {
            if joining.len() == JOINING_MAX
                && let Some(Ok(joined)) = joining.join_next().await
            {
                self.join(joined, &mut welcome);
            }
            self.start_joining(device, &mut joining)?;
        }
        while let Some(joined) = joining.join_next().await {
            // A joining task that panicked has no device to name; the client hears nothing of it and says hello again.
            if let Ok(joined) = joined {
                self.join(joined, &mut welcome);
            }
        }
        let credit = self.shared.limits.stream_credit;
        self.replies.send(Kind::Welcome(proto::Welcome { devices: welcome, credit })).await?;
        if self.refusals.is_empty() {
            return Ok(());
        }
        let refusals = std::mem::take(&mut self.refusals);
        Ok(self.replies.send(Kind::Refusals(proto::Refusals { refusals })).await?)
    }

    fn start_joining(&mut self, hello: proto::DeviceHello, joining: &mut JoinSet<Joined>) -> Result<(), End> {
        let id = match &self.peer.speaker {
            Speaker::Device(id) if hello.device.is_empty() || hello.device == id.as_str() => id.clone(),
            Speaker::Device(_) => return Err(End::With(speaks_for_itself())),
            Speaker::Gateway(_) => match DeviceId::new(&hello.device) {
                Ok(id) => id,
                Err(error) => {
                    self.refuse_hello("", RefusalReason::Invalid, &error.to_string(), 0);
                    return Ok(());
                }
            },
        };
        let hello = match device_hello(id.clone(), hello) {
            Ok(hello) => hello,
            Err(malformed) => {
                self.refuse_hello(id.as_str(), RefusalReason::Invalid, malformed.0, 0);
                return Ok(());
            }
        };
        let (shared, speaker, outlet) = (self.shared.clone(), self.peer.speaker.clone(), self.outlet.clone());
        joining.spawn(async move { (id, shared.handle.link(&speaker, hello, &outlet).await) });
        Ok(())
    }

    /// In-band: one device never ends the stream of its gateway.
    fn refuse_hello(&mut self, device: &str, reason: RefusalReason, detail: &str, retry_after_ms: u32) {
        let refusal = proto::Refusal { device: device.to_owned(), ..proto::Refusal::default() };
        self.refusals.push(with_reason(refusal, reason, detail, retry_after_ms));
    }

    fn join(&mut self, (id, linked): Joined, welcome: &mut Vec<proto::DeviceWelcome>) {
        let name = SmolStr::new(id.as_str());
        let link = match linked {
            Ok(link) => link,
            Err(not_linked) => {
                let (reason, retry_after_ms) = reason_of(&not_linked);
                self.refuse_hello(id.as_str(), reason, &not_linked.to_string(), retry_after_ms);
                // Told once; its readings are dropped until it says hello again.
                self.strangers.insert(name);
                return;
            }
        };
        self.strangers.remove(&name);
        welcome.push(proto::DeviceWelcome {
            device: id.as_str().to_owned(),
            durable: link.durable().iter().map(|key| position(*key)).collect(),
        });
        match self.by_name.entry(name) {
            // The rate stays: saying hello again is no way round it.
            Entry::Occupied(known) => {
                let member = &mut self.members[*known.get()];
                member.link = link;
                member.refused = RefusedLanes::default();
            }
            Entry::Vacant(place) => {
                place.insert(self.members.len());
                let limits = &self.shared.limits;
                let rate = match self.peer.speaker {
                    Speaker::Device(_) => Rate::new(limits.device_rate, limits.device_burst),
                    Speaker::Gateway(_) => Rate::shared(limits.device_rate, limits.device_burst, limits.stream_credit),
                };
                self.members.push(Member { id, link, rate, refused: RefusedLanes::default() });
            }
        }
    }
}

/// The most bytes of a model or a firmware.
const NAME_MAX: usize = 64;

/// A model or firmware as a device names it.
fn announced(name: &str) -> Result<SmolStr, Malformed> {
    if name.len() > NAME_MAX || name.chars().any(char::is_control) {
        return Err(Malformed("model and firmware have at most 64 bytes each, without control characters"));
    }
    Ok(SmolStr::new(name))
}

fn position(key: ReadingKey) -> proto::LanePosition {
    proto::LanePosition { boot: key.boot, lane: lane_on_wire(key.lane), sequence: key.sequence }
}

fn device_hello(device: DeviceId, hello: proto::DeviceHello) -> Result<DeviceHello, Malformed> {
    let key = |boot, lane, sequence| {
        let lane = convert::lane(lane).ok_or(Malformed("a position in a hello must name its lane"))?;
        Ok(ReadingKey { boot, lane, sequence })
    };
    let pending =
        hello.pending.iter().map(|at| key(at.boot, at.lane, at.sequence)).collect::<Result<_, Malformed>>()?;
    let last_receipt = match hello.last_receipt {
        Some(receipt) if !receipt.proof.is_empty() => {
            Some((key(receipt.boot, receipt.lane, receipt.through_sequence)?, receipt.proof))
        }
        _ => None,
    };
    let announced = Announcement { model: announced(&hello.model)?, firmware: announced(&hello.firmware)? };
    Ok(DeviceHello { device, boot: hello.boot, pending, last_receipt, announced })
}
