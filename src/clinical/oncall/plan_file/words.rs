//! Words and times that several tables use.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use toml_edit::{Item, TableLike};

use super::read::{Place, Reading};
use crate::clinical::fields::Fields;
use crate::clinical::ids::{CareRole, IdError, PersonId, RotationId};
use crate::clinical::oncall::hours::Hours;
use crate::clinical::oncall::policy::Target;
use crate::clinical::oncall::zone::Zone;

/// Days of the week, Monday first.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Where the table is written.
pub(super) fn place(fields: &Fields<'_>, offset: usize) -> Place {
    Place { file: fields.source.file.to_owned(), line: fields.source.line(offset) }
}

/// An identifier that must be there.
pub(super) fn id<T>(
    fields: &mut Fields<'_>,
    key: &'static str,
    new: impl FnOnce(&str) -> Result<T, IdError>,
) -> Option<T> {
    let text = fields.text(key)?;
    new(text).map_err(|error| fields.wrong(key, &format!("is not an identifier: {error}"))).ok()
}

/// An IANA zone that must be there.
pub(super) fn zone(fields: &mut Fields<'_>) -> Option<Zone> {
    let name = fields.text("zone")?;
    let zone = Zone::named(name);
    if zone.is_none() {
        fields.wrong("zone", &format!("names no IANA time zone: `{name}`; allowed: for example \"Europe/Zurich\""));
    }
    zone
}

/// A wall time with its date that must be there.
pub(super) fn date_time(fields: &mut Fields<'_>, key: &'static str) -> Option<NaiveDateTime> {
    let text = fields.text(key)?;
    let found = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").ok();
    if found.is_none() {
        fields.wrong(key, "must be a date with wall time, for example \"2026-01-05 07:00\"");
    }
    found
}

fn time(fields: &mut Fields<'_>, key: &'static str) -> Option<NaiveTime> {
    let text = fields.text(key)?;
    let found = NaiveTime::parse_from_str(text, "%H:%M").ok();
    if found.is_none() {
        fields.wrong(key, "must be a wall time, for example \"07:00\"");
    }
    found
}

/// Hours of the week that must be there: `days`, `from`, `to`.
pub(super) fn hours(fields: &mut Fields<'_>) -> Option<Hours> {
    let names = fields.texts("days");
    let mut days = [false; 7];
    for (name, offset) in &names {
        match DAYS.iter().position(|day| day == name) {
            Some(day) => days[day] = true,
            None => fields.source.mistake(*offset, format!("`{name}` is not a day; allowed: {}", DAYS.join(", "))),
        }
    }
    if names.is_empty() {
        fields.wrong("days", &format!("must name at least one day; allowed: {}", DAYS.join(", ")));
    }
    let (from, to) = (time(fields, "from"), time(fields, "to"));
    Some(Hours { days, from: from?, to: to? })
}

/// Dates, ascending; none where the key is missing.
pub(super) fn dates(fields: &mut Fields<'_>, key: &'static str) -> Vec<NaiveDate> {
    let mut found = Vec::new();
    for (text, offset) in fields.texts(key) {
        match NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            Ok(date) => found.push(date),
            Err(_) => fields.source.mistake(offset, format!("`{key}` must hold dates, for example \"2026-12-25\"")),
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Persons, at least one, each once.
pub(super) fn persons(fields: &mut Fields<'_>, key: &'static str, reading: &mut Reading) -> Vec<PersonId> {
    let mut found = Vec::new();
    for (text, offset) in fields.texts(key) {
        match PersonId::new(text) {
            Ok(person) if found.contains(&person) => {
                fields.source.mistake(offset, format!("`{person}` is in `{key}` twice"));
            }
            Ok(person) => {
                reading.targets.push((Target::Person(person.clone()), place(fields, offset)));
                found.push(person);
            }
            Err(error) => fields.source.mistake(offset, format!("`{text}` is not an identifier: {error}")),
        }
    }
    if found.is_empty() {
        fields.wrong(key, "must name at least one person: a rotation of nobody answers nothing");
    }
    found
}

/// Targets, at least one.
pub(super) fn targets(fields: &mut Fields<'_>, key: &'static str, reading: &mut Reading) -> Vec<Target> {
    let mut found = Vec::new();
    for (text, offset) in fields.texts(key) {
        found.extend(target(fields, text, offset, reading));
    }
    if found.is_empty() {
        fields.wrong(key, &format!("must name at least one target; allowed: {TARGET}"));
    }
    found
}

const TARGET: &str = "\"person:ID\", \"rotation:ID\", \"role:NAME\", \"unit\"";

/// One target, and a note of what must be there for it.
pub(super) fn target(fields: &Fields<'_>, text: &str, offset: usize, reading: &mut Reading) -> Option<Target> {
    let found = match text.split_once(':') {
        None if text == "unit" => Ok(Target::Unit),
        Some(("person", id)) => PersonId::new(id).map(Target::Person),
        Some(("rotation", id)) => RotationId::new(id).map(Target::Rotation),
        Some(("role", name)) => CareRole::new(name).map(Target::Role),
        _ => {
            fields.source.mistake(offset, format!("`{text}` is not a target; allowed: {TARGET}"));
            return None;
        }
    };
    match found {
        Ok(target) => {
            reading.targets.push((target.clone(), place(fields, offset)));
            Some(target)
        }
        Err(error) => {
            fields.source.mistake(offset, format!("`{text}` is not a target: {error}"));
            None
        }
    }
}

/// Calls `read` for each table of a list.
pub(super) fn tables(
    fields: &mut Fields<'_>,
    key: &'static str,
    reading: &mut Reading,
    mut read: impl FnMut(&mut Fields<'_>, &mut Reading),
) {
    let source = fields.source;
    let offset_of = |table: &dyn TableLike, or: usize| {
        table.iter().filter_map(|(_, item)| item.span()).map(|span| span.start).min().unwrap_or(or)
    };
    match fields.item(key) {
        None => {}
        Some(Item::ArrayOfTables(list)) => {
            for table in list {
                let offset = table.span().map_or(fields.offset(), |span| span.start);
                let mut inner = Fields::new(source, key, table, offset);
                read(&mut inner, reading);
                inner.finish();
            }
        }
        Some(item) => match item.as_array() {
            Some(array) if array.iter().all(toml_edit::Value::is_inline_table) => {
                for table in array.iter().filter_map(toml_edit::Value::as_inline_table) {
                    let mut inner = Fields::new(source, key, table, offset_of(table, fields.offset()));
                    read(&mut inner, reading);
                    inner.finish();
                }
            }
            _ => fields.wrong(key, "must be a list of tables"),
        },
    }
}
