//! One table of a rule file, read key by key: every mistake is noted with its line, unknown keys too.

use std::cell::RefCell;
use std::ops::RangeInclusive;

use toml_edit::{Item, TableLike};

use super::mistake::Mistake;
use crate::clinical::codes::{Allowed, CODES, Code, CodeInfo};

/// A rule file that is being read.
pub(in crate::clinical) struct Source<'a> {
    pub(in crate::clinical) file: &'a str,
    pub(in crate::clinical) text: &'a str,
    pub(in crate::clinical) mistakes: &'a RefCell<Vec<Mistake>>,
}

impl Source<'_> {
    /// Notes a mistake at a byte offset of the text.
    pub(in crate::clinical) fn mistake(&self, offset: usize, what: impl Into<String>) {
        let line = self.line(offset);
        self.mistakes.borrow_mut().push(Mistake { file: self.file.into(), line, what: what.into() });
    }

    pub(in crate::clinical) fn line(&self, offset: usize) -> usize {
        1 + self.text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count()
    }
}

/// One table.
pub(in crate::clinical) struct Fields<'a> {
    pub(in crate::clinical) source: &'a Source<'a>,
    table: &'a dyn TableLike,
    /// What the table is, for people: "rule", "limit".
    what: &'a str,
    offset: usize,
    known: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    pub(in crate::clinical) fn new(
        source: &'a Source<'a>,
        what: &'a str,
        table: &'a dyn TableLike,
        offset: usize,
    ) -> Self {
        Self { source, table, what, offset, known: Vec::new() }
    }

    /// Where the table begins.
    pub(in crate::clinical) const fn offset(&self) -> usize {
        self.offset
    }

    /// Where the value of `key` stands, or the table where it is missing.
    pub(in crate::clinical) fn offset_of(&self, key: &str) -> usize {
        self.table.get(key).and_then(Item::span).map_or(self.offset, |span| span.start)
    }

    /// Notes a mistake about a key of this table.
    pub(in crate::clinical) fn wrong(&self, key: &str, what: &str) {
        self.source.mistake(self.offset_of(key), format!("`{key}` {what}"));
    }

    pub(in crate::clinical) fn item(&mut self, key: &'static str) -> Option<&'a Item> {
        self.known.push(key);
        self.table.get(key).filter(|item| !item.is_none())
    }

    /// Whether the key is there; does not make it a known one.
    pub(in crate::clinical) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    pub(in crate::clinical) fn missing(&self, key: &str, allowed: &str) {
        self.source.mistake(self.offset, format!("the {} has no `{key}`; allowed: {allowed}", self.what));
    }

    /// A text that must be there.
    pub(in crate::clinical) fn text(&mut self, key: &'static str) -> Option<&'a str> {
        let found = self.optional_text(key);
        if found.is_none() && !self.has(key) {
            self.missing(key, "a text");
        }
        found
    }

    pub(in crate::clinical) fn optional_text(&mut self, key: &'static str) -> Option<&'a str> {
        let item = self.item(key)?;
        let text = item.as_str().filter(|text| !text.trim().is_empty());
        if text.is_none() {
            self.wrong(key, "must be a text that is not empty");
        }
        text
    }

    /// One of `words`, which must be there.
    pub(in crate::clinical) fn word<T: Copy>(&mut self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        let allowed = || words.iter().map(|(word, _)| format!("\"{word}\"")).collect::<Vec<_>>().join(", ");
        let Some(item) = self.item(key) else {
            self.missing(key, &allowed());
            return None;
        };
        let found =
            item.as_str().and_then(|text| words.iter().find(|(word, _)| *word == text)).map(|(_, value)| *value);
        if found.is_none() {
            self.wrong(key, &format!("is not one of the words allowed: {}", allowed()));
        }
        found
    }

    /// A truth value with a default.
    pub(in crate::clinical) fn flag(&mut self, key: &'static str, default: bool) -> bool {
        let Some(item) = self.item(key) else { return default };
        item.as_bool().unwrap_or_else(|| {
            self.wrong(key, "must be true or false");
            default
        })
    }

    /// A number that must be there and in `range`.
    pub(in crate::clinical) fn number(&mut self, key: &'static str, range: RangeInclusive<f64>) -> Option<f64> {
        if !self.has(key) {
            self.known.push(key);
            self.missing(key, &format!("a number from {} to {}", range.start(), range.end()));
            return None;
        }
        self.optional_number(key, range)
    }

    pub(in crate::clinical) fn optional_number(
        &mut self,
        key: &'static str,
        range: RangeInclusive<f64>,
    ) -> Option<f64> {
        let item = self.item(key)?;
        #[allow(clippy::cast_precision_loss)] // The ranges are far below 2^53.
        let number = item.as_float().or_else(|| item.as_integer().map(|integer| integer as f64));
        let found = number.filter(|number| range.contains(number));
        if found.is_none() {
            self.wrong(key, &format!("must be a number from {} to {}", range.start(), range.end()));
        }
        found
    }

    /// A whole number that must be there and in `range`.
    pub(in crate::clinical) fn whole(&mut self, key: &'static str, range: RangeInclusive<u16>) -> Option<u16> {
        let allowed = format!("a whole number from {} to {}", range.start(), range.end());
        let Some(item) = self.item(key) else {
            self.missing(key, &allowed);
            return None;
        };
        let found = item.as_integer().and_then(|n| u16::try_from(n).ok()).filter(|n| range.contains(n));
        if found.is_none() {
            self.wrong(key, &format!("must be {allowed}"));
        }
        found
    }

    /// Milliseconds as microseconds: a time that must be there, of 1 ms to one day.
    pub(in crate::clinical) fn duration_ms(&mut self, key: &'static str) -> Option<i64> {
        self.number(key, 1.0..=86_400_000.0).map(|ms| to_us(ms, 1e3))
    }

    /// Seconds as microseconds, 0 where the key is missing; at most one day.
    pub(in crate::clinical) fn optional_duration_s(&mut self, key: &'static str) -> i64 {
        self.optional_number(key, 0.0..=86_400.0).map_or(0, |s| to_us(s, 1e6))
    }

    /// A list of texts, empty where the key is missing, each with its place.
    pub(in crate::clinical) fn texts(&mut self, key: &'static str) -> Vec<(&'a str, usize)> {
        let Some(item) = self.item(key) else { return Vec::new() };
        let Some(array) = item.as_array() else {
            self.wrong(key, "must be a list of texts");
            return Vec::new();
        };
        let mut found = Vec::new();
        for value in array {
            let offset = value.span().map_or(self.offset, |span| span.start);
            match value.as_str() {
                Some(text) => found.push((text, offset)),
                None => self.source.mistake(offset, format!("`{key}` must hold texts only")),
            }
        }
        found
    }

    /// The short name of a code that has numbers.
    pub(in crate::clinical) fn number_code(&mut self, key: &'static str) -> Option<(&'static CodeInfo, f64, f64)> {
        let name = self.text(key)?;
        if let Some((info, Allowed::Number { min, max })) = Code::by_name(name).map(|info| (info, info.allowed)) {
            return Some((info, min, max));
        }
        let numeric = CODES.iter().filter(|info| matches!(info.allowed, Allowed::Number { .. }));
        let names: Vec<_> = numeric.map(|info| info.name).collect();
        self.wrong(key, &format!("is not a code with numbers; allowed: {}", names.join(", ")));
        None
    }

    /// A table inside this one.
    pub(in crate::clinical) fn table(&mut self, key: &'static str) -> Option<Fields<'a>> {
        let item = self.item(key)?;
        let offset = item.span().map_or(self.offset, |span| span.start);
        let Some(table) = item.as_table_like() else {
            self.wrong(key, "must be a table");
            return None;
        };
        Some(Fields::new(self.source, key, table, offset))
    }

    /// Notes every key that nothing has asked for.
    pub(in crate::clinical) fn finish(self) {
        for (key, item) in self.table.iter().filter(|(key, _)| !self.known.contains(key)) {
            let key_span = self.table.get_key_value(key).and_then(|(key, _)| key.span());
            let offset = key_span.or_else(|| item.span()).map_or(self.offset, |span| span.start);
            let allowed = self.known.join(", ");
            self.source.mistake(offset, format!("the {} knows no key `{key}`; allowed: {allowed}", self.what));
        }
    }
}

#[allow(clippy::cast_possible_truncation)] // At most a day, in microseconds.
fn to_us(value: f64, factor: f64) -> i64 {
    (value * factor).round() as i64
}
