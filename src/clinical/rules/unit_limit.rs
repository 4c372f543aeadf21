//! Limits for all patients of a unit, as rule files say.

use chrono::DateTime;
use smol_str::SmolStr;

use super::fields::Fields;
use super::set_limit::{LimitValue, SetLimit};
use crate::clinical::ids::{IdError, PersonId, RuleId, UnitId};
use crate::time::Timestamp;

/// A limit for all patients of a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitLimit {
    /// The unit.
    pub unit: UnitId,
    /// The limit.
    pub limit: SetLimit,
}

/// Reads a table `[[unit_limit]]`: `unit`, `rule`, `limit`, `clears_at`, `by`, `reason`, `until`.
pub(super) fn read_unit_limit(mut fields: Fields<'_>) -> Option<UnitLimit> {
    let any = -1e9..=1e9;
    let unit = read_id(&mut fields, "unit", UnitId::new);
    let rule = read_id(&mut fields, "rule", RuleId::new);
    let limit = fields.number("limit", any.clone()).and_then(LimitValue::new);
    let clears_at = fields.optional_number("clears_at", any).and_then(LimitValue::new);
    let by = read_id(&mut fields, "by", PersonId::new);
    let reason = fields.text("reason").map(SmolStr::new);
    let text = fields.optional_text("until");
    let read = text.map(|text| DateTime::parse_from_rfc3339(text).ok());
    if read == Some(None) {
        fields.wrong("until", "must be a time with its zone, for example 2026-12-24T08:00:00Z");
    }
    let until = match read {
        None => Some(None),
        Some(at) => at.map(|at| Some(Timestamp(at.timestamp_micros()))),
    };
    fields.finish();
    let limit = SetLimit { rule: rule?, limit: limit?, clears_at, by: by?, reason: reason?, until: until? };
    Some(UnitLimit { unit: unit?, limit })
}

fn read_id<T>(fields: &mut Fields<'_>, key: &'static str, new: fn(&str) -> Result<T, IdError>) -> Option<T> {
    let read = new(fields.text(key)?);
    read.map_err(|error| fields.wrong(key, &format!("names nobody: {error}"))).ok()
}
