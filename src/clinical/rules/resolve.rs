//! What can be checked and resolved only once every rule is known: names, superseding, scores, compounds.

use std::cell::RefCell;

use smol_str::SmolStr;

use super::applies::Home;
use super::kind::Kind;
use super::limits_missing::Judged;
use super::mistake::Mistake;
use super::parse::Placed;
use super::rule::Rule;
use super::score::Score;
use super::set_limit::{LimitRefused, check};
use super::unit_limit::UnitLimit;

/// More rules than anybody can oversee, and fewer than an index holds.
const RULES_MAX: usize = 1_000;
/// More scores than anybody makes.
const SCORES_MAX: usize = 16;

type Mistakes = RefCell<Vec<Mistake>>;

fn note(mistakes: &Mistakes, file: &str, line: usize, what: String) {
    mistakes.borrow_mut().push(Mistake { file: file.into(), line, what });
}

/// Checks that no name is there twice, and that there are not too many.
pub(super) fn names(rules: &[Placed<Rule>], scores: &[Placed<Score>], mistakes: &Mistakes) {
    let named = |placed: &Placed<Rule>| (placed.what.id.clone(), placed.file.clone(), placed.line);
    let of_scores = scores.iter().map(|placed| (placed.what.id.clone(), placed.file.clone(), placed.line));
    let all: Vec<_> = rules.iter().map(named).chain(of_scores).collect();
    for (at, (id, file, line)) in all.iter().enumerate() {
        if let Some((_, first, at)) = all[..at].iter().find(|first| first.0 == *id) {
            note(mistakes, file, *line, format!("the rule `{id}` is there already, at {first}:{at}"));
        }
    }
    if let Some(one) = rules.get(RULES_MAX) {
        note(mistakes, &one.file, one.line, format!("there are more than {RULES_MAX} rules"));
    }
    if let Some(one) = scores.get(SCORES_MAX) {
        note(mistakes, &one.file, one.line, format!("there are more than {SCORES_MAX} scores"));
    }
}

/// Checks that each limit of a unit is one that may be set, and set once.
pub(super) fn unit_limits(rules: &[Placed<Rule>], limits: &[Placed<UnitLimit>], mistakes: &Mistakes) {
    for (at, placed) in limits.iter().enumerate() {
        let UnitLimit { unit, limit } = &placed.what;
        let rule = rules.iter().find(|rule| rule.what.id == limit.rule);
        let refused = match rule {
            Some(rule) => check(&rule.what, limit).err(),
            None => Some(LimitRefused::NoSuchRule(limit.rule.clone())),
        };
        if let Some(refused) = refused {
            note(mistakes, &placed.file, placed.line, refused.to_string());
        }
        let same = |other: &&Placed<UnitLimit>| other.what.unit == *unit && other.what.limit.rule == limit.rule;
        if let Some(first) = limits[..at].iter().find(same) {
            let what = format!("`{}` is set for the unit already, at {}:{}", limit.rule, first.file, first.line);
            note(mistakes, &placed.file, placed.line, what);
        }
    }
}

/// Resolves `supersedes`, through any number of steps, and notes unknown names and cycles.
pub(super) fn superseding(rules: &mut [Placed<Rule>], mistakes: &Mistakes) {
    let mut direct: Vec<Vec<usize>> = Vec::new();
    for one in rules.iter() {
        let found = one.supersedes.iter().filter_map(|(name, line)| {
            let index = rules.iter().position(|other| other.what.id.as_str() == name);
            let problem = match index {
                None => "is no rule of this set",
                Some(index) if rules[index].what.home != one.what.home => "lives with another subject",
                Some(_) => return index,
            };
            note(mistakes, &one.file, *line, format!("`supersedes` names `{name}`, which {problem}"));
            None
        });
        direct.push(found.collect());
    }
    for index in 0..rules.len() {
        let reached = reached_from(index, &direct);
        if reached.contains(&index) {
            let what = format!("`supersedes` goes in a circle: `{}` supersedes itself", rules[index].what.id);
            note(mistakes, &rules[index].file, rules[index].line, what);
            continue;
        }
        for target in reached {
            rules[target].what.superseded_by.extend(u16::try_from(index));
        }
    }
}

