//! Reads one table of a TOML file, and notes every mistake instead of stopping at the first.

use std::fmt::Display;
use std::net::SocketAddr;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml_edit::{Document, Item, Table, TableLike};

use super::Mistake;

/// A parsed file.
pub(super) struct Source {
    file: PathBuf,
    text: String,
    root: Table,
}

impl Source {
    /// A file without a single setting.
    pub(super) fn empty() -> Self {
        Self { file: PathBuf::new(), text: String::new(), root: Table::new() }
    }

    pub(super) fn parse(file: &Path, text: &str) -> Result<Self, Mistake> {
        let document = Document::parse(text).map_err(|error| Mistake {
            file: file.to_owned(),
            line: line_of(text, error.span()),
            what: format!("this is not TOML: {}", error.message().trim()),
        })?;
        Ok(Self { file: file.to_owned(), text: text.to_owned(), root: document.into_table() })
    }

    pub(super) fn root(&self) -> Section<'_> {
        Section {
            source: self,
            name: String::new(),
            at: None,
            table: Some(&self.root),
            known: Vec::new(),
            mistakes: Vec::new(),
        }
    }

    fn relative(&self, path: &str) -> PathBuf {
        self.file.parent().unwrap_or(Path::new("")).join(path)
    }
}

fn line_of(text: &str, span: Option<Range<usize>>) -> usize {
    let start = span.map_or(0, |span| span.start).min(text.len());
    1 + text.as_bytes()[..start].split(|byte| *byte == b'\n').skip(1).count()
}

/// One table. Whatever is asked of it is a known key; `finish` reports the others.
pub(super) struct Section<'a> {
    source: &'a Source,
    name: String,
    at: Option<Range<usize>>,
    table: Option<&'a dyn TableLike>,
    known: Vec<&'static str>,
    mistakes: Vec<Mistake>,
}

impl<'a> Section<'a> {
    pub(super) fn table<T>(&mut self, key: &'static str, read: impl FnOnce(&mut Section) -> T) -> T {
        let item = self.item(key);
        let table = item.and_then(Item::as_table_like);
        if item.is_some() && table.is_none() {
            self.mistake(key, format!("must be a table: [{key}]"));
        }
        let at = item.and_then(Item::span);
        let mut section =
            Section { source: self.source, name: key.to_owned(), at, table, known: Vec::new(), mistakes: Vec::new() };
        let value = read(&mut section);
        self.mistakes.append(&mut section.finish());
        value
    }

    pub(super) fn integer<T: TryFrom<u64>>(&mut self, key: &'static str, default: u64, least: u64, most: u64) -> T {
        let number = match self.item(key) {
            None => default,
            Some(item) => match item.as_integer().and_then(|number| u64::try_from(number).ok()) {
                Some(number) if (least..=most).contains(&number) => number,
                _ => {
                    self.mistake(key, format!("must be a whole number from {least} to {most}"));
                    default
                }
            },
        };
        // The bounds of every setting fit its type, so the default is never needed twice.
        T::try_from(number).unwrap_or_else(|_| unreachable!("the bounds of {key} exceed its type"))
    }

    pub(super) fn millis(&mut self, key: &'static str, default: u64, least: u64, most: u64) -> Duration {
        Duration::from_millis(self.integer(key, default, least, most))
    }

    pub(super) fn address(&mut self, key: &'static str, default: SocketAddr) -> SocketAddr {
        let Some(text) = self.text(key) else { return default };
        text.parse().unwrap_or_else(|_| {
            self.mistake(key, "must be an address and a port, for example \"127.0.0.1:7443\"");
            default
        })
    }

    pub(super) fn path(&mut self, key: &'static str, default: &str) -> PathBuf {
        let text = self.text(key).unwrap_or(default);
        if text.is_empty() {
            self.mistake(key, "must be a path");
        }
        self.source.relative(text)
    }

    /// A path that may be left out, or left empty.
    pub(super) fn optional_path(&mut self, key: &'static str) -> Option<PathBuf> {
        self.text(key).filter(|text| !text.is_empty()).map(|text| self.source.relative(text))
    }

