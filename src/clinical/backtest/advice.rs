//! What one limit would have alerted in one patient.

use std::collections::HashMap;

use smol_str::SmolStr;

use super::compare::{Compared, compare};
use super::judged::Judged;
use crate::clinical::condition::Evidence;
use crate::clinical::ids::DeviceId;
use crate::clinical::patient::{PastReading, Profile};
use crate::clinical::rules::{LimitRefused, RuleSet, SetLimit};

/// What a limit would have changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Advice {
    /// How many alerts the limit that is in force raises.
    pub now: usize,
    /// How many the other limit would have raised.
    pub then: usize,
    /// What differs.
    pub compared: Compared,
}

/// What `set` would have alerted in a patient with this profile, against what is in force, over these readings. Only the
/// rule itself is looked at: what hides it, or what it hides, is left out.
///
/// # Errors
/// [`LimitRefused`]: nobody may set that limit.
pub fn advise(
    rules: &RuleSet,
    profile: &Profile,
    set: &SetLimit,
    readings: &mut [PastReading],
) -> Result<Advice, LimitRefused> {
    rules.check_limit(set)?;
    let alone = rules.only(&set.rule).ok_or_else(|| LimitRefused::NoSuchRule(set.rule.clone()))?;
    let mut with = profile.clone();
    with.limits.retain(|known| known.rule != set.rule);
    with.limits.push(SetLimit { until: None, ..set.clone() });
    readings.sort_by(|a, b| {
        let order = |past: &PastReading| (past.reading.device_time, past.reading.key.boot, past.reading.key.sequence);
        order(a).cmp(&order(b)).then_with(|| a.device.cmp(&b.device))
    });
    let (mut old, mut new) = (Judged::new(&alone), Judged::new(&alone));
    let mut sources: HashMap<DeviceId, Evidence> = HashMap::new();
    let model = SmolStr::default();
    for past in readings {
        let source = sources
            .entry(past.device.clone())
            .or_insert_with(|| Evidence::at_place(past.device.clone(), past.stream_sequence));
        old.hear(profile, &model, source, &past.reading);
        new.hear(&with, &model, source, &past.reading);
    }
    let compared = compare(old.alerts(), new.alerts());
    Ok(Advice { now: old.alerts().len(), then: new.alerts().len(), compared })
}
