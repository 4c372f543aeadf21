//! Decoders: from the payload of a device's own format to observations, by versioned definitions.
//!
//! [`DecoderSet`] is what the files under `config/devices` say. A decoder is chosen by model, firmware and content type;
//! it says where each value stands in a JSON document or a binary layout, what its unit is, and which values mean that
//! there is no signal. What cannot be decoded is an answer, never a guess: see [`Undecodable`].

mod binary;
mod certificate;
mod decoding;
mod definition;
mod field;
mod firmware;
mod json;
mod parse;
mod set;

#[cfg(test)]
mod tests;

use super::{fields, mistake};

pub use super::mistake::Mistake;
pub use certificate::{Certificate, Expected, FieldShown};
pub use decoding::{Decoded, Undecodable};
pub use definition::Decoder;
pub use field::Field;
pub use set::{DecodedBy, DecoderSet};
