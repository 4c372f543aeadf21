//! A scenario: an experiment of the Chaos Toolkit (<https://chaostoolkit.org/reference/api/experiment/>) with what we add
//! under `extensions`. Only what this runner carries out is accepted: nothing in a file is passed over silently.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

/// One experiment.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Experiment {
    /// What is believed to hold.
    pub title: String,
    /// What is done, and what must hold.
    pub description: String,
    /// For whoever looks for scenarios.
    #[serde(default)]
    pub tags: Vec<String>,
    #[serde(default)]
    contributions: BTreeMap<String, String>,
    #[serde(default)]
    configuration: BTreeMap<String, Value>,
    /// Must hold before and after.
    #[serde(rename = "steady-state-hypothesis")]
    pub hypothesis: Option<Hypothesis>,
    /// What is done, in order.
    pub method: Vec<Activity>,
    /// What is done at the end, whatever happened.
    #[serde(default)]
    pub rollbacks: Vec<Activity>,
    /// When the hypothesis is looked at.
    #[serde(default)]
    pub runtime: Runtime,
    extensions: Vec<Extension>,
}

/// What must hold before and after.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hypothesis {
    /// In words.
    pub title: String,
    /// Each with a tolerance.
    pub probes: Vec<Activity>,
}

/// An action or a probe.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Activity {
    /// Which of the two.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// In words.
    pub name: String,
    /// How it is done.
    pub provider: Provider,
    /// What a probe must answer: an exit code or a status, or several of them.
    pub tolerance: Option<Tolerance>,
    /// Goes on beside the next activity.
    #[serde(default)]
    pub background: bool,
    /// Waits around it.
    #[serde(default)]
    pub pauses: Pauses,
}

/// What an activity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Changes something.
    Action,
    /// Asks something.
    Probe,
}

/// How an activity is done.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub enum Provider {
    /// A program; `vigil` is this one.
    Process {
        /// The program.
        path: String,
        /// Its arguments, one by one.
        #[serde(default)]
        arguments: Vec<String>,
        /// Seconds.
        timeout: Option<f64>,
    },
    /// A request over plain HTTP.
    Http {
        /// Where to.
        url: String,
        /// Seconds.
        timeout: Option<f64>,
    },
}

/// What a probe must answer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Tolerance {
    /// This exit code or status.
    One(i64),
    /// One of these.
    Any(Vec<i64>),
}

impl Tolerance {
    /// Whether an answer is tolerated.
    #[must_use]
    pub fn holds(&self, answer: i64) -> bool {
        match self {
            Self::One(wanted) => *wanted == answer,
            Self::Any(wanted) => wanted.contains(&answer),
        }
    }
}

/// Seconds to wait.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pauses {
    /// Before the activity.
    pub before: f64,
    /// After it.
    pub after: f64,
}

/// When the hypothesis is looked at, and when rollbacks are carried out.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Runtime {
    hypothesis: Strategy,
    rollbacks: Strategy,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Strategy {
    strategy: Option<String>,
}

/// What we add.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extension {
    /// `vigil`.
    name: String,
    /// The scenario's name in reports.
    pub id: String,
    /// Of what is made up.
    pub seed: u64,
    /// What is checked at the end.
    pub invariants: Vec<String>,
    /// In words.
    blast_radius: String,
    /// When nothing is done at all.
    pub abort_if: Vec<String>,
    /// The run is given up after so long.
    pub max_duration_s: u64,
    /// With fewer the run says nothing.
    pub min_faults_fired: u64,
}

/// The invariants that a run can check.
pub const CHECKED: [&str; 6] = ["I1", "I2", "I4", "I5", "I7", "I9"];
/// How much a scenario says about a quality, as the toolkit has it.
const CONTRIBUTIONS: [&str; 4] = ["high", "medium", "low", "none"];
/// A run has a folder of its own, in which nobody but simulated patients can be.
const NOT_SIMULATED: &str = "patient_not_simulated";

impl Experiment {
    /// Reads a file.
    ///
    /// # Errors
    /// What is wrong with it, every line with the file's name.
    pub fn read(path: &Path) -> Result<(Self, Value), String> {
        let at = |what: &dyn std::fmt::Display| format!("{}: {what}", path.display());
        let text = std::fs::read_to_string(path).map_err(|error| at(&error))?;
        let experiment: Self = serde_norway::from_str(&text).map_err(|error| at(&error))?;
        let whole: Value = serde_norway::from_str(&text).map_err(|error| at(&error))?;
        let mistakes = experiment.mistakes();
        if mistakes.is_empty() {
            return Ok((experiment, whole));
        }
        Err(mistakes.iter().map(|mistake| at(mistake)).collect::<Vec<_>>().join("\n"))
    }

