//! A validated, immutable set of rules.

use std::cell::RefCell;
use std::sync::Arc;

use super::applies::{CLASSES, Home, Subject};
use super::kind::Kind;
use super::mistake::{Mistake, in_order};
use super::parse::{self, Parsed};
use super::rule::Rule;
use super::score::Score;
use super::unit_limit::UnitLimit;
use super::view::View;
use crate::clinical::ids::RuleId;
use crate::clinical::patient::AgeClass;
use crate::clinical::reading::Reading;
use crate::clinical::texts::hash;

/// A validated, immutable set of rules.
#[derive(Debug)]
pub struct RuleSet {
    rules: Arc<[Rule]>,
    scores: Arc<[Score]>,
    texts: Vec<(String, String)>,
    hash: [u8; 32],
    /// By age class, in the order of the classes.
    of_patients: [View; 4],
    of_devices: View,
    unit_limits: Arc<[UnitLimit]>,
    /// Rules of devices that wait for transmissions: few, and looked for often.
    pub(super) waiting: Vec<u16>,
}

impl RuleSet {
    /// Parses rule files, given as (file name, text).
    ///
    /// # Errors
    /// Every mistake of every file at once, in the order of files and lines.
    pub fn parse(files: &[(String, String)]) -> Result<Self, Vec<Mistake>> {
        let mistakes = RefCell::new(Vec::new());
        let parsed = parse::files(files, &mistakes);
        let mistakes = mistakes.into_inner();
        if mistakes.is_empty() { Ok(Self::build(parsed, files.to_vec())) } else { Err(in_order(mistakes, files)) }
    }

    fn build(parsed: Parsed, texts: Vec<(String, String)>) -> Self {
        let hash = hash(&texts);
        let (rules, scores): (Arc<[Rule]>, Arc<[Score]>) = (parsed.rules.into(), parsed.scores.into());
        let unit_limits: Arc<[UnitLimit]> = parsed.unit_limits.into();
        let first = fingerprint(hash);
        let view = |age: Option<AgeClass>| {
            let at = age.map_or(0, |age| 1 + CLASSES.iter().position(|(_, class)| *class == age).unwrap_or(0) as u64);
            View::build(age, &rules, &scores, &parsed.compounds, &unit_limits, (hash, first.wrapping_add(at).max(1)))
        };
        let of_patients = CLASSES.map(|(_, age)| view(Some(age)));
        let of_devices = view(None);
        let waits = |rule: &Rule| rule.home == Home::Device && matches!(rule.what, Kind::NoTransmission(_));
        let waiting = (0..).zip(rules.iter()).filter(|(_, rule)| waits(rule)).map(|(index, _)| index).collect();
        Self { rules, scores, texts, hash, of_patients, of_devices, unit_limits, waiting }
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

    /// The scores, in the order of their files.
    #[must_use]
    pub fn scores(&self) -> &[Score] {
        &self.scores
    }

    /// The rule with this name.
    #[must_use]
    pub fn get(&self, id: &RuleId) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == *id)
    }

    /// A set of this one rule, with the limits of units for it; `None`: there is no such rule, or it is made of others.
    #[must_use]
    pub fn only(&self, id: &RuleId) -> Option<Self> {
        let rule = self.get(id).filter(|rule| !rule.is_of_whole_patient())?;
        let rule = Rule { superseded_by: Vec::new(), ..rule.clone() };
        let unit_limits = self.unit_limits.iter().filter(|of| of.limit.rule == *id).cloned().collect();
        let parsed = Parsed { rules: vec![rule], scores: Vec::new(), unit_limits, compounds: Vec::new() };
        Some(Self::build(parsed, Vec::new()))
    }

    /// The limits that are set for units.
    #[must_use]
    pub fn unit_limits(&self) -> &[UnitLimit] {
        &self.unit_limits
    }

    /// Whether any rule lives with devices.
    #[must_use]
    pub fn has_device_rules(&self) -> bool {
        self.rules.iter().any(|rule| rule.home == Home::Device)
    }

    /// Whether any rule that lives with devices is about what this reading says.
    #[must_use]
    pub fn concerns_device(&self, reading: &Reading) -> bool {
        let view = &self.of_devices;
        let judged = |code| view.of_code(code).is_some() || view.joint_codes.contains(&code);
        reading.observations.iter().any(|observation| judged(observation.code))
    }

    /// The rules that judge this subject.
    pub(super) fn at(&self, subject: Subject<'_>) -> &View {
        let Subject::Patient(profile) = subject else { return &self.of_devices };
        let at = CLASSES.iter().position(|(_, age)| *age == profile.age).unwrap_or(0);
        &self.of_patients[at]
    }
}

fn fingerprint(hash: [u8; 32]) -> u64 {
    let mut first = [0; 8];
    first.copy_from_slice(&hash[..8]);
    u64::from_le_bytes(first).max(1)
}
