//! What the rules remembered, kept to judge late readings from.

use prost::Message;

use super::error::DecodeError;
use super::patient::decode_run;
use crate::clinical::patient::{Run, Windows};
use crate::proto;
use crate::time::Timestamp;

const WHAT: &str = "windows";
/// Of the states: raised when their shape changes.
const FORMAT: u32 = 1;

/// Encodes windows.
#[must_use]
pub fn encode_windows(windows: &Windows) -> Vec<u8> {
    let run = |(device, through): &(_, u64)| {
        let device: &crate::clinical::ids::DeviceId = device;
        proto::ConsumedRun { device: device.to_string(), through: *through }
    };
    proto::Windows {
        format: FORMAT,
        at_us: windows.at.micros(),
        // States hold nothing that cannot be written; were it so, they could not be read back either, and are passed over.
        states: postcard::to_stdvec(&windows.states).unwrap_or_default(),
        marks: windows.marks.iter().map(run).collect(),
    }
    .encode_to_vec()
}

/// Decodes the device time of windows, and the windows themselves; `None`: their shape is of another version.
///
/// # Errors
/// [`DecodeError`].
pub fn decode_windows(plaintext: &[u8]) -> Result<(Timestamp, Option<Windows>), DecodeError> {
    let stored = proto::Windows::decode(plaintext).map_err(|error| DecodeError::because(WHAT, error))?;
    let at = Timestamp(stored.at_us);
    let Some(states) = Some(stored.states).filter(|_| stored.format == FORMAT) else { return Ok((at, None)) };
    let Ok(states) = postcard::from_bytes(&states) else { return Ok((at, None)) };
    let mark = |stored: &proto::ConsumedRun| decode_run(stored).map(|Run { device, through }| (device, through));
    let marks = stored.marks.iter().map(mark).collect::<Result<_, _>>()?;
    Ok((at, Some(Windows { at, states, marks })))
}
