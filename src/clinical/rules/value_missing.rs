//! A value that cannot be judged because the device does not send what it is judged with: technical.

use smallvec::SmallVec;

use super::breach::Verdict;
use super::fields::{Fields, NumberCode};
use super::joint::Values;
use super::slot::Turn;
use crate::clinical::codes::Code;

/// A device sends `code` for the rule's delay without all of `needs`, at most `fresh_s` old; ends when all are there.
///
/// Slot: `since`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ValueMissing {
    code: Code,
    needs: SmallVec<[Code; 2]>,
    fresh_us: i64,
    delay_us: i64,
}

impl ValueMissing {
    pub(super) fn parse(fields: &mut Fields<'_>, delay_us: i64) -> Option<Self> {
        let code = fields.number_code("code");
        let needs = fields.codes("needs");
        let fresh_us = fields.window_s("fresh_s", delay_us);
        let NumberCode { info, .. } = code?;
        let needs = needs.into_iter().map(|info| info.code).collect();
        Some(Self { code: info?.code, needs, fresh_us: fresh_us?, delay_us })
    }

    /// The codes that it is about.
    pub(super) fn codes(&self) -> SmallVec<[Code; 3]> {
        std::iter::once(self.code).chain(self.needs.iter().copied()).collect()
    }

    pub(super) fn values(&self, turn: &mut Turn<'_>, values: &Values<'_>) {
        let missing = self.needs.iter().any(|code| values.fresh(*code, self.fresh_us).is_none());
        if !missing {
            turn.hold(values.now, Some(Verdict::Clear), None, false, self.delay_us);
        } else if values.is_new(self.code) {
            turn.hold(values.now, Some(Verdict::Breach), None, false, self.delay_us);
        }
    }
}
