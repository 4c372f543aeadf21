//! `[[policy]]`

use super::read::Reading;
use super::units::SETTINGS;
use super::words::{id, place, tables, targets};
use crate::clinical::condition::{ConditionKind, Priority};
use crate::clinical::fields::Fields;
use crate::clinical::ids::PolicyId;
use crate::clinical::oncall::policy::{Delay, Policy, Step};

/// More steps than anybody can oversee.
const STEPS_MAX: usize = 16;
/// A step of more than a month is no step.
const DELAY_S_MAX: f64 = 31.0 * 86_400.0;

pub(super) fn policy(fields: &mut Fields<'_>, reading: &mut Reading) {
    let name = id(fields, "id", PolicyId::new);
    let setting = fields.word("setting", &SETTINGS);
    let kind = fields
        .word("kind", &[("physiological", ConditionKind::Physiological), ("technical", ConditionKind::Technical)]);
    let priority =
        fields.word("priority", &[("low", Priority::Low), ("medium", Priority::Medium), ("high", Priority::High)]);
    let lethal = fields.flag("lethal", false);
    let answer = delay(fields, "answer_s", "answer");
    let fallback = targets(fields, "fallback", reading);
    let mut steps = Vec::new();
    let mut count = 0;
    tables(fields, "step", reading, |step, reading| {
        count += 1;
        steps.extend(read_step(step, reading));
    });
    if count == 0 {
        fields.wrong("step", "is missing: a policy needs at least one step; allowed: [[policy.step]]");
    }
    if count > STEPS_MAX {
        fields.wrong("step", &format!("is there {count} times; allowed: at most {STEPS_MAX}"));
    }
    let (Some(id), Some(setting), Some(kind), Some(priority), Some(answer)) = (name, setting, kind, priority, answer)
    else {
        return;
    };
    reading.policies_at.push(place(fields, fields.offset()));
    reading.plan.policies.push(Policy { id, setting, kind, priority, lethal, steps, answer, fallback });
}

fn read_step(fields: &mut Fields<'_>, reading: &mut Reading) -> Option<Step> {
    let targets = targets(fields, "page", reading);
    let delay = delay(fields, "delay_s", "until");
    let accepts = if fields.has("accepts") { fields.whole("accepts", 1..=9)? } else { 1 };
    Some(Step { targets, delay: delay?, accepts: u8::try_from(accepts).ok()? })
}

/// A length in seconds, or a word for what a calendar or a shift gives.
fn delay(fields: &mut Fields<'_>, in_s: &'static str, word: &'static str) -> Option<Delay> {
    if fields.has(word) {
        if fields.has(in_s) {
            fields.wrong(word, &format!("and `{in_s}` say the same: use one of them"));
        }
        return fields.word(word, &[("next-working-day", Delay::NextWorkingDay), ("shift", Delay::Shift)]);
    }
    let s = fields.number(in_s, 1.0..=DELAY_S_MAX)?;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // At most a month.
    Some(Delay::Ms((s * 1_000.0).round() as u32))
}