    /// A text that may be left out, empty then.
    pub(super) fn optional_text(&mut self, key: &'static str) -> String {
        self.text(key).unwrap_or_default().to_owned()
    }

    pub(super) fn boolean(&mut self, key: &'static str, default: bool) -> bool {
        let Some(item) = self.item(key) else { return default };
        item.as_bool().unwrap_or_else(|| {
            self.mistake(key, "must be true or false");
            default
        })
    }

    pub(super) fn paths(&mut self, key: &'static str, default: &[&str]) -> Vec<PathBuf> {
        self.texts(key, default, "a path", |text| !text.is_empty())
            .iter()
            .map(|path| self.source.relative(path))
            .collect()
    }

    /// Whether the file names the key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.is_some_and(|table| table.contains_key(key))
    }

    pub(super) fn id(&mut self, key: &'static str, default: &str) -> String {
        match self.text(key) {
            Some(text) if is_id(text) => text.to_owned(),
            Some(_) => {
                self.mistake(key, format!("must be {ID}"));
                default.to_owned()
            }
            None => default.to_owned(),
        }
    }

    pub(super) fn ids(&mut self, key: &'static str, default: &[&str]) -> Vec<String> {
        self.texts(key, default, ID, is_id)
    }

    /// Notes a mistake in the value of `key`.
    pub(super) fn mistake(&mut self, key: &str, what: impl Display) {
        let span = self.table.and_then(|table| table.get_key_value(key)).and_then(|(key, item)| {
            // A value's own span is the nearer one; a table header has only that of its key.
            item.span().or_else(|| key.span())
        });
        self.mistake_at(span.or_else(|| self.at.clone()), &format!("{}{key} {what}", self.prefix()));
    }

    /// Every mistake of this table and of those in it.
    pub(super) fn finish(mut self) -> Vec<Mistake> {
        let unknown: Vec<_> = self.table.map_or_else(Vec::new, |table| {
            table.iter().map(|(key, _)| key).filter(|key| !self.known.contains(key)).collect()
        });
        for key in unknown {
            let span = self.table.and_then(|table| table.key(key)).and_then(toml_edit::Key::span);
            let allowed = self.known.join(", ");
            self.mistake_at(span, &format!("{}{key} is not a setting; allowed are: {allowed}", self.prefix()));
        }
        self.mistakes
    }

    fn mistake_at(&mut self, span: Option<Range<usize>>, what: &str) {
        let line = line_of(&self.source.text, span);
        self.mistakes.push(Mistake { file: self.source.file.clone(), line, what: what.to_owned() });
    }

    fn prefix(&self) -> String {
        if self.name.is_empty() { String::new() } else { format!("{}.", self.name) }
    }

    fn item(&mut self, key: &'static str) -> Option<&'a Item> {
        self.known.push(key);
        self.table.and_then(|table| table.get(key))
    }

    fn text(&mut self, key: &'static str) -> Option<&'a str> {
        let item = self.item(key)?;
        if item.as_str().is_none() {
            self.mistake(key, "must be a text in quotes");
        }
        item.as_str()
    }

    /// A list that is never empty.
    fn texts(&mut self, key: &'static str, default: &[&str], what: &str, valid: fn(&str) -> bool) -> Vec<String> {
        let Some(item) = self.item(key) else { return default.iter().map(ToString::to_string).collect() };
        let values = item.as_array().map(|array| array.iter().map(toml_edit::Value::as_str).collect::<Vec<_>>());
        let texts: Option<Vec<_>> = values.filter(|values| !values.is_empty()).and_then(|values| {
            values.into_iter().map(|text| text.filter(|text| valid(text)).map(str::to_owned)).collect()
        });
        texts.unwrap_or_else(|| {
            self.mistake(key, format!("must be a list with at least one entry, each {what}"));
            Vec::new()
        })
    }
}

const ID: &str = "1 to 64 characters of A-Z a-z 0-9 . _ -";

fn is_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=64).contains(&text.len()) && text.bytes().all(allowed)
}
