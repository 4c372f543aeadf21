//! Conditions made of other conditions.

use smol_str::SmolStr;

use super::fields::Fields;
use super::slot::Turn;
use crate::time::Timestamp;

/// Present for the rule's delay: every condition of `all`, at least one of `any`, none of `not`, and every one of `while`.
/// The last two only frame it: start and value are those of `all` and `any`, whichever came last.
///
/// Slot: `since` is since when it has been so.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Compound {
    pub(super) all: Members,
    pub(super) any: Members,
    pub(super) not: Members,
    pub(super) during: Members,
    pub(super) delay_us: i64,
}

/// Rules by name, with the line that names them, until the set is complete; then by their places.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Members {
    pub(super) names: Vec<(SmolStr, usize)>,
    pub(super) rules: Vec<u16>,
}

/// What a member says of itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    pub(super) start: Timestamp,
    pub(super) value: Option<f64>,
}

impl Compound {
    pub(super) fn parse(fields: &mut Fields<'_>, delay_us: i64) -> Option<Self> {
        let mut members = |key| {
            let texts = fields.texts(key);
            let names = texts.into_iter().map(|(name, at)| (SmolStr::new(name), fields.source.line(at))).collect();
            Members { names, rules: Vec::new() }
        };
        let (all, any, not, during) = (members("all"), members("any"), members("not"), members("while"));
        if all.names.is_empty() && any.names.is_empty() {
            fields.source.mistake(fields.offset(), "a compound has at least one rule in `all` or `any`");
            return None;
        }
        Some(Self { all, any, not, during, delay_us })
    }

    /// Every list of members.
    pub(super) fn lists_mut(&mut self) -> [&mut Members; 4] {
        [&mut self.all, &mut self.any, &mut self.not, &mut self.during]
    }

    /// What makes the condition, if it is so: the newest start among `all` and `any`.
    fn cause(&self, standing: &impl Fn(u16) -> Option<Standing>) -> Option<Standing> {
        let there = |rule: &u16| standing(*rule);
        if self.during.rules.iter().any(|rule| there(rule).is_none())
            || self.not.rules.iter().any(|r| there(r).is_some())
        {
            return None;
        }
        let mut all = Vec::with_capacity(self.all.rules.len());
        for rule in &self.all.rules {
            all.push(there(rule)?);
        }
        if !self.any.rules.is_empty() {
            // The one that came first holds the condition up already.
            all.push(self.any.rules.iter().filter_map(there).min_by_key(|standing| standing.start)?);
        }
        all.into_iter().max_by_key(|standing| standing.start)
    }

    /// Judges what is present since the changes at `at`, as far as the device has watched; whether the delay is running.
    pub(super) fn judge(
        &self,
        turn: &mut Turn<'_>,
        standing: &impl Fn(u16) -> Option<Standing>,
        at: Timestamp,
        now: Timestamp,
    ) -> bool {
        let Some(cause) = self.cause(standing) else {
            turn.end(at);
            turn.slot.since.clear();
            return false;
        };
        if turn.slot.present {
            return false;
        }
        let since = turn.slot.since.get_or_set(at);
        let onset = since.plus_us(self.delay_us);
        if now < onset {
            return true;
        }
        turn.slot.since.clear();
        turn.begin(cause.start.min(onset), onset, cause.value);
        false
    }
}
