//! The rules of a set that live in one place, laid out for what they hear.

use std::sync::Arc;

use super::applies::Home;
use super::kind::{Kind, Place};
use super::rule::Rule;
use super::score::Score;
use super::unit_limit::UnitLimit;
use crate::clinical::codes::Code;
use crate::clinical::ids::RuleId;
use crate::clinical::patient::AgeClass;

/// The rules of a set that live with patients of one age class, or those that live with devices. Indices are those of the
/// whole set.
#[derive(Debug)]
pub(super) struct View {
    rules: Arc<[Rule]>,
    /// The scores; none for devices.
    pub(super) scores: Arc<[Score]>,
    fingerprint: u64,
    /// SHA-256 of the set.
    pub(super) hash: [u8; 32],
    /// Limits that are set for units.
    pub(super) unit_limits: Arc<[UnitLimit]>,
    /// Rules on samples, by code, ascending.
    pub(super) by_code: Vec<CodeRules>,
    /// Rules on beats, in the order of their slots.
    pub(super) beat_rules: Vec<u16>,
    /// Rules on every reading, in the order of their slots.
    pub(super) reading_rules: Vec<u16>,
    /// Rules on the newest values of several codes, in the order of their slots, and these codes.
    pub(super) joint_rules: Vec<u16>,
    pub(super) joint_codes: Vec<Code>,
    /// Rules on scores, in the order of their slots, and the codes of which scores are made.
    pub(super) score_rules: Vec<u16>,
    pub(super) score_codes: Vec<Code>,
    /// Compounds, in the order of their slots: each after those that it is made of.
    pub(super) compound_rules: Vec<u16>,
    /// Whether any rule on samples must be told how far the device has watched.
    pub(super) watches: bool,
}

/// The rules on samples of one code, in the order of their slots.
#[derive(Debug)]
pub(super) struct CodeRules {
    pub(super) code: Code,
    pub(super) rules: Vec<u16>,
}

impl View {
    /// Those for patients of one age class, or those for devices (`None`), of whatever model.
    pub(super) fn build(
        age: Option<AgeClass>,
        rules: &Arc<[Rule]>,
        scores: &Arc<[Score]>,
        compounds: &[u16],
        unit_limits: &Arc<[UnitLimit]>,
        (hash, fingerprint): ([u8; 32], u64),
    ) -> Self {
        let scores = if age.is_some() { Arc::clone(scores) } else { Arc::from([]) };
        let is_here = |rule: &Rule| match age {
            Some(age) => rule.home == Home::Patient && rule.applies.at(age),
            None => rule.home == Home::Device,
        };
        let mut view = Self {
            rules: Arc::clone(rules),
            score_codes: scores.iter().flat_map(Score::codes).collect(),
            scores,
            fingerprint,
            hash,
            unit_limits: Arc::clone(unit_limits),
            by_code: Vec::new(),
            beat_rules: Vec::new(),
            reading_rules: Vec::new(),
            joint_rules: Vec::new(),
            joint_codes: Vec::new(),
            score_rules: Vec::new(),
            compound_rules: Vec::new(),
            watches: false,
        };
        for (index, rule) in (0_u16..).zip(rules.iter()).filter(|(_, rule)| is_here(rule)) {
            view.add(index, rule);
        }
        view.by_code.sort_by_key(|entry| entry.code);
        view.compound_rules = compounds.iter().copied().filter(|index| is_here(view.rule(*index))).collect();
        for codes in [&mut view.joint_codes, &mut view.score_codes] {
            codes.sort_unstable();
            codes.dedup();
        }
        view
    }

    fn add(&mut self, index: u16, rule: &Rule) {
        self.watches |= rule.what.watches();
        match rule.what.place() {
            Place::Code(code) => match self.by_code.iter_mut().find(|entry| entry.code == code) {
                Some(entry) => entry.rules.push(index),
                None => self.by_code.push(CodeRules { code, rules: vec![index] }),
            },
            Place::Beats => self.beat_rules.push(index),
            Place::Reading => self.reading_rules.push(index),
            Place::Joint(codes) => {
                self.joint_rules.push(index);
                self.joint_codes.extend(codes);
            }
            Place::Score => self.score_rules.push(index),
            // In the order in which they depend on each other, which is known already.
            Place::Compound => {}
        }
    }

    pub(super) fn index_of(&self, id: &RuleId) -> Option<u16> {
        self.rules.iter().position(|rule| rule.id == *id).and_then(|index| u16::try_from(index).ok())
    }

    /// The rule at an index that this set gave out.
    pub(super) fn rule(&self, index: u16) -> &Rule {
        &self.rules[usize::from(index)]
    }

    pub(super) fn kind(&self, index: u16) -> &Kind {
        &self.rules[usize::from(index)].what
    }

    /// The rules on samples of this code.
    pub(super) fn of_code(&self, code: Code) -> Option<&CodeRules> {
        let at = self.by_code.binary_search_by_key(&code, |entry| entry.code).ok()?;
        Some(&self.by_code[at])
    }

    /// The place of the score that a rule is about.
    pub(super) fn score_index(&self, rule: u16) -> Option<u16> {
        match self.kind(rule) {
            Kind::ScoreBand(kind) => Some(kind.score),
            Kind::ScoreIncomplete(kind) => Some(kind.score),
            _ => None,
        }
    }

    /// The score that a rule is about.
    pub(super) fn score_of(&self, rule: u16) -> Option<&Score> {
        self.scores.get(usize::from(self.score_index(rule)?))
    }

    /// What a state keeps, to find out that it was made by other rules or for another age; never 0.
    pub(super) const fn fingerprint(&self) -> u64 {
        self.fingerprint
    }
}
