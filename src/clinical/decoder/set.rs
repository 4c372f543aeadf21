//! A validated, immutable set of decoders.

use std::cell::RefCell;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::decoding::{Decoded, Undecodable};
use super::definition::Decoder;
use super::mistake::{Mistake, in_order};
use super::parse;
use crate::clinical::reading::RawPayload;
use crate::clinical::texts::hash;

/// Which version of which decoder gave the observations of a reading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecodedBy {
    /// The decoder.
    pub id: SmolStr,
    /// Its version.
    pub version: u32,
    /// The first eight bytes of the hash of the set that was in force: the journal has its full text.
    pub set: u64,
}

/// A validated, immutable set of decoders.
#[derive(Clone, Debug, PartialEq)]
pub struct DecoderSet {
    decoders: Vec<Decoder>,
    texts: Vec<(String, String)>,
    hash: [u8; 32],
}

impl Default for DecoderSet {
    /// No decoder: every payload is kept, and none decoded.
    fn default() -> Self {
        Self { decoders: Vec::new(), texts: Vec::new(), hash: hash(&[]) }
    }
}

impl DecoderSet {
    /// Parses definition files, given as (file name, text).
    ///
    /// # Errors
    /// Every mistake of every file at once, in the order of files and lines.
    pub fn parse(files: &[(String, String)]) -> Result<Self, Vec<Mistake>> {
        let mistakes = RefCell::new(Vec::new());
        let decoders = parse::decoders(files, &mistakes);
        let mistakes = mistakes.into_inner();
        if mistakes.is_empty() {
            Ok(Self { decoders, texts: files.to_vec(), hash: hash(files) })
        } else {
            Err(in_order(mistakes, files))
        }
    }

    /// SHA-256 of the texts it was parsed from: the name under which it is journaled.
    #[must_use]
    pub const fn hash(&self) -> [u8; 32] {
        self.hash
    }

    /// The texts it was parsed from: (file name, content), in order. Parsing them again gives the same set.
    #[must_use]
    pub fn texts(&self) -> &[(String, String)] {
        &self.texts
    }

    /// The decoders, in the order of their files.
    #[must_use]
    pub fn decoders(&self) -> &[Decoder] {
        &self.decoders
    }

    /// What stored readings keep of the hash.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        let mut first = [0; 8];
        first.copy_from_slice(&self.hash[..8]);
        u64::from_be_bytes(first)
    }

    /// The decoder for a payload of this media type from this model and firmware.
    ///
    /// # Errors
    /// [`Undecodable::NoDecoder`] and [`Undecodable::ContentType`].
    pub fn choose(&self, model: &str, firmware: &str, content_type: &str) -> Result<&Decoder, Undecodable> {
        let mut readable = Vec::new();
        for decoder in self.decoders.iter().filter(|decoder| decoder.is_for(model, firmware)) {
            if decoder.reads(content_type) {
                return Ok(decoder);
            }
            readable.push(decoder.content_type.as_str());
        }
        if readable.is_empty() {
            return Err(Undecodable::NoDecoder { model: model.to_owned(), firmware: firmware.to_owned() });
        }
        Err(Undecodable::ContentType { allowed: readable.join(", ") })
    }

    /// Decodes a payload of this model and firmware.
    ///
    /// # Errors
    /// [`Undecodable`]: nothing of it counts.
    pub fn decode(
        &self,
        model: &str,
        firmware: &str,
        payload: &RawPayload,
    ) -> Result<(DecodedBy, Decoded), Undecodable> {
        let decoder = self.choose(model, firmware, &payload.content_type)?;
        let decoded = decoder.decode(payload)?;
        let by = DecodedBy { id: decoder.id.clone(), version: decoder.version, set: self.fingerprint() };
        Ok((by, decoded))
    }
}