    /// What is ours.
    #[must_use]
    pub fn vigil(&self) -> &Extension {
        // `mistakes` has seen that there is one, and that it is ours.
        &self.extensions[0]
    }

    fn mistakes(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        match &self.extensions[..] {
            [ours] if ours.name == "vigil" => mistakes.extend(ours.mistakes()),
            _ => mistakes.push("extensions: exactly one is expected, with the name vigil".to_owned()),
        }
        if self.title.trim().is_empty() || self.description.trim().is_empty() {
            mistakes.push("title, description: whoever reads the report needs them".to_owned());
        }
        if let Some(worth) = self.contributions.values().find(|worth| !CONTRIBUTIONS.contains(&worth.as_str())) {
            mistakes.push(format!("contributions: {worth} is none of {}", CONTRIBUTIONS.join(", ")));
        }
        if self.method.is_empty() {
            mistakes.push("method: nothing is done".to_owned());
        }
        if !self.configuration.is_empty() {
            mistakes.push("configuration: must be empty; what a scenario needs stands in its activities".to_owned());
        }
        if self.runtime.hypothesis.strategy.as_deref().is_some_and(|strategy| strategy != "default") {
            mistakes.push("runtime.hypothesis.strategy: `default` is allowed (before and after the method)".to_owned());
        }
        if self.runtime.rollbacks.strategy.as_deref() != Some("always") {
            mistakes
                .push("runtime.rollbacks.strategy: `always` is expected, or a failed run leaves processes".to_owned());
        }
        let probes = self.hypothesis.iter().flat_map(|hypothesis| &hypothesis.probes);
        for probe in probes.filter(|probe| probe.kind != Kind::Probe || probe.tolerance.is_none()) {
            mistakes.push(format!("steady-state-hypothesis: `{}` must be a probe with a tolerance", probe.name));
        }
        mistakes
    }
}

impl Extension {
    fn mistakes(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        for id in self.invariants.iter().filter(|id| !CHECKED.contains(&id.as_str())) {
            mistakes.push(format!("invariants: {id} is not checked by a run; allowed: {}", CHECKED.join(", ")));
        }
        if self.blast_radius.trim().is_empty() {
            mistakes.push("blast_radius: says what the faults can reach".to_owned());
        }
        if self.invariants.is_empty() {
            mistakes.push("invariants: a run that checks none cannot fail".to_owned());
        }
        if self.abort_if != [NOT_SIMULATED] {
            mistakes.push(format!("abort_if: [{NOT_SIMULATED}] is expected"));
        }
        if self.min_faults_fired == 0 {
            mistakes.push("min_faults_fired: at least 1, or the run says nothing".to_owned());
        }
        mistakes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"title": "t", "description": "d", "method": [{"type": "action", "name": "a", "provider":
        {"type": "process", "path": "vigil", "arguments": ["chaos"]}}], "runtime": {"rollbacks": {"strategy": "always"}},
        "extensions": [{"name": "vigil", "id": "x", "seed": 1, "invariants": ["I1"], "blast_radius": "b",
        "abort_if": ["patient_not_simulated"], "max_duration_s": 9, "min_faults_fired": 1}]}"#;

    fn mistakes(text: &str) -> Vec<String> {
        serde_norway::from_str::<Experiment>(text).unwrap().mistakes()
    }

    #[test]
    fn a_scenario_that_checks_nothing_or_something_unknown_is_refused() {
        assert_eq!(mistakes(GOOD), Vec::<String>::new());
        assert!(mistakes(&GOOD.replace("[\"I1\"]", "[]"))[0].contains("cannot fail"));
        assert!(mistakes(&GOOD.replace("\"I1\"", "\"I11\""))[0].contains("I11 is not checked"));
        assert!(
            mistakes(&GOOD.replace("\"min_faults_fired\": 1", "\"min_faults_fired\": 0"))[0].contains("at least 1")
        );
        assert!(mistakes(&GOOD.replace("always", "never"))[0].contains("rollbacks"));
        assert!(mistakes(&GOOD.replace("patient_not_simulated", "nothing"))[0].contains("abort_if"));
    }

    #[test]
    fn what_this_runner_does_not_carry_out_is_not_passed_over() {
        let python = GOOD.replace("\"process\", \"path\"", "\"python\", \"module\"");
        assert!(serde_norway::from_str::<Experiment>(&python).is_err());
        assert!(
            serde_norway::from_str::<Experiment>(&GOOD.replace("\"title\"", "\"controls\": [], \"title\"")).is_err()
        );
    }

    #[test]
    fn a_tolerance_is_a_value_or_a_list() {
        assert!(Tolerance::One(0).holds(0) && !Tolerance::One(0).holds(1));
        assert!(Tolerance::Any(vec![0, 1]).holds(1) && !Tolerance::Any(vec![]).holds(0));
    }
}
