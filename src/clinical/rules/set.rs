//! A validated, immutable set of rules.

use std::cell::RefCell;

use super::kind::Kind;
use super::mistake::{Mistake, in_order};
use super::parse;
use super::rule::Rule;
use crate::clinical::codes::Code;
use crate::clinical::ids::RuleId;
use crate::clinical::texts::hash;

/// A validated, immutable set of rules.
#[derive(Debug)]
pub struct RuleSet {
    rules: Vec<Rule>,
    texts: Vec<(String, String)>,
    hash: [u8; 32],
    /// Rules on samples, by code, ascending.
    pub(super) by_code: Vec<CodeRules>,
    /// Rules on beats, in the order of their slots.
    pub(super) beat_rules: Vec<u16>,
    /// Rules on the signal as a whole, in the order of their slots.
    pub(super) signal_rules: Vec<u16>,
    /// Whether any rule waits for a code to fall silent.
    pub(super) has_silence: bool,
}

/// The rules on samples of one code, in the order of their slots.
#[derive(Debug)]
pub(super) struct CodeRules {
    pub(super) code: Code,
    pub(super) rules: Vec<u16>,
}

impl RuleSet {
    /// Parses rule files, given as (file name, text).
    ///
    /// # Errors
    /// Every mistake of every file at once, in the order of files and lines.
    pub fn parse(files: &[(String, String)]) -> Result<Self, Vec<Mistake>> {
        let mistakes = RefCell::new(Vec::new());
        let rules = parse::rules(files, &mistakes);
        let mistakes = mistakes.into_inner();
        if mistakes.is_empty() { Ok(Self::build(rules, files.to_vec())) } else { Err(in_order(mistakes, files)) }
    }

    fn build(rules: Vec<Rule>, texts: Vec<(String, String)>) -> Self {
        let hash = hash(&texts);
        let indices = |wanted: fn(&Kind) -> bool| -> Vec<u16> {
            (0_u16..).zip(&rules).filter(|(_, rule)| wanted(&rule.what)).map(|(index, _)| index).collect()
        };
        let mut by_code: Vec<CodeRules> = Vec::new();
        for (index, rule) in (0_u16..).zip(&rules) {
            let Some(code) = rule.what.code() else { continue };
            match by_code.iter_mut().find(|entry| entry.code == code) {
                Some(entry) => entry.rules.push(index),
                None => by_code.push(CodeRules { code, rules: vec![index] }),
            }
        }
        by_code.sort_by_key(|entry| entry.code);
        let beat_rules = indices(Kind::is_on_beats);
        let signal_rules = indices(|kind| matches!(kind, Kind::SignalLoss(_)));
        let has_silence = rules.iter().any(|rule| matches!(rule.what, Kind::Silence(_)));
        Self { rules, texts, hash, by_code, beat_rules, signal_rules, has_silence }
    }

    /// SHA-256 of the texts it was parsed from: the name under which it is journaled and adopted.
    #[must_use]
    pub const fn hash(&self) -> [u8; 32] {
        self.hash
    }

    /// The texts it was parsed from: (file name, content), in order. Parsing them again gives the same set.
    #[must_use]
    pub fn texts(&self) -> &[(String, String)] {
        &self.texts
    }

    /// The rules, in the order of their files.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rule with this name.
    #[must_use]
    pub fn get(&self, id: &RuleId) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == *id)
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
        self.by_code.iter().find(|entry| entry.code == code)
    }

    /// What a state keeps of the hash, to find out that it was made by other rules; never 0.
    pub(super) fn fingerprint(&self) -> u64 {
        let mut first = [0; 8];
        first.copy_from_slice(&self.hash[..8]);
        u64::from_le_bytes(first).max(1)
    }
}
