//! From the texts of rule files to rules; every mistake is noted, then the next key is read.

use std::cell::RefCell;

use smol_str::SmolStr;
use toml_edit::{Item, TableLike};

use super::fields::{Fields, Source, documents};
use super::kind::Kind;
use super::mistake::Mistake;
use super::rule::Rule;
use super::template::Template;
use crate::clinical::condition::{ConditionKind, Priority};
use crate::clinical::ids::RuleId;

/// More rules than anybody can oversee, and fewer than an index holds.
const RULES_MAX: usize = 1_000;

/// A rule with what can be checked only once all of them are known.
struct Parsed<'a> {
    rule: Rule,
    file: &'a str,
    line: usize,
    supersedes: Vec<(&'a str, usize)>,
}

/// Reads all files.
pub(super) fn rules(files: &[(String, String)], mistakes: &RefCell<Vec<Mistake>>) -> Vec<Rule> {
    let documents = documents(files, mistakes);
    let mut parsed = Vec::new();
    for (source, document) in &documents {
        for (table, offset) in source.tables(document.as_table(), "rule") {
            parsed.extend(read_rule(source, table, offset));
        }
    }
    check_names(&parsed, mistakes);
    supersede(&mut parsed, mistakes);
    parsed.into_iter().map(|parsed| parsed.rule).collect()
}

fn read_rule<'a>(source: &Source<'a>, table: &'a dyn TableLike, offset: usize) -> Option<Parsed<'a>> {
    // The lifetime of `Fields` is that of the borrow of `source`: texts that outlive it are taken from the table.
    let mut fields = Fields::new(source, "rule", table, offset);
    let id = fields.identifier("id").and_then(|id| RuleId::new(id).ok());
    let version = fields.whole("version", 1..=u16::MAX);
    let kind = fields
        .word("kind", &[("physiological", ConditionKind::Physiological), ("technical", ConditionKind::Technical)]);
    let priority =
        fields.word("priority", &[("low", Priority::Low), ("medium", Priority::Medium), ("high", Priority::High)]);
    let latching = fields.flag("latching", false);
    let alert = fields.flag("alert", true);
    let lethal = fields.flag("lethal", false);
    let condition_delay_us = fields.optional_duration_s("condition_delay_s");
    if fields.optional_number("signal_delay_s", 0.0..=3_600.0).is_some_and(|delay_s| delay_s != 0.0) {
        fields.wrong("signal_delay_s", "must be 0: a signal follows its condition at once; use `condition_delay_s`");
    }
    let text =
        fields.text("text").and_then(|text| Template::parse(text).map_err(|what| fields.wrong("text", &what)).ok());
    let origin = fields.text("source").map(SmolStr::new);
    fields.texts("supersedes");
    let supersedes = superseded_names(table);
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
        source: origin?,
        text: text?,
        what: what?,
        superseded_by: Vec::new(),
    };
    Some(Parsed { rule, file: source.file, line: source.line(offset), supersedes: lines(source, supersedes) })
}

fn superseded_names(table: &dyn TableLike) -> Vec<(&str, usize)> {
    let array = table.get("supersedes").and_then(Item::as_array);
    let values = array.into_iter().flatten();
    values.filter_map(|value| Some((value.as_str()?, value.span().map_or(0, |span| span.start)))).collect()
}

fn lines<'a>(source: &Source<'_>, names: Vec<(&'a str, usize)>) -> Vec<(&'a str, usize)> {
    names.into_iter().map(|(name, offset)| (name, source.line(offset))).collect()
}

fn check_names(parsed: &[Parsed<'_>], mistakes: &RefCell<Vec<Mistake>>) {
    let note = |of: &Parsed<'_>, what: String| {
        mistakes.borrow_mut().push(Mistake { file: of.file.into(), line: of.line, what });
    };
    for (at, one) in parsed.iter().enumerate() {
        if let Some(first) = parsed[..at].iter().find(|first| first.rule.id == one.rule.id) {
            note(one, format!("the rule `{}` is there already, at {}:{}", one.rule.id, first.file, first.line));
        }
    }
    if let Some(one) = parsed.get(RULES_MAX) {
        note(one, format!("there are more than {RULES_MAX} rules"));
    }
}

/// Resolves `supersedes`, through any number of steps, and notes unknown names and cycles.
fn supersede(parsed: &mut [Parsed<'_>], mistakes: &RefCell<Vec<Mistake>>) {
    let index_of = |name: &str| parsed.iter().position(|one| one.rule.id.as_str() == name);
    let mut direct: Vec<Vec<usize>> = Vec::new();
    for one in parsed.iter() {
        let note = |line, what| mistakes.borrow_mut().push(Mistake { file: one.file.into(), line, what });
        let mut supersedes = Vec::new();
        for (name, line) in &one.supersedes {
            match index_of(name) {
                Some(index) => supersedes.push(index),
                None => note(*line, format!("`supersedes` names `{name}`, which is no rule of this set")),
            }
        }
        direct.push(supersedes);
    }
    for index in 0..parsed.len() {
        let reached = reached_from(index, &direct);
        if reached.contains(&index) {
            let (file, line) = (parsed[index].file.into(), parsed[index].line);
            let what = format!("`supersedes` goes in a circle: `{}` supersedes itself", parsed[index].rule.id);
            mistakes.borrow_mut().push(Mistake { file, line, what });
            continue;
        }
        for target in reached {
            parsed[target].rule.superseded_by.extend(u16::try_from(index));
        }
    }
}

/// Every rule that `index` supersedes, directly or through others.
fn reached_from(index: usize, direct: &[Vec<usize>]) -> Vec<usize> {
    let mut reached: Vec<usize> = Vec::new();
    let mut open = direct[index].clone();
    while let Some(next) = open.pop() {
        if !reached.contains(&next) {
            reached.push(next);
            open.extend(&direct[next]);
        }
    }
    reached
}
