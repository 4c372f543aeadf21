//! Small definition files.

use crate::clinical::decoder::{Decoded, DecoderSet, Undecodable};
use crate::clinical::reading::{Observation, RawPayload, Validity, Value};

pub(super) const JSON_HEAD: &str = "[[decoder]]\nid = \"a\"\nversion = 3\nmodel = \"m\"\nfirmware = [\"1\"]\n\
    content_type = \"application/json\"\nsource = \"a test\"\nformat = \"json\"\n";
pub(super) const BINARY_HEAD: &str = "[[decoder]]\nid = \"a\"\nversion = 3\nmodel = \"m\"\nfirmware = [\"1\"]\n\
    content_type = \"application/octet-stream\"\nsource = \"a test\"\nformat = \"binary\"\nlength = 4\nendian = \"big\"\n";

pub(super) fn set(text: &str) -> DecoderSet {
    DecoderSet::parse(&[("f.toml".into(), text.into())]).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"))
}

pub(super) fn json(fields: &str) -> DecoderSet {
    set(&format!("{JSON_HEAD}{fields}"))
}

pub(super) fn binary(fields: &str) -> DecoderSet {
    set(&format!("{BINARY_HEAD}{fields}"))
}

pub(super) fn payload(content_type: &str, bytes: &[u8]) -> RawPayload {
    RawPayload { content_type: content_type.into(), bytes: bytes.to_vec() }
}

/// Decodes a payload of model `m`, firmware 1, in the media type of the first decoder.
pub(super) fn decode(set: &DecoderSet, bytes: &[u8]) -> Result<Decoded, Undecodable> {
    let content_type = &set.decoders()[0].content_type;
    set.decode("m", "1", &payload(content_type, bytes)).map(|(_, decoded)| decoded)
}

/// (short name, number, validity) of each observation.
pub(super) fn numbers(decoded: &Decoded) -> Vec<(&'static str, f64, Validity)> {
    let shown = |observation: &Observation| {
        let Value::Number(number) = observation.value else { panic!("{observation:?} is no number") };
        (observation.code.info().unwrap().name, number, observation.validity)
    };
    decoded.observations.iter().map(shown).collect()
}
