//! A code that a device used to send and sends no more: technical, never physiological.

use super::fields::Fields;
use super::slot::Turn;
use crate::clinical::codes::Code;
use crate::time::Timestamp;

/// No valid sample of a code for max(`at_least_s`, `periods` x the declared period) of device time, while the device
/// itself goes on. Onset: newest valid sample + that time (the first sample, where none has been valid). Ends at the
/// next valid sample. A device that is silent altogether is found by receipt time, not here.
///
/// Slot: `present` only.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Silence {
    pub(super) code: Code,
    at_least_us: i64,
    periods: f64,
}

impl Silence {
    pub(super) fn parse(fields: &mut Fields<'_>) -> Option<Self> {
        let code = fields.code("code");
        let at_least_us = fields.number("at_least_s", 1.0..=86_400.0);
        let periods = fields.number("periods", 1.0..=100.0);
        #[allow(clippy::cast_possible_truncation)] // At most a day, in microseconds.
        Some(Self { code: code?.code, at_least_us: (at_least_us? * 1e6).round() as i64, periods: periods? })
    }

    /// The device has watched until `until`; the newest valid sample was at `heard`.
    pub(super) fn watched(&self, turn: &mut Turn<'_>, heard: Timestamp, period_ms: u32, until: Timestamp) {
        if turn.slot.present {
            return;
        }
        #[allow(clippy::cast_possible_truncation)] // At most 100 x 50 days, in microseconds.
        let patience_us = self.at_least_us.max((f64::from(period_ms) * 1e3 * self.periods) as i64);
        let onset = heard.plus_us(patience_us);
        if until >= onset {
            turn.begin(heard, onset, None);
        }
    }

    /// A valid sample.
    #[allow(clippy::unused_self)] // One verb for every kind.
    pub(super) fn heard(&self, turn: &mut Turn<'_>, at: Timestamp) {
        turn.end(at);
    }
}
