//! One table of a rule file, read key by key: every mistake is noted with its line, unknown keys too.

use std::cell::RefCell;
use std::ops::RangeInclusive;

use toml_edit::{Item, TableLike};

use super::mistake::Mistake;
use crate::clinical::codes::CodeInfo;
use crate::clinical::ids::RuleId;
use crate::clinical::units::Unit;

/// A rule file that is being read.
pub(super) struct Source<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
    pub(super) mistakes: &'a RefCell<Vec<Mistake>>,
}

impl Source<'_> {
    /// Notes a mistake at a byte offset of the text.
    pub(super) fn mistake(&self, offset: usize, what: impl Into<String>) {
        let line = self.line(offset);
        self.mistakes.borrow_mut().push(Mistake { file: self.file.into(), line, what: what.into() });
    }

    pub(super) fn line(&self, offset: usize) -> usize {
        1 + self.text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count()
    }
}

/// A code that has numbers, and which it can have.
pub(super) struct NumberCode {
    /// `None`: a mistake has been noted.
    pub(super) info: Option<&'static CodeInfo>,
    pub(super) min: f64,
    pub(super) max: f64,
}

/// One table.
pub(super) struct Fields<'a> {
    pub(super) source: &'a Source<'a>,
    table: &'a dyn TableLike,
    /// What the table is, for people: "rule", "limit".
    what: &'a str,
    offset: usize,
    known: Vec<&'static str>,
    /// The unit of the quantities in this table, and that of their code.
    pub(super) units: Option<(Unit, Unit)>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(source: &'a Source<'a>, what: &'a str, table: &'a dyn TableLike, offset: usize) -> Self {
        Self { source, table, what, offset, known: Vec::new(), units: None }
    }

    /// Where the table begins.
    pub(super) const fn offset(&self) -> usize {
        self.offset
    }

    /// Where the value of `key` stands, or the table where it is missing.
    pub(super) fn offset_of(&self, key: &str) -> usize {
        self.table.get(key).and_then(Item::span).map_or(self.offset, |span| span.start)
    }

    /// Notes a mistake about a key of this table.
    pub(super) fn wrong(&self, key: &str, what: &str) {
        self.source.mistake(self.offset_of(key), format!("`{key}` {what}"));
    }

    pub(super) fn item(&mut self, key: &'static str) -> Option<&'a Item> {
        self.known.push(key);
        self.table.get(key).filter(|item| !item.is_none())
    }

    /// Whether the key is there; does not make it a known one.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    fn missing(&self, key: &str, allowed: &str) {
        self.source.mistake(self.offset, format!("the {} has no `{key}`; allowed: {allowed}", self.what));
    }

    /// A text that must be there.
    pub(super) fn text(&mut self, key: &'static str) -> Option<&'a str> {
        let found = self.optional_text(key);
        if found.is_none() && !self.has(key) {
            self.missing(key, "a text");
        }
        found
    }

    pub(super) fn optional_text(&mut self, key: &'static str) -> Option<&'a str> {
        let item = self.item(key)?;
        let text = item.as_str().filter(|text| !text.trim().is_empty());
        if text.is_none() {
            self.wrong(key, "must be a text that is not empty");
        }
        text
    }

    /// One of `words`, which must be there.
    pub(super) fn word<T: Copy>(&mut self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
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
    pub(super) fn flag(&mut self, key: &'static str, default: bool) -> bool {
        let Some(item) = self.item(key) else { return default };
        item.as_bool().unwrap_or_else(|| {
            self.wrong(key, "must be true or false");
            default
        })
    }

    /// A number that must be there and in `range`.
    pub(super) fn number(&mut self, key: &'static str, range: RangeInclusive<f64>) -> Option<f64> {
        if !self.has(key) {
            self.known.push(key);
            self.missing(key, &format!("a number from {} to {}", range.start(), range.end()));
            return None;
        }
        self.optional_number(key, range)
    }

    pub(super) fn optional_number(&mut self, key: &'static str, range: RangeInclusive<f64>) -> Option<f64> {
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
    pub(super) fn whole(&mut self, key: &'static str, range: RangeInclusive<u16>) -> Option<u16> {
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
    pub(super) fn duration_ms(&mut self, key: &'static str) -> Option<i64> {
        self.number(key, 1.0..=86_400_000.0).map(|ms| to_us(ms, 1e3))
    }

    /// Seconds as microseconds, 0 where the key is missing; at most one day.
    pub(super) fn optional_duration_s(&mut self, key: &'static str) -> i64 {
        self.optional_number(key, 0.0..=86_400.0).map_or(0, |s| to_us(s, 1e6))
    }

    /// A list of texts, empty where the key is missing, each with its place.
    pub(super) fn texts(&mut self, key: &'static str) -> Vec<(&'a str, usize)> {
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

    /// A table inside this one.
    pub(super) fn table(&mut self, key: &'static str) -> Option<Fields<'a>> {
        let item = self.item(key)?;
        let offset = item.span().map_or(self.offset, |span| span.start);
        let Some(table) = item.as_table_like() else {
            self.wrong(key, "must be a table");
            return None;
        };
        Some(Fields::new(self.source, key, table, offset))
    }

    /// The tables of a list, `[[...]]` or inline; empty where the key is missing.
    pub(super) fn tables(&mut self, key: &'static str) -> Vec<Fields<'a>> {
        let Some(item) = self.item(key) else { return Vec::new() };
        let fields = |table: &'a dyn TableLike, span: Option<std::ops::Range<usize>>| {
            let offset = span.map_or(self.offset, |span| span.start);
            Fields::new(self.source, key, table, offset)
        };
        if let Some(tables) = item.as_array_of_tables() {
            return tables.iter().map(|table| fields(table, table.span())).collect();
        }
        let inline = item.as_array().map(|array| array.iter().map(|value| Some((value.as_inline_table()?, value.span()))));
        let found: Option<Vec<_>> = inline.and_then(Iterator::collect);
        let Some(found) = found else {
            self.wrong(key, "must be a list of tables");
            return Vec::new();
        };
        found.into_iter().map(|(table, span)| fields(table, span)).collect()
    }

    /// The name of a rule or score.
    pub(super) fn id(&mut self) -> Option<RuleId> {
        let text = self.text("id")?;
        let lower = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        let id = RuleId::new(text).ok().filter(|_| lower);
        if id.is_none() {
            self.wrong("id", "must be 1 to 64 characters of a-z 0-9 _");
        }
        id
    }

    /// Notes every key that nothing has asked for.
    pub(super) fn finish(self) {
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
