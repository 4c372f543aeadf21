//! One table of a definition file (rules, decoders), read key by key: every mistake is noted with its line, unknown
//! keys too.

use std::cell::RefCell;
use std::ops::RangeInclusive;

use toml_edit::{Document, Item, TableLike};

use super::mistake::Mistake;
use crate::clinical::codes::{Code, CodeInfo};
use crate::clinical::units::Unit;

/// Reads the texts as TOML; one that is none is a mistake, and left out.
pub(super) fn documents<'a>(
    files: &'a [(String, String)],
    mistakes: &'a RefCell<Vec<Mistake>>,
) -> Vec<(Source<'a>, Document<&'a str>)> {
    let mut documents = Vec::new();
    for (file, text) in files {
        let source = Source { file, text, mistakes };
        match Document::parse(text.as_str()) {
            Ok(document) => documents.push((source, document)),
            Err(error) => {
                let offset = error.span().map_or(0, |span| span.start);
                let what = error.message().trim().replace('\n', "; ");
                source.mistake(offset, format!("the file is not TOML: {what}"));
            }
        }
    }
    documents
}

/// A definition file that is being read.
pub(super) struct Source<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
    pub(super) mistakes: &'a RefCell<Vec<Mistake>>,
}

impl Source<'_> {
    /// The tables that each begin with `[[key]]`, with their places. They are all that a file may hold.
    pub(super) fn tables<'t>(&self, root: &'t dyn TableLike, key: &str) -> Vec<(&'t dyn TableLike, usize)> {
        let mut found: Vec<(&'t dyn TableLike, usize)> = Vec::new();
        for (name, item) in root.iter() {
            let offset = item.span().map_or(0, |span| span.start);
            match item {
                Item::ArrayOfTables(tables) if name == key => {
                    found.extend(tables.iter().map(|table| {
                        let offset = table.span().map_or(0, |span| span.start);
                        (table as &dyn TableLike, offset)
                    }));
                }
                _ if name == key => {
                    self.mistake(offset, format!("`{key}` must be a list of tables, each beginning with [[{key}]]"));
                }
                _ => self.mistake(offset, format!("the file knows no key `{name}`; allowed: [[{key}]]")),
            }
        }
        if !root.contains_key(key) {
            self.mistake(0, format!("the file has no [[{key}]]"));
        }
        found
    }

    /// Notes a mistake at a byte offset of the text.
    pub(super) fn mistake(&self, offset: usize, what: impl Into<String>) {
        let line = self.line(offset);
        self.mistakes.borrow_mut().push(Mistake { file: self.file.into(), line, what: what.into() });
    }

    pub(super) fn line(&self, offset: usize) -> usize {
        1 + self.text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count()
    }
}

/// A single value of a file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scalar<'a> {
    Number(f64),
    Text(&'a str),
    Truth(bool),
}

impl<'a> Scalar<'a> {
    /// `None` for a list, a table, a date, and a number that is not finite.
    fn of(value: &'a toml_edit::Value) -> Option<Self> {
        match value {
            #[allow(clippy::cast_precision_loss)] // Device values are far below 2^53.
            toml_edit::Value::Integer(number) => Some(Self::Number(*number.value() as f64)),
            toml_edit::Value::Float(number) => {
                Some(Self::Number(*number.value())).filter(|_| number.value().is_finite())
            }
            toml_edit::Value::String(text) => Some(Self::Text(text.value())),
            toml_edit::Value::Boolean(truth) => Some(Self::Truth(*truth.value())),
            _ => None,
        }
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

    /// The value of a key, which is a known one from here on.
    pub(super) fn item(&mut self, key: &'static str) -> Option<&'a Item> {
        self.known.push(key);
        self.table.get(key).filter(|item| !item.is_none())
    }

    /// Whether the key is there; does not make it a known one.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Makes the keys known ones, without looking at them.
    pub(super) fn allow(&mut self, keys: &[&'static str]) {
        self.known.extend(keys);
    }

    /// Notes that a key which must be there is not.
    pub(super) fn missing(&self, key: &str, allowed: &str) {
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

    /// A name that must be there: 1 to 64 characters of a-z 0-9 _.
    pub(super) fn identifier(&mut self, key: &'static str) -> Option<&'a str> {
        let text = self.text(key)?;
        let sound = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        if (1..=64).contains(&text.len()) && text.bytes().all(sound) {
            return Some(text);
        }
        self.wrong(key, "must be 1 to 64 characters of a-z 0-9 _");
        None
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

    /// A number, text or truth value that must be there.
    pub(super) fn scalar(&mut self, key: &'static str) -> Option<Scalar<'a>> {
        let Some(item) = self.item(key) else {
            self.missing(key, "a number, a text, true or false");
            return None;
        };
        let found = item.as_value().and_then(Scalar::of);
        if found.is_none() {
            self.wrong(key, "must be a number, a text, true or false");
        }
        found
    }

    /// A list of numbers, texts and truth values, empty where the key is missing.
    pub(super) fn scalars(&mut self, key: &'static str) -> Vec<Scalar<'a>> {
        let Some(item) = self.item(key) else { return Vec::new() };
        let values = item.as_array().map(|array| array.iter().map(Scalar::of).collect::<Option<Vec<_>>>());
        values.flatten().unwrap_or_else(|| {
            self.wrong(key, "must be a list of numbers, texts, true or false");
            Vec::new()
        })
    }

    /// A table of texts, as (key, text, place), empty where it is missing; `None` after a mistake.
    pub(super) fn pairs(&mut self, key: &'static str) -> Option<Vec<(&'a str, &'a str, usize)>> {
        let Some(item) = self.item(key) else { return Some(Vec::new()) };
        let pair = |(key, item): (&'a str, &'a Item)| {
            Some((key, item.as_str()?, item.span().map_or(self.offset, |span| span.start)))
        };
        let found = item.as_table_like().and_then(|table| table.iter().map(pair).collect());
        if found.is_none() {
            self.wrong(key, "must be a table of texts");
        }
        found
    }

    /// The short name of a code.
    pub(super) fn code(&mut self, key: &'static str) -> Option<&'static CodeInfo> {
        let found = Code::by_name(self.text(key)?);
        if found.is_none() {
            self.wrong(key, "is no code; allowed: the names of docs/CODES.md");
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

    /// The tables of a list inside this one, empty where the key is missing.
    pub(super) fn tables(&mut self, key: &'static str) -> Vec<Fields<'a>> {
        let Some(item) = self.item(key) else { return Vec::new() };
        let Some(tables) = item.as_array_of_tables() else {
            self.wrong(key, &format!("must be a list of tables, each beginning with [[{}.{key}]]", self.what));
            return Vec::new();
        };
        let offset = |table: &toml_edit::Table| table.span().map_or(self.offset, |span| span.start);
        tables.iter().map(|table| Fields::new(self.source, key, table, offset(table))).collect()
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
