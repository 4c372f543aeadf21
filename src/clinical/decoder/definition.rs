//! One decoder: for which devices it is, and where in their payloads the values stand.

use smol_str::SmolStr;

use super::binary::Layout;
use super::field::{Field, Raw};
use super::firmware::Firmware;
use super::json::Path;

/// One versioned decoder of a [`DecoderSet`](super::DecoderSet).
#[derive(Clone, Debug, PartialEq)]
pub struct Decoder {
    /// Name, unique in the set.
    pub id: SmolStr,
    /// Raised with every change.
    pub version: u32,
    /// The model for which it is.
    pub model: SmolStr,
    /// Media type of the payloads, without parameters.
    pub content_type: SmolStr,
    /// Where the format is described.
    pub source: SmolStr,
    /// The firmwares for which it is.
    pub(super) firmware: Vec<Firmware>,
    pub(super) format: Format,
}

/// How a payload is laid out.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Format {
    /// A JSON document.
    Json(Parts<Path>),
    /// Bytes at fixed offsets.
    Binary {
        /// Length of every payload, in bytes.
        length: usize,
        parts: Parts<Layout>,
    },
}

/// What is looked for, each with its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Parts<P> {
    /// What every payload of the format holds; one that differs is of another format.
    pub(super) expected: Vec<(P, Raw)>,
    pub(super) fields: Vec<(P, Field)>,
}

impl Decoder {
    /// Whether it is for this model and firmware, whatever the content type.
    #[must_use]
    pub fn is_for(&self, model: &str, firmware: &str) -> bool {
        self.model == model && self.firmware.iter().any(|range| range.fits(firmware))
    }

    /// Whether it reads this media type; parameters such as `charset` make no difference.
    #[must_use]
    pub fn reads(&self, content_type: &str) -> bool {
        let bare = content_type.split(';').next().unwrap_or_default().trim();
        self.content_type.eq_ignore_ascii_case(bare)
    }

    /// The values that it looks for, in order.
    pub fn fields(&self) -> Box<dyn Iterator<Item = &Field> + '_> {
        match &self.format {
            Format::Json(parts) => Box::new(parts.fields.iter().map(|(_, field)| field)),
            Format::Binary { parts, .. } => Box::new(parts.fields.iter().map(|(_, field)| field)),
        }
    }

    /// Whether some device is meant by both.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        self.model == other.model
            && self.content_type == other.content_type
            && self.firmware.iter().any(|one| other.firmware.iter().any(|two| one.overlaps(two)))
    }
}
