//! What a device says that it is, how its payloads are decoded, and whether that goes well.

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::fingerprint::fingerprint;
use super::liveness::technical;
use super::state::DeviceState;
use crate::clinical::condition::{Priority, built_in_rule};
use crate::clinical::decoder::{DecodedBy, DecoderSet};
use crate::clinical::device::ConditionChange;
use crate::clinical::ids::{DeviceId, RuleId};
use crate::clinical::judge::{Rejection, faults};
use crate::clinical::reading::Reading;
use crate::time::Timestamp;

/// Rule of a device whose payloads cannot be decoded.
pub const PAYLOAD_UNDECODABLE: &str = "payload_undecodable";
/// Rule of a device whose payloads lack fields that they must have.
pub const PAYLOAD_INCOMPLETE: &str = "payload_incomplete";
/// Project default: either condition sets in with the first such payload, and ends after so many in a row that are in
/// order, so that a field which is missing in half of the payloads is one condition and not hundreds.
pub const IN_ORDER_TO_CLEAR: u16 = 16;

/// Model and firmware as the device itself says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// Model; empty: it does not say.
    pub model: SmolStr,
    /// Firmware; empty: it does not say.
    pub firmware: SmolStr,
}

/// Where the observations of a reading come from.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Decoding {
    /// From the device: it sent them coded, or sent no payload.
    #[default]
    Coded,
    /// From the payload, by this decoder.
    By(DecodedBy),
    /// From nowhere: the payload cannot be decoded, for this reason. It is set aside, and never judged as normal.
    Undecodable(String),
}

/// A reading that arrived, with what can be believed of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Received {
    /// As received; with the observations of its payload, if it has one.
    pub reading: Reading,
    /// Hash of what was received, without `sent_at`, and without what a decoder made of it.
    pub fingerprint: u64,
    /// Where the observations come from.
    pub decoding: Decoding,
    /// What does not count.
    pub rejections: Vec<Rejection>,
}

impl Received {
    /// Decodes the payload of a reading, if it has one, and judges its observations.
    #[must_use]
    pub fn new(mut reading: Reading, device: &DeviceState, decoders: &DecoderSet) -> Self {
        let fingerprint = fingerprint(&reading);
        let (mut missing, mut decoding) = (Vec::new(), Decoding::Coded);
        if let Some(payload) = &reading.payload {
            let (model, firmware) = device.runs();
            match decoders.decode(model, firmware, payload) {
                Ok((by, decoded)) => {
                    reading.observations = decoded.observations;
                    missing = decoded.missing;
                    decoding = Decoding::By(by);
                }
                Err(why) => decoding = Decoding::Undecodable(why.to_string()),
            }
        }
        let mut rejections = faults(&reading);
        rejections.append(&mut missing);
        Self { reading, fingerprint, decoding, rejections }
    }

    /// The reading as it was received.
    #[must_use]
    pub fn into_verbatim(self) -> Reading {
        let mut reading = self.reading;
        if reading.payload.is_some() {
            reading.observations.clear();
        }
        reading
    }

    /// Whether the payload lacks something that its decoder says must be there.
    fn lacks_fields(&self) -> bool {
        self.reading.payload.is_some() && self.rejections.iter().any(Rejection::is_of_a_missing_field)
    }
}

/// How decoding goes. Each: since the condition set in, so many payloads in a row were in order; `None`: it is not
/// present.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Health {
    undecodable: Option<u16>,
    incomplete: Option<u16>,
}

impl Health {
    /// The conditions that set in or end with this payload.
    pub(super) fn changes(&self, device: &DeviceId, received: &Received, now: Timestamp) -> Vec<ConditionChange> {
        let mut changes = Vec::new();
        let mut change = |present: Option<u16>, bad: bool, name: &'static str, priority: Priority, text: SmolStr| {
            if bad && present.is_none() {
                changes.push(ConditionChange::Began(technical(device, name, priority, now, now, text)));
            } else if !bad && present.is_some_and(|in_order| in_order + 1 >= IN_ORDER_TO_CLEAR) {
                changes.push(ConditionChange::Ended(built_in_rule(name), now));
            }
        };
        match &received.decoding {
            Decoding::Coded => {}
            Decoding::Undecodable(why) => {
                change(self.undecodable, true, PAYLOAD_UNDECODABLE, Priority::Medium, SmolStr::new(why));
            }
            Decoding::By(by) => {
                change(self.undecodable, false, PAYLOAD_UNDECODABLE, Priority::Medium, SmolStr::default());
                let text = format!("payloads lack fields that the decoder {} names", by.id);
                change(self.incomplete, received.lacks_fields(), PAYLOAD_INCOMPLETE, Priority::Low, text.into());
            }
        }
        changes
    }

    /// Takes note of a stored payload.
    pub(super) fn note(&mut self, decoding: &Decoding, lacks_fields: bool) {
        let count = |present: &mut Option<u16>, bad: bool| {
            if let Some(in_order) = present {
                *in_order = if bad { 0 } else { in_order.saturating_add(1) };
            }
        };
        match decoding {
            Decoding::Coded => {}
            Decoding::Undecodable(_) => count(&mut self.undecodable, true),
            Decoding::By(_) => {
                count(&mut self.undecodable, false);
                count(&mut self.incomplete, lacks_fields);
            }
        }
    }

    /// A condition of decoding set in or ended; others are none of its business.
    pub(super) fn evolve(&mut self, name: &RuleId, present: bool) {
        let state = present.then_some(0);
        match name.as_str() {
            PAYLOAD_UNDECODABLE => self.undecodable = state,
            PAYLOAD_INCOMPLETE => self.incomplete = state,
            _ => {}
        }
    }
}
