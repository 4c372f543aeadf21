//! The recordings, and what `evaluate` says of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::process::Running;

/// Rules of receipt time: they are about a run, not about a recording.
const OF_RECEIPT_TIME: [&str; 2] = ["device_silent", "device_clock"];

/// Rules of a unit as a whole.
const OF_UNITS: [&str; 4] = vigil::clinical::oncall::unit_conditions::WATCHED;

/// The folder of recordings.
pub fn shared() -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let places = [
        std::env::var_os("VIGIL_SHARED").map(PathBuf::from),
        Some(here.join("../shared")),
        Some(here.join("../../shared")),
    ];
    let found = places.into_iter().flatten().map(|place| place.join("data")).find(|place| place.is_dir());
    if found.is_none() {
        println!("skipped: no recordings; set VIGIL_SHARED to the folder that holds data/");
    }
    found
}

/// All half-hour recordings of beats.
pub fn beats() -> Option<Vec<String>> {
    let entries = std::fs::read_dir(shared()?.join("beats")).expect("the folder can be read");
    let names = entries.map(|entry| entry.expect("an entry").path().display().to_string());
    let mut names: Vec<_> = names
        .filter(|name| Path::new(name).extension().is_some_and(|kind| kind == "csv") && !name.contains("/expected_"))
        .collect();
    names.sort();
    assert!(!names.is_empty());
    Some(names)
}

/// An onset that alerts: by the device's clock, in microseconds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Onset {
    pub rule: String,
    pub patient: String,
    pub at_us: i64,
}

impl Onset {
    /// Whether it is about what devices measured, and not about silence, clocks or the platform.
    pub fn is_of_device_time(&self) -> bool {
        !OF_UNITS.contains(&self.rule.as_str())
            && !OF_RECEIPT_TIME.contains(&self.rule.as_str())
            && !self.rule.starts_with("platform")
    }
}

/// The alerts of `vigil evaluate`, from the recording's zero.
pub async fn evaluated(dir: &Path, recordings: &[String], more: &[&str]) -> Vec<Onset> {
    let mut args = vec!["evaluate", "--rules", "config/rules/bedside", "--from"];
    args.extend(recordings.iter().map(String::as_str));
    args.extend(more);
    let said = Running::start(dir, &args).end().await.expect(0);
    let lines = said.out.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON lines"));
    lines.filter(|line| line["event"] == "alert").map(|line| onset(&line)).collect()
}

#[allow(clippy::cast_possible_truncation)] // Half an hour in microseconds.
fn onset(line: &serde_json::Value) -> Onset {
    let text = |key: &str| line[key].as_str().expect("a text").to_owned();
    let at_us = (line["onset_s"].as_f64().expect("seconds") * 1e6).round() as i64;
    Onset { rule: text("rule"), patient: text("patient"), at_us }
}

/// Both must be the same multiset, onsets to a millisecond.
pub fn assert_same(expected: &[Onset], found: &[Onset]) {
    let (expected, found) = (by_rule_and_patient(expected), by_rule_and_patient(found));
    let near = |one: &Vec<i64>, other: &Vec<i64>| {
        one.len() == other.len() && one.iter().zip(other).all(|(one, other)| (one - other).abs() <= 1_000)
    };
    let keys = expected.keys().chain(found.keys());
    let none = Vec::new();
    let differences: Vec<_> = keys
        .map(|key| (key, expected.get(key).unwrap_or(&none), found.get(key).unwrap_or(&none)))
        .filter(|(_, expected, found)| !near(expected, found))
        .map(|(key, expected, found)| format!("{key:?}: expected {expected:?}, found {found:?}"))
        .collect();
    assert!(differences.is_empty(), "{differences:#?}");
}

fn by_rule_and_patient(onsets: &[Onset]) -> BTreeMap<(&str, &str), Vec<i64>> {
    let mut sorted: Vec<_> = onsets.iter().collect();
    sorted.sort();
    let mut all: BTreeMap<_, Vec<i64>> = BTreeMap::new();
    for onset in sorted {
        all.entry((onset.rule.as_str(), onset.patient.as_str())).or_default().push(onset.at_us);
    }
    all
}
