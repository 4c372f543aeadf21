//! All files of a plan, table by table.

use std::cell::RefCell;

use toml_edit::{Item, TableLike};

use super::{check, people, policies, rotations, units};
use crate::clinical::fields::{Fields, Source, documents};
use crate::clinical::oncall::plan::Plan;
use crate::clinical::oncall::policy::Target;
use crate::clinical::rules::Mistake;

/// Where something is written, so that a mistake about it can be named.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub file: String,
    pub line: usize,
}

/// What is known once every file is read, with where it is written.
#[derive(Default)]
pub(super) struct Reading {
    pub plan: Plan,
    /// Places of the plan's parts, in their order.
    pub people_at: Vec<Place>,
    pub rotations_at: Vec<Place>,
    pub calendars_at: Vec<Place>,
    pub units_at: Vec<Place>,
    pub policies_at: Vec<Place>,
    /// Targets that must be there.
    pub targets: Vec<(Target, Place)>,
    /// Calendars that must be there.
    pub calendars: Vec<(String, Place)>,
}

/// Reads all files.
pub(in crate::clinical::oncall) fn plan(files: &[(String, String)], mistakes: &RefCell<Vec<Mistake>>) -> Plan {
    let mut reading = Reading::default();
    for (source, document) in &documents(files, mistakes) {
        read_file(source, document.as_table(), &mut reading);
    }
    check::references(&reading, mistakes);
    reading.plan
}

/// How one table of a kind is read.
type ReadTable = fn(&mut Fields<'_>, &mut Reading);

/// The tables that a care file may hold.
const TABLES: [(&str, ReadTable); 5] = [
    ("calendar", rotations::calendar),
    ("person", people::person),
    ("policy", policies::policy),
    ("rotation", rotations::rotation),
    ("unit", units::unit),
];

fn read_file(source: &Source<'_>, root: &dyn TableLike, reading: &mut Reading) {
    for (key, item) in root.iter() {
        let offset = item.span().map_or(0, |span| span.start);
        match (TABLES.iter().find(|(name, _)| *name == key), item) {
            (Some((name, read)), Item::ArrayOfTables(tables)) => {
                for table in tables {
                    let offset = table.span().map_or(0, |span| span.start);
                    let mut fields = Fields::new(source, name, table, offset);
                    read(&mut fields, reading);
                    fields.finish();
                }
            }
            (Some(_), _) => {
                source.mistake(offset, format!("`{key}` must be a list of tables, each beginning with [[{key}]]"));
            }
            (None, _) => {
                let allowed = TABLES.map(|(name, _)| format!("[[{name}]]")).join(", ");
                source.mistake(offset, format!("the file knows no key `{key}`; allowed: {allowed}"));
            }
        }
    }
}
