//! Messages of `ingest.proto`, encoded by hand.

use bytes::Bytes;
use prost::Message;

use crate::clinical::codes::Code;
use crate::proto;
use crate::proto::ingest_request::Kind;

/// Devices in one hello: a message stays far below the server's limit.
const HELLO_DEVICES: usize = 1_000;

const VARINT: u8 = 0;
const BYTES: u8 = 2;

const fn tag(field: u8, kind: u8) -> u8 {
    field << 3 | kind
}

/// What varies between two readings of a device.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stamp {
    pub sequence: u64,
    pub device_time_us: i64,
    pub sent_at_us: i64,
}

/// The hellos of a stream.
pub(super) fn hellos(devices: &[(String, String)], boot: u64) -> Vec<Bytes> {
    let hello = |device: &(String, String)| proto::DeviceHello {
        device: device.0.clone(),
        model: "sim-monitor".to_owned(),
        firmware: "1.0".to_owned(),
        boot,
        pending: vec![proto::LanePosition { boot, lane: proto::Lane::Live as i32, sequence: 1 }],
        last_receipt: None,
    };
    let message = |devices: &[(String, String)]| {
        let hello = proto::Hello { devices: devices.iter().map(hello).collect() };
        proto::IngestRequest { traceparent: String::new(), kind: Some(Kind::Hello(hello)) }.encode_to_vec().into()
    };
    devices.chunks(HELLO_DEVICES).map(message).collect()
}

/// The part of a reading that stays the same for a device: its name, boot and lane.
pub(super) fn device_part(device: &str, boot: u64) -> Box<[u8]> {
    let lane = proto::Lane::Live as i32;
    proto::Reading { device: device.to_owned(), boot, lane, ..Default::default() }.encode_to_vec().into()
}

/// The part of a reading that is the same for all of its kind.
pub(super) fn observations(observations: Vec<proto::Observation>) -> Box<[u8]> {
    proto::Reading { observations, ..Default::default() }.encode_to_vec().into()
}

/// A saturation that breaches nothing.
pub(super) fn quiet() -> Box<[u8]> {
    observations(vec![proto::Observation {
        code: Code::SPO2.0,
        value: Some(proto::observation::Value::Number(97.0)),
        unit: "%".to_owned(),
        validity: 0,
    }])
}

/// A beat, after which none may follow.
pub(super) fn beat() -> Box<[u8]> {
    observations(vec![proto::Observation {
        code: Code::BEAT_TYPE.0,
        value: Some(proto::observation::Value::Text("N".to_owned())),
        unit: String::new(),
        validity: 0,
    }])
}

/// Puts one reading, with its tag and length, behind what is in `list`.
pub(super) fn put_reading(list: &mut Vec<u8>, device: &[u8], stamp: Stamp, observations: &[u8]) {
    let mut stamps = [0_u8; 48];
    let mut end = 0;
    let (time, sent) = (stamp.device_time_us.cast_unsigned(), stamp.sent_at_us.cast_unsigned());
    // Sequence, device time, sent at, observed until: fields 4 to 7.
    for (field, number) in [(4, stamp.sequence), (5, time), (6, sent), (7, time)] {
        stamps[end] = tag(field, VARINT);
        end += 1 + put_varint(&mut stamps[end + 1..], number);
    }
    list.push(tag(1, BYTES));
    let mut length = [0_u8; 10];
    let size = put_varint(&mut length, (device.len() + end + observations.len()) as u64);
    list.extend_from_slice(&length[..size]);
    list.extend_from_slice(device);
    list.extend_from_slice(&stamps[..end]);
    list.extend_from_slice(observations);
}

/// The message round a list of readings.
pub(super) fn message(list: &[u8]) -> Bytes {
    let mut out = Vec::with_capacity(list.len() + 12);
    out.push(tag(2, BYTES));
    let mut length = [0_u8; 10];
    let size = put_varint(&mut length, list.len() as u64);
    out.extend_from_slice(&length[..size]);
    out.extend_from_slice(list);
    out.into()
}

#[allow(clippy::cast_possible_truncation)] // The low seven bits are wanted.
fn put_varint(to: &mut [u8], mut number: u64) -> usize {
    let mut at = 0;
    while number >= 0x80 {
        to[at] = number as u8 | 0x80;
        number >>= 7;
        at += 1;
    }
    to[at] = number as u8;
    at + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_by_hand_is_what_the_protocol_says() {
        let mut list = Vec::new();
        let device = device_part("load-000017", 1_800_000_000_000_001);
        let stamps = [
            Stamp { sequence: 1, device_time_us: 5, sent_at_us: 6 },
            Stamp { sequence: u64::MAX, device_time_us: -1, sent_at_us: i64::MAX },
        ];
        put_reading(&mut list, &device, stamps[0], &quiet());
        put_reading(&mut list, &device, stamps[1], &beat());
        let decoded = proto::IngestRequest::decode(message(&list)).unwrap();
        let Some(Kind::Readings(readings)) = decoded.kind else { panic!("no readings") };
        assert_eq!(readings.readings.len(), 2);
        for (reading, stamp) in readings.readings.iter().zip(stamps) {
            assert_eq!((reading.device.as_str(), reading.boot), ("load-000017", 1_800_000_000_000_001));
            assert_eq!(reading.lane(), proto::Lane::Live);
            assert_eq!((reading.sequence, reading.device_time_us), (stamp.sequence, stamp.device_time_us));
            assert_eq!((reading.sent_at_us, reading.observed_until_us), (stamp.sent_at_us, Some(stamp.device_time_us)));
            assert_eq!(reading.observations.len(), 1);
        }
        assert_eq!(readings.readings[0].observations[0].code, Code::SPO2.0);
    }

    #[test]
    fn a_long_list_of_devices_says_hello_in_parts() {
        let devices: Vec<_> = (0..2_500).map(|at| (format!("d{at}"), format!("p{at}"))).collect();
        assert_eq!(hellos(&devices, 1).len(), 3);
    }
}
