//! Raw payloads: decoded by what the device runs, set aside where they cannot be.

use super::*;
use crate::clinical::reading::RawPayload;

const DECODERS: &str = r#"
[[decoder]]
id = "one"
version = 4
model = "m"
firmware = ["1"]
content_type = "application/json"
source = "a test"
format = "json"
[[decoder.field]]
code = "spo2"
path = "/spo2"
unit = "%"
[[decoder.field]]
code = "pulse_rate"
path = "/pr"
unit = "/min"

[[decoder]]
id = "two"
version = 1
model = "m"
firmware = ["2"]
content_type = "application/json"
source = "a test"
format = "json"
[[decoder.field]]
code = "spo2"
path = "/oxygen/saturation"
unit = "%"
"#;

const WHOLE: &str = r#"{"spo2":97,"pr":71}"#;

fn held() -> Held {
    let decoders = DecoderSet::parse(&[("f.toml".into(), DECODERS.into())]).unwrap();
    Held { decoders, ..Held::assigned() }
}

fn raw(sequence: u64, text: &str) -> Reading {
    let payload = RawPayload { content_type: "application/json".into(), bytes: text.as_bytes().to_vec() };
    Reading { observations: smallvec![], payload: Some(Box::new(payload)), ..reading(sequence, 0.0) }
}

impl Held {
    /// Stores payloads, beginning with this sequence; gives what was stored and how conditions changed.
    fn stores(&mut self, from: u64, payloads: &[&str]) -> (Vec<StoredReading>, Vec<ConditionChange>) {
        let (mut stored, mut changes) = (Vec::new(), Vec::new());
        for (sequence, payload) in (from..).zip(payloads) {
            let Arrival::New(events) = self.receive(raw(sequence, payload), at(sequence)) else { panic!("it is new") };
            for event in events {
                match event {
                    DeviceEvent::Reading(reading) => stored.push(*reading),
                    DeviceEvent::Condition { change, .. } => changes.push(change),
                    other => panic!("{other:?}"),
                }
            }
        }
        (stored, changes)
    }

    fn announces(&mut self, firmware: &str) {
        let said = Announcement { model: "".into(), firmware: firmware.into() };
        let event = self.state.announce(said).unwrap();
        self.apply(event, T0);
    }
}

fn began(change: &ConditionChange) -> &str {
    match change {
        ConditionChange::Began(condition) => condition.key.rule.as_str(),
        ConditionChange::Ended(..) => panic!("{change:?} is an end"),
    }
}

#[test]
fn a_stored_reading_says_which_decoder_gave_its_observations_and_keeps_the_payload() {
    let mut held = held();
    let (stored, changes) = held.stores(1, &[WHOLE]);
    let Decoding::By(by) = &stored[0].decoding else { panic!("{:?}", stored[0].decoding) };
    assert_eq!((by.id.as_str(), by.version, by.set), ("one", 4, held.decoders.fingerprint()));
    assert_eq!(stored[0].reading.observations.len(), 2);
    assert_eq!(stored[0].reading.payload, raw(1, WHOLE).payload);
    assert_eq!(changes, []);
    assert!(stored[0].clone().into_judged().payload.is_none(), "nobody judges bytes");
}

#[test]
fn the_firmware_that_the_device_says_chooses_the_decoder_and_is_on_record_once() {
    let mut held = held();
    held.announces("2");
    assert_eq!(held.state.runs(), ("m", "2"), "what it does not say is as registered");
    assert_eq!(held.state.announce(Announcement { model: "".into(), firmware: "2".into() }), None);
    assert_eq!(held.state.announce(Announcement::default()), None, "it says nothing");
    let (stored, _) = held.stores(1, &[r#"{"oxygen":{"saturation":93}}"#]);
    assert!(matches!(&stored[0].decoding, Decoding::By(by) if by.id == "two"));
}

#[test]
fn a_payload_of_the_wrong_firmware_is_kept_set_aside_and_said_once() {
    let mut held = held();
    held.announces("2");
    let (stored, changes) = held.stores(1, &[WHOLE, WHOLE, "no json at all"]);
    assert_eq!(changes.iter().map(began).collect::<Vec<_>>(), [PAYLOAD_UNDECODABLE]);
    for reading in stored {
        assert!(matches!(reading.decoding, Decoding::Undecodable(_)));
        assert!(reading.reading.payload.is_some() && reading.reading.observations.is_empty());
    }
    assert_eq!(held.state.through(7, Lane::Live), 3, "each sequence is taken");
}

#[test]
fn a_firmware_without_a_decoder_is_named_in_the_condition() {
    let mut held = held();
    held.announces("9");
    let (_, changes) = held.stores(1, &[WHOLE]);
    let ConditionChange::Began(condition) = &changes[0] else { panic!("{changes:?}") };
    assert_eq!(condition.text, "no decoder is for model `m` with firmware `9`; the payload is kept");
}

#[test]
fn decoding_is_well_again_after_payloads_in_order_and_not_before() {
    let mut held = held();
    held.stores(1, &["{"]);
    let in_order = vec![WHOLE; usize::from(IN_ORDER_TO_CLEAR)];
    let (_, changes) = held.stores(2, &in_order[1..]);
    assert_eq!(changes, []);
    let (_, changes) = held.stores(17, &[WHOLE]);
    assert!(matches!(&changes[..], [ConditionChange::Ended(rule, _)] if rule.as_str() == PAYLOAD_UNDECODABLE));
    let (_, changes) = held.stores(18, &["{"]);
    assert_eq!(changes.iter().map(began).collect::<Vec<_>>(), [PAYLOAD_UNDECODABLE], "it sets in anew");
}

#[test]
fn a_field_that_is_missing_in_half_of_the_payloads_is_one_condition_and_nothing_is_lost() {
    let mut held = held();
    let half = [WHOLE, r#"{"spo2":96}"#].repeat(40);
    let (stored, changes) = held.stores(1, &half);
    assert_eq!(changes.iter().map(began).collect::<Vec<_>>(), [PAYLOAD_INCOMPLETE]);
    let (whole, lacking): (Vec<_>, Vec<_>) = stored.into_iter().partition(|reading| reading.rejections.is_empty());
    assert_eq!((whole.len(), lacking.len()), (40, 40));
    for reading in lacking {
        assert_eq!(reading.rejections[0].reason, "pulse_rate is missing: the payload has nothing at /pr");
        let judged = reading.into_judged();
        assert_eq!(judged.observations.len(), 1, "the saturation counts");
        assert!(judged.observed_until.is_some(), "and so does what was watched");
    }
}

#[test]
fn an_undecodable_reading_is_judged_as_a_lost_signal_and_never_as_a_quiet_one() {
    let (stored, _) = held().stores(1, &["{"]);
    let judged = stored[0].clone().into_judged();
    assert_eq!((judged.signal, judged.observed_until), (Validity::Invalid, None));
    assert!(judged.observations.is_empty());
}

#[test]
fn a_repeat_is_the_same_whatever_decoders_make_of_it_and_other_bytes_are_a_conflict() {
    let mut held = held();
    held.stores(1, &[WHOLE]);
    held.announces("2");
    assert_eq!(held.receive(raw(1, WHOLE), at(60)), Arrival::Duplicate);
    held.announces("1");
    let Arrival::Conflict(event) = held.receive(raw(1, r#"{"spo2":50,"pr":71}"#), at(61)) else {
        panic!("it is a conflict")
    };
    let DeviceEvent::Conflicted { reading, .. } = *event else { panic!("{event:?}") };
    assert_eq!(*reading, raw(1, r#"{"spo2":50,"pr":71}"#), "as it was received");
}
