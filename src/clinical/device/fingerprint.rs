//! A hash of what a reading says, to tell a repeat from a conflict.

use crate::clinical::reading::{Reading, Value};

/// Hash of a reading's content. `sent_at` is left out: a repeat is sent later. Not cryptographic: it guards against
/// faults of a device, whose identity the certificate has proved.
#[must_use]
pub fn fingerprint(reading: &Reading) -> u64 {
    let mut hash = Mix(0x9E37_79B9_7F4A_7C15);
    hash.word(reading.device_time.micros().cast_unsigned());
    hash.word(reading.observed_until.map_or(u64::MAX, |at| at.micros().cast_unsigned()));
    hash.word(u64::from(reading.period_ms) << 8 | reading.signal as u64);
    for observation in &reading.observations {
        hash.word(u64::from(observation.code.0) << 24 | (observation.unit as u64) << 8 | observation.validity as u64);
        match &observation.value {
            Value::Number(number) => hash.word(number.to_bits()),
            Value::Text(text) => hash.bytes(text.as_bytes()),
            Value::Samples { period_us, values } => {
                hash.word(u64::from(*period_us));
                values.iter().for_each(|value| hash.word(u64::from(value.to_bits())));
            }
        }
    }
    if let Some(payload) = &reading.payload {
        hash.bytes(payload.content_type.as_bytes());
        hash.bytes(&payload.bytes);
    }
    hash.0
}

struct Mix(u64);

impl Mix {
    fn word(&mut self, word: u64) {
        let folded = u128::from(self.0 ^ word) * 0x9FB2_1C65_1E98_DF25_u128;
        // The two halves of the product: truncation is the point.
        #[allow(clippy::cast_possible_truncation)]
        let (low, high) = (folded as u64, (folded >> 64) as u64);
        self.0 = low ^ high ^ word.rotate_left(29);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.word(bytes.len() as u64);
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.word(u64::from_le_bytes(word));
        }
    }
}
