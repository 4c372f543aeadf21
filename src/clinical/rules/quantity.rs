//! The codes and windows of a table of a rule file.

use std::ops::RangeInclusive;

use smallvec::SmallVec;

use super::fields::{Fields, NumberCode};
use crate::clinical::codes::{Allowed, CODES, Code, CodeInfo};
use crate::clinical::ids::RuleId;
use crate::clinical::units::Unit;

impl NumberCode {
    /// Where the code is wrong: any number will do, so that other mistakes are found as well.
    pub(super) const ANY: Self = Self { info: None, min: f64::MIN, max: f64::MAX };
}

impl<'a> Fields<'a> {
    /// The short name of a code that has numbers.
    pub(super) fn number_code(&mut self, key: &'static str) -> Option<NumberCode> {
        let name = self.text(key)?;
        if let Some((info, Allowed::Number { min, max })) = Code::by_name(name).map(|info| (info, info.allowed)) {
            return Some(NumberCode { info: Some(info), min, max });
        }
        self.wrong(key, &format!("is not a code with numbers; allowed: {}", names(is_number)));
        None
    }

    /// Reads `unit`, in which the quantities of this table are; it must convert to that of the code.
    pub(super) fn unit_for(&mut self, info: Option<&CodeInfo>) {
        let Some(text) = self.optional_text("unit") else { return };
        let Some(info) = info else { return };
        let unit = Unit::from_ucum(text);
        if unit.converts_to(info.unit) {
            self.units = Some((unit, info.unit));
        } else {
            let what = format!(
                "`{text}` does not convert to that of {}; allowed: `{}` or what converts to it",
                info.name, info.ucum
            );
            self.wrong("unit", &what);
        }
    }

    /// A quantity in the unit of this table, converted to that of its code, where it must be in `range`.
    pub(super) fn optional_quantity(&mut self, key: &'static str, range: RangeInclusive<f64>) -> Option<f64> {
        let Some((from, to)) = self.units else { return self.optional_number(key, range) };
        let value = self.optional_number(key, f64::MIN..=f64::MAX)?;
        let converted = from.convert(value, to).filter(|value| range.contains(value));
        if converted.is_none() {
            self.wrong(key, &format!("must be from {} to {} `{}`", range.start(), range.end(), to.ucum()));
        }
        converted
    }

    /// The short name of a code that has words.
    pub(super) fn word_code(&mut self, key: &'static str) -> Option<&'static CodeInfo> {
        let name = self.text(key)?;
        let found = Code::by_name(name).filter(|info| !is_number(info.allowed));
        if found.is_none() {
            self.wrong(key, &format!("is not a code with words; allowed: {}", names(|allowed| !is_number(allowed))));
        }
        found
    }

    /// The name of a rule or score.
    pub(super) fn id(&mut self) -> Option<RuleId> {
        self.identifier("id").and_then(|id| RuleId::new(id).ok())
    }

    /// The inline tables of a list; empty where the key is missing.
    pub(super) fn rows(&mut self, key: &'static str) -> Vec<Fields<'a>> {
        let Some(item) = self.item(key) else { return Vec::new() };
        let row = |value: &'a toml_edit::Value| Some((value.as_inline_table()?, value.span()));
        let found: Option<Vec<_>> = item.as_array().and_then(|array| array.iter().map(row).collect());
        let Some(found) = found else {
            self.wrong(key, "must be a list of tables, each in braces");
            return Vec::new();
        };
        let offset = |span: Option<std::ops::Range<usize>>| span.map_or(self.offset(), |span| span.start);
        found.into_iter().map(|(table, span)| Fields::new(self.source, key, table, offset(span))).collect()
    }

    /// The codes that a list of short names says.
    pub(super) fn codes(&mut self, key: &'static str) -> SmallVec<[&'static CodeInfo; 2]> {
        let texts = self.texts(key);
        if texts.is_empty() {
            self.wrong(key, "must name at least one code");
        }
        let mut codes = SmallVec::new();
        for (name, offset) in texts {
            match Code::by_name(name) {
                Some(info) => codes.push(info),
                None => self.source.mistake(
                    offset,
                    format!("`{key}` names `{name}`, which is no code; allowed: the names of docs/CODES.md"),
                ),
            }
        }
        codes
    }

    /// Two numbers, the smaller first, of `min` to `max`.
    pub(super) fn optional_range(&mut self, key: &'static str, min: f64, max: f64) -> Option<(f64, f64)> {
        if !self.has(key) {
            self.number_list(key, min..=max);
            return None;
        }
        let numbers = self.number_list(key, min..=max);
        match numbers[..] {
            [low, high] if low < high => Some((low, high)),
            _ => {
                self.wrong(key, "must hold two numbers, the smaller one first");
                None
            }
        }
    }

    /// Seconds of a window that must be there, as microseconds: 1 ms to a year, and not shorter than a delay.
    pub(super) fn window_s(&mut self, key: &'static str, delay_us: i64) -> Option<i64> {
        #[allow(clippy::cast_possible_truncation)] // At most a year, in microseconds.
        let window_us = self.number(key, 0.001..=31_557_600.0).map(|s| (s * 1e6).round() as i64)?;
        if delay_us > window_us {
            self.wrong(key, "is shorter than `condition_delay_s`: the delay must be at most its window");
            return None;
        }
        Some(window_us)
    }

    /// A list of numbers, each in `range`; empty where the key is missing.
    pub(super) fn number_list(&mut self, key: &'static str, range: RangeInclusive<f64>) -> Vec<f64> {
        let Some(item) = self.item(key) else { return Vec::new() };
        let Some(array) = item.as_array() else {
            self.wrong(key, "must be a list of numbers");
            return Vec::new();
        };
        let numbers: Vec<_> = array.iter().filter_map(as_number).filter(|number| range.contains(number)).collect();
        if numbers.len() != array.len() {
            self.wrong(key, &format!("must hold numbers from {} to {} only", range.start(), range.end()));
        }
        numbers
    }

    /// A table of names with a number each, in `range`.
    pub(super) fn numbers(&mut self, key: &'static str, range: RangeInclusive<f64>) -> Vec<(&'a str, f64)> {
        let Some(item) = self.item(key) else { return Vec::new() };
        let Some(table) = item.as_table_like() else {
            self.wrong(key, "must be a table of names with a number each");
            return Vec::new();
        };
        let mut numbers = Vec::new();
        for (name, item) in table.iter() {
            if let Some(number) = item.as_value().and_then(as_number).filter(|number| range.contains(number)) {
                numbers.push((name, number));
            } else {
                self.wrong(key, &format!("gives `{name}` no number from {} to {}", range.start(), range.end()));
            }
        }
        numbers
    }
}

#[allow(clippy::cast_precision_loss)] // The ranges are far below 2^53.
pub(super) fn as_number(value: &toml_edit::Value) -> Option<f64> {
    value.as_float().or_else(|| value.as_integer().map(|integer| integer as f64))
}

fn is_number(allowed: Allowed) -> bool {
    matches!(allowed, Allowed::Number { .. })
}

fn names(wanted: impl Fn(Allowed) -> bool) -> String {
    let names: Vec<_> = CODES.iter().filter(|info| wanted(info.allowed)).map(|info| info.name).collect();
    names.join(", ")
}