/// Every place that can be reached from `index`, in one step or more.
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

/// Resolves the names of scores and of their bands.
pub(super) fn scores(rules: &mut [Placed<Rule>], scores: &[Placed<Score>], mistakes: &Mistakes) {
    for one in rules {
        let (file, line) = (&one.file, one.line);
        let find = |name: &SmolStr, line: usize| {
            let index = scores.iter().position(|score| score.what.id.as_str() == name);
            if index.is_none() {
                note(mistakes, file, line, format!("`score` names `{name}`, which is no score of this set"));
            }
            index.and_then(|index| u16::try_from(index).ok())
        };
        if one.what.home == Home::Device && matches!(one.what.what, Kind::ScoreBand(_) | Kind::ScoreIncomplete(_)) {
            note(mistakes, file, line, "a score is the patient's; allowed: `subject = \"patient\"`".into());
        }
        match &mut one.what.what {
            Kind::ScoreBand(kind) => {
                let Some(index) = find(&kind.name.0, kind.name.1) else { continue };
                kind.score = index;
                let names: Vec<_> = scores[usize::from(index)].what.band_names().collect();
                for (name, line) in &kind.band_names {
                    if let Some(band) = names.iter().position(|known| *known == name) {
                        kind.bands |= 1 << band;
                    } else {
                        let names: Vec<_> = names.iter().map(|name| name.as_str()).collect();
                        note(mistakes, file, *line, format!("`bands` names `{name}`; allowed: {}", names.join(", ")));
                    }
                }
            }
            Kind::ScoreIncomplete(kind) => kind.score = find(&kind.name.0, kind.name.1).unwrap_or(0),
            Kind::LimitsMissing(kind) => {
                if let Judged::Score { name, index } = &mut kind.of {
                    *index = find(name, line).unwrap_or(0);
                }
            }
            _ => {}
        }
    }
}

/// Resolves the members of compounds; gives the compounds, each after those that it is made of.
pub(super) fn compounds(rules: &mut [Placed<Rule>], mistakes: &Mistakes) -> Vec<u16> {
    let ids: Vec<_> = rules.iter().map(|one| (one.what.id.clone(), one.what.home)).collect();
    let mut direct: Vec<Vec<usize>> = Vec::new();
    for one in rules.iter_mut() {
        let home = one.what.home;
        let mut made_of = Vec::new();
        if let Kind::Compound(kind) = &mut one.what.what {
            for members in kind.lists_mut() {
                for (name, line) in &members.names {
                    let problem = match ids.iter().position(|(id, _)| id.as_str() == name) {
                        None => "is no rule of this set",
                        Some(index) if ids[index].1 != home => "lives with another subject",
                        Some(index) => {
                            made_of.push(index);
                            members.rules.extend(u16::try_from(index));
                            continue;
                        }
                    };
                    note(mistakes, &one.file, *line, format!("the compound names `{name}`, which {problem}"));
                }
            }
        }
        direct.push(made_of);
    }
    in_order(rules, &direct, mistakes)
}

fn in_order(rules: &[Placed<Rule>], direct: &[Vec<usize>], mistakes: &Mistakes) -> Vec<u16> {
    let mut depths = Vec::new();
    for (index, one) in rules.iter().enumerate().filter(|(_, one)| matches!(one.what.what, Kind::Compound(_))) {
        let reached = reached_from(index, direct);
        if reached.contains(&index) {
            let what = format!("the compound `{}` goes in a circle: it is made of itself", one.what.id);
            note(mistakes, &one.file, one.line, what);
        }
        // Whatever it is made of reaches less than it does.
        depths.push((reached.len(), index));
    }
    depths.sort_unstable();
    depths.into_iter().filter_map(|(_, index)| u16::try_from(index).ok()).collect()
}
