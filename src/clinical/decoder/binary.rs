//! Values at fixed offsets of a binary payload.

use smol_str::SmolStr;

use super::decoding::Place;
use super::field::Raw;

/// How a number is laid down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    F32,
    /// 16-bit float of IEEE 11073-20601: four bits of a decimal exponent, twelve of a mantissa, both signed.
    Sfloat,
}

/// The types in the words of definition files.
pub(super) const TYPES: [(&str, Type); 8] = [
    ("u8", Type::U8),
    ("i8", Type::I8),
    ("u16", Type::U16),
    ("i16", Type::I16),
    ("u32", Type::U32),
    ("i32", Type::I32),
    ("f32", Type::F32),
    ("sfloat", Type::Sfloat),
];

impl Type {
    /// Length in bytes.
    pub(super) const fn length(self) -> usize {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 | Self::Sfloat => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
        }
    }

    /// The largest number of an unsigned type; `None` for others, of which no bits can be taken.
    pub(super) const fn largest(self) -> Option<u32> {
        match self {
            Self::U8 => Some(0xFF),
            Self::U16 => Some(0xFFFF),
            Self::U32 => Some(u32::MAX),
            Self::I8 | Self::I16 | Self::I32 | Self::F32 | Self::Sfloat => None,
        }
    }
}

/// Which byte of a number comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endian {
    /// The least significant.
    Little,
    /// The most significant.
    Big,
}

/// Where a value stands and how.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    pub(super) offset: usize,
    pub(super) what: Type,
    pub(super) endian: Endian,
    /// Bits of an unsigned number, moved down to the lowest of them; `None`: all.
    pub(super) mask: Option<u32>,
}

impl Layout {
    /// The value; `None` where the payload ends before it. What is no finite number is the word for it: `nan`, `inf`,
    /// `-inf`, `nres` (not at this resolution).
    pub(super) fn find(&self, payload: &[u8]) -> Option<Raw> {
        let bytes = payload.get(self.offset..self.offset.checked_add(self.what.length())?)?;
        let mut word = [0; 4];
        let place = word.get_mut(4 - bytes.len()..)?;
        place.copy_from_slice(bytes);
        if self.endian == Endian::Little {
            place.reverse();
        }
        let word = u32::from_be_bytes(word);
        let number = match self.what {
            Type::U8 | Type::U16 | Type::U32 => f64::from(self.masked(word)),
            // The sign is in the lowest one or two bytes: truncation is the point.
            #[allow(clippy::cast_possible_truncation)]
            Type::I8 => f64::from((word as u8).cast_signed()),
            #[allow(clippy::cast_possible_truncation)]
            Type::I16 => f64::from((word as u16).cast_signed()),
            Type::I32 => f64::from(word.cast_signed()),
            Type::F32 => f64::from(f32::from_bits(word)),
            Type::Sfloat => return Some(sfloat(word)),
        };
        Some(finite(number))
    }

    fn masked(&self, word: u32) -> u32 {
        // A mask is never 0.
        self.mask.map_or(word, |mask| (word & mask) >> mask.trailing_zeros())
    }
}

fn finite(number: f64) -> Raw {
    let word = match number {
        _ if number.is_finite() => return Raw::Number(number),
        f64::INFINITY => "inf",
        f64::NEG_INFINITY => "-inf",
        _ => "nan",
    };
    Raw::Text(SmolStr::new_static(word))
}

/// The lowest 16 bits as a 16-bit float.
fn sfloat(word: u32) -> Raw {
    let special = match word & 0xFFFF {
        0x07FF => Some("nan"),
        0x0800 => Some("nres"),
        0x07FE => Some("inf"),
        0x0802 => Some("-inf"),
        0x0801 => Some("reserved"),
        _ => None,
    };
    if let Some(word) = special {
        return Raw::Text(SmolStr::new_static(word));
    }
    let signed = |bits: u32, width: u32| {
        let shift = 32 - width;
        (bits << shift).cast_signed() >> shift
    };
    let (exponent, mantissa) = (signed((word >> 12) & 0xF, 4), signed(word & 0xFFF, 12));
    // A division gives the decimal that was meant; a product with 0.1 would not.
    let power = 10_f64.powi(exponent.abs());
    let number = if exponent < 0 { f64::from(mantissa) / power } else { f64::from(mantissa) * power };
    Raw::Number(number)
}

impl Place for Layout {
    fn shown(&self) -> String {
        format!("byte {}", self.offset)
    }
}
