//! A measured value that is off its set value.

use super::breach::Verdict;
use super::fields::{Fields, NumberCode};
use super::joint::Values;
use super::slot::Turn;
use crate::clinical::codes::Code;

/// `code` is off the device's own set value `from` by more than `percent` of it, in either direction or only below
/// (`side`), for the rule's delay. Both must be at most `fresh_s` old; a set value of 0 or less sets nothing, and clears the
/// condition. `{value}` is the deviation in percent.
///
/// Slot: `since`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Deviation {
    pub(super) code: Code,
    pub(super) from: Code,
    pub(super) percent: f64,
    only_below: bool,
    fresh_us: i64,
    delay_us: i64,
}

impl Deviation {
    pub(super) fn parse(fields: &mut Fields<'_>, delay_us: i64) -> Option<Self> {
        let code = fields.number_code("code");
        let from = fields.number_code("from");
        let percent = fields.number("percent", 0.0..=100.0);
        let only_below = fields.word("side", &[("either", false), ("below", true)]);
        let fresh_us = fields.window_s("fresh_s", delay_us);
        if let (Some(NumberCode { info: Some(code), .. }), Some(NumberCode { info: Some(from), .. })) = (&code, &from)
            && code.unit != from.unit
        {
            fields.wrong("from", &format!("must have the unit of `code`, which is `{}`", code.ucum));
        }
        Some(Self {
            code: code?.info?.code,
            from: from?.info?.code,
            percent: percent?,
            only_below: only_below?,
            fresh_us: fresh_us?,
            delay_us,
        })
    }

    pub(super) fn values(&self, turn: &mut Turn<'_>, values: &Values<'_>) {
        if !values.is_new(self.code) && !values.is_new(self.from) {
            return;
        }
        let both = values.fresh(self.code, self.fresh_us).zip(values.fresh(self.from, self.fresh_us));
        let Some((value, set)) = both else { return turn.hold(values.now, None, None, false, self.delay_us) };
        if set <= 0.0 {
            return turn.hold(values.now, Some(Verdict::Clear), None, false, self.delay_us);
        }
        let off = (value - set) / set * 100.0;
        let breaching = if self.only_below { -off > self.percent } else { off.abs() > self.percent };
        let verdict = if breaching { Verdict::Breach } else { Verdict::Clear };
        turn.hold(values.now, Some(verdict), Some(off), false, self.delay_us);
    }
}
