//! From the texts of rule files to rules; every mistake is noted, then the next key is read.

use std::cell::RefCell;

use smol_str::SmolStr;
use toml_edit::{Item, TableLike};

use super::applies::{Applies, Home};
use super::fields::{Fields, Source, documents};
use super::kind::Kind;
use super::mistake::Mistake;
use super::resolve;
use super::rule::Rule;
use super::score::{Score, read_score};
use super::template::Template;
use super::unit_limit::{UnitLimit, read_unit_limit};
use crate::clinical::condition::{ConditionKind, Priority};

/// What the files say.
pub(super) struct Parsed {
    pub(super) rules: Vec<Rule>,
    pub(super) scores: Vec<Score>,
    pub(super) unit_limits: Vec<UnitLimit>,
    /// Compounds, each after those that it is made of.
    pub(super) compounds: Vec<u16>,
}

/// Something with what can be checked only once all files are read.
pub(super) struct Placed<T> {
    pub(super) what: T,
    pub(super) file: String,
    pub(super) line: usize,
    /// Names that it supersedes, with their lines.
    pub(super) supersedes: Vec<(SmolStr, usize)>,
}

/// Reads all files.
pub(super) fn files(files: &[(String, String)], mistakes: &RefCell<Vec<Mistake>>) -> Parsed {
    let documents = documents(files, mistakes);
    let (mut rules, mut scores, mut unit_limits) = (Vec::new(), Vec::new(), Vec::new());
    for (source, document) in &documents {
        read_file(source, document.as_table(), &mut rules, &mut scores, &mut unit_limits);
    }
    resolve::names(&rules, &scores, mistakes);
    resolve::superseding(&mut rules, mistakes);
    resolve::unit_limits(&rules, &unit_limits, mistakes);
    resolve::scores(&mut rules, &scores, mistakes);
    let compounds = resolve::compounds(&mut rules, mistakes);
    let bare = |placed: Placed<Rule>| placed.what;
    let scores = scores.into_iter().map(|placed| placed.what).collect();
    let unit_limits = unit_limits.into_iter().map(|placed| placed.what).collect();
    Parsed { rules: rules.into_iter().map(bare).collect(), scores, unit_limits, compounds }
}

fn read_file(
    source: &Source<'_>,
    root: &dyn TableLike,
    rules: &mut Vec<Placed<Rule>>,
    scores: &mut Vec<Placed<Score>>,
    unit_limits: &mut Vec<Placed<UnitLimit>>,
) {
    for (key, item) in root.iter() {
        let offset = item.span().map_or(0, |span| span.start);
        match (key, item) {
            ("rule", Item::ArrayOfTables(tables)) => {
                for table in tables {
                    let offset = table.span().map_or(0, |span| span.start);
                    rules.extend(read_rule(source, table, offset));
                }
            }
            ("score", Item::ArrayOfTables(tables)) => {
                for table in tables {
                    let offset = table.span().map_or(0, |span| span.start);
                    let score = read_score(Fields::new(source, "score", table, offset));
                    scores.extend(score.map(|score| placed(source, offset, score, Vec::new())));
                }
            }
            ("unit_limit", Item::ArrayOfTables(tables)) => {
                for table in tables {
                    let offset = table.span().map_or(0, |span| span.start);
                    let limit = read_unit_limit(Fields::new(source, "unit_limit", table, offset));
                    unit_limits.extend(limit.map(|limit| placed(source, offset, limit, Vec::new())));
                }
            }
            ("rule" | "score" | "unit_limit", _) => {
                source.mistake(offset, format!("`{key}` must be a list of tables, each beginning with [[{key}]]"));
            }
            _ => source.mistake(
                offset,
                format!("the file knows no key `{key}`; allowed: [[rule]], [[score]], [[unit_limit]]"),
            ),
        }
    }
    if !["rule", "score", "unit_limit"].iter().any(|key| root.contains_key(key)) {
        source.mistake(0, "the file has no [[rule]]");
    }
}

fn placed<T>(source: &Source<'_>, offset: usize, what: T, supersedes: Vec<(SmolStr, usize)>) -> Placed<T> {
    Placed { what, file: source.file.into(), line: source.line(offset), supersedes }
}

fn read_rule(source: &Source<'_>, table: &dyn TableLike, offset: usize) -> Option<Placed<Rule>> {
    let mut fields = Fields::new(source, "rule", table, offset);
    let id = fields.id();
    let version = fields.whole("version", 1..=u16::MAX);
    let kind = fields
        .word("kind", &[("physiological", ConditionKind::Physiological), ("technical", ConditionKind::Technical)]);
    let priority =
        fields.word("priority", &[("low", Priority::Low), ("medium", Priority::Medium), ("high", Priority::High)]);
    let latching = fields.flag("latching", false);
    let alert = fields.flag("alert", true);
    let lethal = fields.flag("lethal", false);
    let condition_delay_us = fields.optional_duration_s("condition_delay_s");
    let signal_delay_us = fields.optional_duration_s("signal_delay_s");
    let home = read_home(&mut fields, kind);
    let applies = Applies::parse(&mut fields, home);
    let text =
        fields.text("text").and_then(|text| Template::parse(text).map_err(|what| fields.wrong("text", &what)).ok());
    let origin = fields.text("source").map(SmolStr::new);
    let supersedes = fields.texts("supersedes");
    let supersedes = supersedes.into_iter().map(|(name, at)| (SmolStr::new(name), source.line(at))).collect();
    let what = Kind::parse(&mut fields, condition_delay_us);
    fields.finish();
    let rule = Rule {
        id: id?,
        version: u32::from(version?),
        kind: kind?,
        priority: priority?,
        latching,
        alert,
        lethal,
        condition_delay_us,
        signal_delay_us,
        home,
        applies,
        source: origin?,
        text: text?,
        what: what?,
        superseded_by: Vec::new(),
    };
    Some(placed(source, offset, rule, supersedes))
}

fn read_home(fields: &mut Fields<'_>, kind: Option<ConditionKind>) -> Home {
    if !fields.has("subject") {
        fields.optional_text("subject");
        return Home::Patient;
    }
    let home = fields.word("subject", &[("patient", Home::Patient), ("device", Home::Device)]).unwrap_or_default();
    if home == Home::Device && kind == Some(ConditionKind::Physiological) {
        fields.wrong("subject", "must be \"patient\" for a physiological rule: a device has no physiology");
    }
    home
}
