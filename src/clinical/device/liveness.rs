//! Whether a device lives: silence, and a clock that is off.

use smallvec::SmallVec;
use smol_str::SmolStr;

use super::event::{ConditionChange, DeviceEvent};
use super::state::DeviceState;
use crate::clinical::condition::{Condition, ConditionKey, Priority, built_in_rule};
use crate::clinical::ids::DeviceId;
use crate::clinical::rules::RuleSet;
use crate::time::Timestamp;

/// Silence is never due earlier than this after the device was last heard.
pub const SILENCE_MS_MIN: i64 = 9_000;
/// Rule of a device that stopped sending.
pub const DEVICE_SILENT: &str = "device_silent";
/// Rule of a device whose clock is off.
pub const DEVICE_CLOCK: &str = "device_clock";

impl DeviceState {
    /// Notes a sign of life that is not a reading; the event ends a silence, if there was one.
    pub fn keepalive(&mut self, now: Timestamp) -> Option<DeviceEvent> {
        self.last_heard = self.last_heard.max(now);
        self.silent.then(|| self.condition(ConditionChange::Ended(built_in_rule(DEVICE_SILENT), now)))
    }

    /// Receipt time at which silence is due; `None` where nobody waits for the device.
    #[must_use]
    pub fn silence_due(&self) -> Option<Timestamp> {
        let waited_for = (self.assignment().is_some() && !self.silent) || self.is_unclaimed();
        waited_for.then(|| self.last_heard.plus_ms(self.silent_after_ms()))
    }

    /// Receipt time at which [`Self::tick`] has something to look at. A device may send readings that belong to nobody for
    /// `unclaimed_ms` before that is reported.
    #[must_use]
    pub fn due(&self, unclaimed_ms: i64, rules: &RuleSet) -> Option<Timestamp> {
        let alive = self.unclaimed_due(unclaimed_ms).or_else(|| self.silence_due());
        [alive, self.transmission_due(rules)].into_iter().flatten().min()
    }

    pub(super) fn silent_after_ms(&self) -> i64 {
        (i64::from(self.period_ms) * 5 / 2).max(SILENCE_MS_MIN)
    }

    /// Looks whether silence is due, or a transmission, or that the device belongs to nobody has to be reported; the
    /// events say so. `rules` and `engine` are those in force.
    #[must_use]
    pub fn tick(
        &mut self,
        device: &DeviceId,
        unclaimed_ms: i64,
        (rules, engine): (&RuleSet, u32),
        now: Timestamp,
    ) -> SmallVec<[DeviceEvent; 1]> {
        if self.assignment().is_none() {
            return self.tick_unclaimed(device, unclaimed_ms, now);
        }
        let mut events = self.tick_transmission(device, rules, engine, now);
        if self.silence_due().is_some_and(|due| due <= now) {
            let text = SmolStr::new_static("device stopped sending");
            let began = technical(device, DEVICE_SILENT, Priority::Medium, self.last_heard, now, text);
            events.push(self.condition(ConditionChange::Began(began)));
        }
        events
    }

    /// Waits for the device from `now` on at the earliest: the platform itself was not listening before.
    pub fn listen_from(&mut self, now: Timestamp) {
        self.last_heard = self.last_heard.max(now);
    }
}

/// A condition of this device that is built in.
pub(super) fn technical(
    device: &DeviceId,
    name: &'static str,
    priority: Priority,
    start: Timestamp,
    onset: Timestamp,
    text: SmolStr,
) -> Condition {
    let key = ConditionKey { rule: built_in_rule(name), device: Some(device.clone()), patient: None };
    Condition::built_in(key, priority, start, onset, text)
}

pub(super) fn clock_change(device: &DeviceId, off: bool, now: Timestamp) -> ConditionChange {
    if off {
        let text = SmolStr::new_static("device clock is off: its readings are judged by receipt time");
        ConditionChange::Began(technical(device, DEVICE_CLOCK, Priority::Low, now, now, text))
    } else {
        ConditionChange::Ended(built_in_rule(DEVICE_CLOCK), now)
    }
}
