//! A device that sends rarely and has not sent for too long: technical.

use smol_str::SmolStr;

use super::applies::Subject;
use super::fields::Fields;
use super::kind::Kind;
use super::rule::Rule;
use super::set::RuleSet;
use super::slot::Turn;
use crate::clinical::condition::{Condition, ConditionKey};
use crate::clinical::ids::{DeviceId, RuleId};
use crate::time::Timestamp;

/// No reading of the device for `after_s`. Onset: the newest reading + that time; ends with the next reading. In a
/// recording it is found with the reading that ends it; the device's actor finds it by receipt time.
///
/// Slot: `since` is the newest reading.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct NoTransmission {
    pub(super) after_us: i64,
}

impl NoTransmission {
    pub(super) fn parse(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self { after_us: fields.window_s("after_s", 0)? })
    }

    pub(super) fn hear(&self, turn: &mut Turn<'_>, at: Timestamp) {
        let newest = turn.slot.since.get().unwrap_or(at);
        turn.slot.since.set(at);
        let onset = newest.plus_us(self.after_us);
        if at >= onset {
            turn.begin(newest, onset, None);
        }
        turn.end(at);
    }
}

/// Of a running platform the device's actor finds it, by receipt time: nothing that arrives could.
impl RuleSet {
    /// The rule that waits for the transmissions of this model, and for how long, in microseconds.
    #[must_use]
    pub fn no_transmission(&self, model: &SmolStr) -> Option<(&RuleId, i64)> {
        self.waiting(model).map(|(rule, after_us)| (&rule.id, after_us))
    }

    /// The rules that wait for transmissions of any model.
    pub fn not_transmitting_rules(&self) -> impl Iterator<Item = &RuleId> {
        self.waiting.iter().map(|rule| &self.rules()[usize::from(*rule)].id)
    }

    /// Whether this rule waits for transmissions.
    #[must_use]
    pub fn is_not_transmitting(&self, id: &RuleId) -> bool {
        self.not_transmitting_rules().any(|rule| rule == id)
    }

    /// The condition of a device of which nothing has come since `newest`, both receipt times.
    #[must_use]
    pub fn not_transmitting(
        &self,
        model: &SmolStr,
        device: &DeviceId,
        newest: Timestamp,
        now: Timestamp,
    ) -> Option<Condition> {
        let (rule, _) = self.waiting(model)?;
        let key = ConditionKey { rule: rule.id.clone(), device: Some(device.clone()), patient: None };
        let text = rule.text.fill(None, None, &[]);
        let built_in = Condition::built_in(key, rule.priority, newest, now, text);
        Some(Condition { rule_version: rule.version, latching: rule.latching, lethal: rule.lethal, ..built_in })
    }

    fn waiting(&self, model: &SmolStr) -> Option<(&Rule, i64)> {
        let rules = self.waiting.iter().map(|rule| &self.rules()[usize::from(*rule)]);
        rules.filter(|rule| rule.alert && rule.applies.to(Subject::Device { model })).find_map(|rule| {
            match &rule.what {
                Kind::NoTransmission(kind) => Some((rule, kind.after_us)),
                _ => None,
            }
        })
    }
}
