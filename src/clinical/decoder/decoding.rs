//! What becomes of one payload.

use serde_json::Value;
use smallvec::SmallVec;

use super::definition::{Decoder, Format, Parts};
use super::field::{Found, Raw};
use crate::clinical::judge::Rejection;
use crate::clinical::reading::{Observation, RawPayload};

/// What a payload says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decoded {
    /// The observations, in the order of the definition; not judged yet.
    pub observations: SmallVec<[Observation; 2]>,
    /// Fields that gave no observation although they had to.
    pub missing: Vec<Rejection>,
}

/// Why a payload cannot be decoded at all. Never names a value of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undecodable {
    /// No decoder is for this model and firmware.
    #[error("no decoder is for model `{model}` with firmware `{firmware}`; the payload is kept")]
    NoDecoder {
        /// The model as the device or its registration says.
        model: String,
        /// The firmware, likewise.
        firmware: String,
    },
    /// The decoders for this model and firmware read other media types.
    #[error("the decoder does not read this content type; allowed: {allowed}")]
    ContentType {
        /// What they read.
        allowed: String,
    },
    /// It is no JSON document.
    #[error("the payload is no JSON document: it breaks at line {line}, column {column}")]
    NotJson {
        /// Where, from 1.
        line: usize,
        /// Where, from 1.
        column: usize,
    },
    /// It has another length.
    #[error("the payload has {found} bytes; allowed: {allowed}")]
    Length {
        /// Length found.
        found: usize,
        /// Length of the layout.
        allowed: usize,
    },
    /// It lacks what every payload of the format holds.
    #[error("the payload is of another format: {place} is not what every payload of this decoder holds")]
    OtherFormat {
        /// Where.
        place: String,
    },
    /// None of the fields is there.
    #[error("the payload has none of the fields that the decoder names")]
    NothingInIt,
}

impl Decoder {
    /// Decodes a payload.
    ///
    /// # Errors
    /// [`Undecodable`]: nothing of it counts.
    pub fn decode(&self, payload: &RawPayload) -> Result<Decoded, Undecodable> {
        if !self.reads(&payload.content_type) {
            return Err(Undecodable::ContentType { allowed: self.content_type.to_string() });
        }
        match &self.format {
            Format::Json(parts) => {
                let document: Value = serde_json::from_slice(&payload.bytes)
                    .map_err(|error| Undecodable::NotJson { line: error.line(), column: error.column() })?;
                read(parts, |path| path.find(&document))
            }
            Format::Binary { length, parts } => {
                if payload.bytes.len() != *length {
                    return Err(Undecodable::Length { found: payload.bytes.len(), allowed: *length });
                }
                read(parts, |layout| layout.find(&payload.bytes))
            }
        }
    }
}

fn read<P: Place>(parts: &Parts<P>, find: impl Fn(&P) -> Option<Raw>) -> Result<Decoded, Undecodable> {
    if let Some((place, _)) = parts.expected.iter().find(|(place, is)| find(place).as_ref() != Some(is)) {
        return Err(Undecodable::OtherFormat { place: place.shown() });
    }
    let mut decoded = Decoded::default();
    // Of a payload of another format nothing fits; one that says that nothing was measured is in order.
    let mut fits = false;
    for (place, field) in &parts.fields {
        let raw = find(place);
        let there = raw.is_some();
        match field.read(raw) {
            Found::Observed(observation) => {
                fits = true;
                decoded.observations.push(observation);
            }
            Found::NotMeasured => fits |= there,
            Found::Wrong(reason) => {
                decoded.missing.push(Rejection { observation: None, code: field.info.code, reason });
            }
        }
    }
    if fits { Ok(decoded) } else { Err(Undecodable::NothingInIt) }
}

/// A place that can be named to people.
pub(super) trait Place {
    /// Its name.
    fn shown(&self) -> String;
}
